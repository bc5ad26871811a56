"""Finding the config file of a project."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.config.syntax import parse, read_text
from runner.model.errors import ConfigError, Problem
from runner.model.request import ConfigKind
from runner.model.text import Origin

_TOX_IN_SETUP_CFG = re.compile(rb"^\[tox:tox\]", re.MULTILINE)

EXAMPLE = """\
[sessions.tests]
python = ["3.12", "3.13"]
deps = ["pytest"]
commands = ["pytest {posargs}"]"""

_LOOKED_FOR = (
    "runner.toml, pyproject.toml with [tool.runner], tox.ini, setup.cfg with [tox:tox],"
    " pyproject.toml with [tool.tox], tox.toml"
)

OwnKind = Literal["runner", "pyproject"]
Kind = OwnKind | ConfigKind


class Found(Struct, frozen=True):
    """The config file to read, how it is laid out, and the configs beside it that were passed over.

    Paths are absolute. `shown` is the name for people: relative to where the search began.
    """

    file: Path
    kind: Kind
    others: tuple[Path, ...] = ()
    shown: str = ""

    @property
    def foreign(self) -> ConfigKind | None:
        """The kind, if it is that of another tool."""
        return None if self.kind == "runner" or self.kind == "pyproject" else self.kind  # noqa: PLR1714 - for mypy


class _Candidate(Struct, frozen=True):
    """A config file of any tool. `kind` is None for a noxfile, which is not read."""

    file: Path
    kind: Kind | None


def find(start: Path, explicit: Path | None = None) -> Found:
    """Return the config of the project that the folder `start` is in, or the one that `-c` names.

    The nearest folder upwards that holds any config wins; the search ends at the folder that holds `.git`.
    Raises ConfigError when there is none, or it is a noxfile, which is not read.
    """
    start = _plain(start)
    if explicit is not None:
        return _explicit(start, _plain(start / explicit))
    for folder in _upwards(start):
        candidates = tuple(_candidates(folder, start))
        if candidates:
            return _choose(candidates, start)
    raise ConfigError(
        Problem(
            f"no config in {start} or the folders above it",
            hint=f"looked for {_LOOKED_FOR}\n{_advice()}",
        )
    )


def _plain(path: Path) -> Path:
    """Return the path absolute and without `..`, by the user's links, where those lead to the same."""
    plain = os.path.abspath(path)  # noqa: PTH100 - resolve() would leave the user's links
    real = os.path.realpath(path)
    return Path(plain if os.path.realpath(plain) == real else real)


def _explicit(start: Path, path: Path) -> Found:
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir() raises where a folder above cannot be searched
        candidates = tuple(_candidates(path, start))
        if not candidates:
            hint = f"looked for {_LOOKED_FOR}\n{_advice()}"
            raise ConfigError(Problem(f"no config in the folder {path}", hint=hint))
        return _choose(candidates, start)
    return _choose((_Candidate(path, _kind_by_name(path, start)),), start)


def _kind_by_name(path: Path, start: Path) -> Kind | None:
    """Return how the file that `-c` names is laid out, whether it is there or not."""
    if path.name == "noxfile.py":
        return None
    if path.name == "setup.cfg":
        return "setup.cfg"
    if path.name == "tox.toml":
        return "tox.toml"
    if path.name == "pyproject.toml":
        return _in_pyproject(path, start, needed=False) or "pyproject"
    if path.suffix in (".ini", ".cfg"):
        return "tox.ini"
    return "runner" if path.suffix in (".toml", "") else "other"


def _upwards(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if os.path.lexists(folder / ".git"):
            return


def _candidates(folder: Path, start: Path) -> Iterator[_Candidate]:
    """Yield the configs in one folder, those that win first."""
    try:
        names = set(os.listdir(folder))  # noqa: PTH208 - names are enough, and fewer calls
    except OSError as error:
        raise ConfigError(f"cannot look for a config in {folder}: {error.strerror}") from error
    won = "runner.toml" in names
    if won:
        yield _Candidate(folder / "runner.toml", "runner")
    pyproject = folder / "pyproject.toml"
    kind = _in_pyproject(pyproject, start, needed=not won) if pyproject.name in names else None
    if kind == "pyproject":
        yield _Candidate(pyproject, kind)
    if "tox.ini" in names:
        yield _Candidate(folder / "tox.ini", "tox.ini")
    if "setup.cfg" in names and _has_tox(folder / "setup.cfg"):
        yield _Candidate(folder / "setup.cfg", "setup.cfg")
    if kind not in (None, "pyproject"):
        yield _Candidate(pyproject, kind)
    if "tox.toml" in names:
        yield _Candidate(folder / "tox.toml", "tox.toml")
    if "noxfile.py" in names:
        yield _Candidate(folder / "noxfile.py", None)


def _in_pyproject(pyproject: Path, start: Path, *, needed: bool) -> Kind | None:
    """Return where a pyproject.toml has a config: in runner's table, or in tox's, if it is not empty.

    Raises ConfigError for a broken one when it is `needed`; else it is just one that was passed over.
    """
    shown = _shown(pyproject, start)
    try:
        text = read_text(pyproject, shown)
        tool = parse(text, shown).get("tool") if "runner" in text or "tox" in text else None
    except ConfigError:
        if needed:
            raise
        return None
    if not isinstance(tool, dict):
        return None
    if "runner" in tool:
        return "pyproject"
    tox = tool.get("tox")
    if not tox or not isinstance(tox, dict):
        return None
    return "legacy_tox_ini" if tox.keys() == {"legacy_tox_ini"} else "[tool.tox]"


def _has_tox(setup_cfg: Path) -> bool:
    """Say whether a setup.cfg, of any encoding, has tox's section. One that nobody can read has none."""
    try:
        return setup_cfg.is_file() and _TOX_IN_SETUP_CFG.search(setup_cfg.read_bytes()) is not None
    except OSError:
        return False


def _choose(candidates: tuple[_Candidate, ...], start: Path) -> Found:
    first, *rest = candidates
    if first.kind is None:
        raise ConfigError(
            Problem(
                "noxfiles are not read yet",
                Origin(_shown(first.file, start), 0, ""),
                _advice(),
            )
        )
    return Found(first.file, first.kind, tuple(other.file for other in rest), _shown(first.file, start))


def _advice() -> str:
    return f"to begin, write a runner.toml:\n{EXAMPLE}"


def _shown(file: Path, start: Path) -> str:
    """Name a file for people: relative where that is short."""
    relative = os.path.relpath(file, start)
    return relative if relative.count("..") <= 2 else str(file)  # noqa: PLR2004 - `../../runner.toml` still reads well
