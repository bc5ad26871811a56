"""pylock files (PEP 751), whoever wrote them: what of one is for a cell, as uv would write it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import Package, Pylock, PylockSelectError, PylockValidationError
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name

from runner.env.environ import silence_libraries
from runner.env.given.markers import marker_environment
from runner.env.requirements.pylock import quoted
from runner.model.errors import CellError
from runner.model.nearest import enumerated
from runner.model.python import Interpreter
from runner.model.toml import parse

_HEAD = 'lock-version = "1.0"\ncreated-by = "runner"\n'
_SOURCES = ("vcs", "directory", "archive", "sdist", "wheels")


class Part(Struct, frozen=True):
    """What of a pylock file is asked for."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read_pylock(text: str, path: Path) -> Pylock:
    """Return what a pylock file says; `path` is for the error. Raises CellError."""
    silence_libraries()
    try:
        return Pylock.from_dict(parse(text))
    except (ValueError, PylockValidationError) as error:
        raise CellError("lock", f"{path} cannot be read as a pylock file: {error}") from error


def check_part(lock: Pylock, part: Part, path: Path) -> None:
    """Raise CellError for extras and groups that the file does not have."""
    for what, asked, there in (
        ("extra", part.extras, lock.extras),
        ("dependency group", part.groups, lock.dependency_groups),
    ):
        known = sorted({canonicalize_name(name) for name in there or ()})
        for name in asked:
            if canonicalize_name(name) not in known:
                raise CellError("lock", f"{path} has no {what} {name}; it has: {enumerated(known) or 'none'}")


def for_cell(lock: Pylock, part: Part, path: Path, interpreter: Interpreter) -> str:
    """Return a lock of what that interpreter gets of the part, paths in it absolute. Raises CellError."""
    tags = [tag for text in interpreter.tags for tag in parse_tag(text)]
    try:
        chosen = lock.select(
            environment=marker_environment(interpreter),
            tags=tags,
            extras=tuple(map(canonicalize_name, part.extras)),
            dependency_groups=tuple(map(canonicalize_name, part.groups)) or None,
        )
        packages = [package for package, _ in chosen]
    except (PylockSelectError, UndefinedComparison, UndefinedEnvironmentName) as error:
        what = f"{path} cannot be installed for Python {interpreter.version}"
        raise CellError("lock", f"{what}: {str(error).rstrip('.')}") from error
    shown = {id(package): whole for package, whole in zip(lock.packages, _tables(lock), strict=True)}
    return _HEAD + "".join(_written(package, shown[id(package)], path.parent) for package in packages)


def _tables(lock: Pylock) -> Sequence[Mapping[str, object]]:
    tables: Sequence[Mapping[str, object]] = lock.to_dict()["packages"]
    return tables


def _written(package: Package, table: Mapping[str, object], folder: Path) -> str:
    """Return the entry of a package: what it is, and where its files are."""
    lines = [f"\n[[packages]]\nname = {quoted(package.name)}\n"]
    if package.version is not None:
        lines.append(f"version = {quoted(str(package.version))}\n")
    if package.index is not None:
        lines.append(f"index = {quoted(package.index)}\n")
    for key in _SOURCES:
        value = table.get(key)
        if isinstance(value, dict):
            lines.append(f"{key} = {_inline(value, folder)}\n")
        elif isinstance(value, list | tuple):
            lines += [f"{key} = [\n", *(f"  {_inline(item, folder)},\n" for item in value), "]\n"]
    return "".join(lines)


def _inline(value: object, folder: Path) -> str:
    """Return a value of TOML on one line; a `path` in a table starts at `folder`."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int():
            return str(value)
        case datetime():
            return value.isoformat()
        case dict():
            return "{ " + ", ".join(_assignments(value, folder)) + " }"
        case list() | tuple():
            return "[" + ", ".join(_inline(item, folder) for item in value) + "]"
    raise TypeError(f"no value of a lock: {value!r}")


def _assignments(table: Mapping[str, object], folder: Path) -> Iterator[str]:
    for key, value in table.items():
        if key == "path" and isinstance(value, str):
            yield f"path = {quoted(os.path.normpath(folder / value))}"
        else:
            yield f"{_key(key)} = {_inline(value, folder)}"


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else quoted(name)
