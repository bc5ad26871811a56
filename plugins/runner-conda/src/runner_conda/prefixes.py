"""Pythons to resolve and build with, before a cell's own environment is there: made once, and shared."""

import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from msgspec.structs import replace

from runner import CellError, Stop
from runner_conda.engine.installing import Installing, installed
from runner_conda.engine.locks import Package
from runner_conda.places import Places, touch

_making = Lock()


def python_of(packages: Iterable[Package]) -> Package:
    """Return the package that is the Python. Raises CellError when there is none."""
    for package in packages:
        if package.name == "python":
            return package
    raise CellError("python", "the conda packages have no python: `--upgrade` solves for them anew")


def program_of(prefix: Path) -> Path:
    """Return where the Python of a prefix is."""
    return prefix / "bin" / "python"


def shared_prefix(places: Places, packages: tuple[Package, ...]) -> Path:
    """Return where the prefix is, or is to be, that has the Python of these packages and what that needs."""
    only = _needed_by_python(packages)
    named = "\n".join(sorted(f"{each.file_name} {each.sha256}" for each in packages if each.name in only))
    return places.prefix(hashlib.sha256(named.encode()).hexdigest()[:32])


def make_shared_prefix(installing: Installing, packages: tuple[Package, ...], stop: Stop) -> Path:
    """Return that prefix, and make it first if it is not there. Raises CellError and Cancelled.

    The folder of `installing` does not count. The prefix appears whole or not at all: of two runners that
    make it at once, the first one's stays. It shares no files, so nothing that a cell does changes it.
    """
    prefix = shared_prefix(installing.places, packages)
    with _making:  # whoever comes second finds it made
        if not program_of(prefix).exists():
            part = installing.places.half_made()
            only = _needed_by_python(packages)
            installed(replace(installing, folder=part, final=prefix, only=only, link_mode="copy"), stop)
            _appear(installing.places, part, prefix)
    with suppress(OSError):  # what cannot be written is not pruned either
        touch(prefix / ".used")
    return prefix


def _appear(places: Places, part: Path, prefix: Path) -> None:
    """Give the new prefix its name, unless another runner was first. Raises CellError."""
    try:
        touch(part / ".used")
        if prefix.exists() and not program_of(prefix).exists():  # somebody took of it
            _discard(places, prefix)
        part.rename(prefix)
    except OSError as error:
        if not program_of(prefix).exists():
            raise CellError("python", f"{prefix} cannot be made: {error.strerror}") from error
        _discard(places, part)


def _discard(places: Places, folder: Path) -> None:
    away = places.half_made()
    folder.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _needed_by_python(packages: tuple[Package, ...]) -> frozenset[str]:
    """Return the names of the Python and all that it depends on."""
    by_name = {package.name: package for package in packages}
    needed: set[str] = set()
    waiting = [python_of(packages).name]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            waiting += [each.split(maxsplit=1)[0] for each in by_name[name].depends if each.strip()]
    return frozenset(needed)
