"""environment.yml files: what conda's users write down of an environment, read and written."""

import json
import os
import re
import reprlib
from collections.abc import Iterator
from pathlib import Path

import yaml
from msgspec import Struct

from runner import CellError

_REFERRING = re.compile(
    r"(?P<option>-[rce]|--(?:requirement|constraint|editable))(?:\s+|\s*=\s*|(?<=-[rce]))(?P<path>\S.*)"
)
_REMOTE = re.compile(r"(?:\w+\+)?\w+://")


class EnvironmentFile(Struct, frozen=True, kw_only=True):
    """What an environment.yml asks for; its `name` and `prefix`, which say where to put it, do not count.

    `pip` are requirement lines. Paths, in them and among the channels, are relative to the project's root.
    """

    channels: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    variables: dict[str, str] = {}


def read(path: Path, root: Path) -> EnvironmentFile:
    """Read the file. Raises CellError."""
    reader = _Reader(path, root)
    try:
        document: object = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise reader.wrong(f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise reader.wrong(f"is no YAML file: {error}") from error
    return reader.file(document)


def write(name: str, found: EnvironmentFile) -> str:
    """Return the text of an environment.yml."""
    lines = [f"name: {json.dumps(name)}"]
    lines += ["channels:", *(f"  - {json.dumps(text)}" for text in found.channels)]
    lines += ["dependencies:", *(f"  - {json.dumps(text)}" for text in found.dependencies)]
    if found.pip:
        lines += ["  - pip:", *(f"      - {json.dumps(text)}" for text in found.pip)]
    if found.variables:
        lines += [
            "variables:",
            *(f"  {json.dumps(key)}: {json.dumps(text)}" for key, text in found.variables.items()),
        ]
    return "".join(f"{line}\n" for line in lines)


class _Reader(Struct, frozen=True):
    path: Path
    root: Path

    def wrong(self, what: str) -> CellError:
        return CellError("lock", f"environment-file: {os.path.relpath(self.path, self.root)} {what}")

    def file(self, document: object) -> EnvironmentFile:
        if not isinstance(document, dict):
            raise self.wrong("is to be a mapping with `channels` and `dependencies`")
        conda: list[str] = []
        pip: list[str] = []
        for entry in self._list(document.get("dependencies"), "dependencies"):
            match entry:
                case str():
                    conda.append(entry)
                case {"pip": lines, **others} if not others:
                    pip += [self._rebased(line) for line in self._texts(lines, "dependencies: pip")]
                case _:
                    shown = reprlib.repr(entry)
                    raise self.wrong(f"has {shown} among its dependencies, expected a package or `pip:`")
        return EnvironmentFile(
            channels=tuple(map(self._rebased, self._texts(document.get("channels"), "channels"))),
            dependencies=tuple(conda),
            pip=tuple(pip),
            variables=self._variables(document.get("variables")),
        )

    def _list(self, value: object, key: str) -> list[object]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(f"is to have a list as {key}, not {reprlib.repr(value)}")
        return value

    def _texts(self, value: object, key: str) -> Iterator[str]:
        for entry in self._list(value, key):
            if not isinstance(entry, str):
                raise self.wrong(f"has {reprlib.repr(entry)} in {key}, expected text")
            yield entry

    def _variables(self, value: object) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(f"is to have a mapping as variables, not {reprlib.repr(value)}")
        for name, text in value.items():
            if not isinstance(name, str) or not isinstance(text, str | int | float):
                raise self.wrong(
                    f"has {reprlib.repr(name)}: {reprlib.repr(text)} in variables, expected text"
                )
        return {name: str(text) for name, text in value.items()}

    def _rebased(self, line: str) -> str:
        """Return a channel or a requirement line with its path from the root, not from the file's folder."""
        base = os.path.relpath(self.path.parent, self.root)
        if base == os.curdir:
            return line
        referring = _REFERRING.fullmatch(line)
        if referring is not None and not _REMOTE.match(referring["path"]):
            return f"{referring['option']} {os.path.normpath(Path(base, referring['path']))}"
        if line.startswith("."):
            return os.path.join(os.curdir, os.path.normpath(Path(base, line)))  # noqa: PTH118 - Path drops the dot
        return line
