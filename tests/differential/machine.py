"""What tox and runner both see: the same Pythons, all on PATH, and nobody's settings."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.testing.machine import interpreter_variables, isolated, online

_BELOW = {
    "PYENV_ROOT": "versions/*/bin",
    "MISE_DATA_DIR": "installs/python/*/bin",
    "ASDF_DATA_DIR": "installs/python/*/bin",
    "UV_PYTHON_INSTALL_DIR": "*/bin",
}
"""Where the programs of installed Pythons are, below the folder that the variable names."""

_OLDEST = 9
"""The minor version below which tox installs an old virtualenv, from the index, before it says a path."""


def variables(folder: Path) -> dict[str, str]:
    """Variables for both tools, with a home below `folder`.

    Pythons that only runner would find, by their managers' variables, are put on PATH and these dropped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return _on_path(isolated(os.environ, folder))


def installing_variables(folder: Path) -> dict[str, str]:
    """The same for runs that install: with this machine's settings and caches of the installers."""
    folder.mkdir(parents=True, exist_ok=True)
    return _on_path(online(os.environ, folder))


def _on_path(given: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in given.items() if name not in _BELOW}
    return {**kept, "PATH": os.pathsep.join(_programs(os.environ))}


def _programs(environ: Mapping[str, str]) -> list[str]:
    """Folders of programs: this Python's own, the other installed ones', newest first, and PATH's."""
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve().parent
    places = interpreter_variables(environ, Path.home())
    found = {path for name, place in places.items() for path in Path(place).glob(_BELOW[name])}
    path = [Path(word) for word in environ.get("PATH", os.defpath).split(os.pathsep) if word]
    managed = [place for place in sorted(found, key=_minor, reverse=True) if _minor(place) >= _OLDEST]
    known = [place for place in path if place.name != "shims" and place not in found]
    return [str(place) for place in dict.fromkeys((own, *managed, *known))]


def _minor(programs: Path) -> int:
    """Return the minor version of the Python 3 whose programs these are; -1 when none is there."""
    names = (re.fullmatch(r"python3\.(\d+)", path.name) for path in programs.glob("python3.*"))
    return max((int(name[1]) for name in names if name), default=-1)
