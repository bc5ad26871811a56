"""Which modules steps imported: Python itself tells, by the compiled ones that it leaves behind.

Only their names are remembered. What a step could have written into such a file goes nowhere.
"""

# There are thousands of paths in a second: as text they cost a fraction of what Path objects do.
# ruff: noqa: PTH117

import os
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import msgspec

from runner.env.contents.pycs import is_pyc, source_of
from runner.env.folders import write_whole
from runner.env.store import Store
from runner.model.encode import decoded

_FILE = "imported.json"


class Imported:
    """The names of compiled modules, relative to site-packages, by the name of the bytecode's entry.

    `own` is a folder that only this run uses.
    """

    def __init__(self, store: Store, own: Path) -> None:
        self._store = store
        self._own = own

    def beyond(self, name: str, known: AbstractSet[str]) -> frozenset[str]:
        """Return what was remembered and is not `known`; nothing when that is broken.

        No path leads out of site-packages.
        """
        folder = self._store.find(name)
        return frozenset() if folder is None else frozenset(filter(_stays_inside, _read(folder) - known))

    def add(self, name: str, key: bytes, found: AbstractSet[str]) -> None:
        """Remember these, too; `key` is JSON that says what the entry's name follows from. Raises OSError.

        What two runners add at the same moment may be lost: they will find it again.
        """
        folder = self._store.find(name)
        known = frozenset() if folder is None else _read(folder)
        if found <= known:
            return
        made = self._own / "imported" / f"{name}-{token_hex(4)}"
        if folder is None:
            made.mkdir(parents=True)
            (made / "key.json").write_bytes(key)
        write_whole((folder or made) / _FILE, msgspec.json.encode(sorted(known | found)).decode())
        if folder is None:
            self._store.keep(name, made)


def imported_in(site: str) -> frozenset[str]:
    """Return the names of the modules below `site` that Python compiled where they are.

    Those files have one link: what installers and we put there by links has more. Variants of test runners
    and of optimization have no source of their name, so they are not among them. Raises OSError.
    """
    found = set()
    waiting = [site]
    while waiting:
        entries = _entries(waiting.pop())
        if "__init__.py" in entries and "__pycache__" not in entries:
            continue  # Nobody imported this package, so nobody imported what is below it.
        for entry in entries.values():
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif is_pyc(entry.path) and _is_pythons_own(entry):
                found.add(entry.path[len(site) + 1 :])
    return frozenset(filter(_stays_inside, found))


def _entries(folder: str) -> "dict[str, os.DirEntry[str]]":
    """Return what is in a folder, by name; a step may have removed it, or taken its permissions away."""
    with suppress(OSError), os.scandir(folder) as entries:
        return {entry.name: entry for entry in entries}
    return {}


def _is_pythons_own(entry: "os.DirEntry[str]") -> bool:
    return (
        entry.is_file(follow_symlinks=False)
        and entry.stat(follow_symlinks=False).st_nlink == 1
        and os.path.isfile(source_of(entry.path))  # noqa: PTH113 - as above
    )


def _read(folder: Path) -> frozenset[str]:
    try:
        return decoded((folder / _FILE).read_bytes(), frozenset[str])
    except (OSError, ValueError):  # msgspec's errors, and those of text that is no UTF-8
        return frozenset()


def _stays_inside(path: str) -> bool:
    """Say whether this is a compiled module's path that stands on one line and stays where it starts."""
    return (
        is_pyc(path)
        and path.isprintable()
        and os.path.normpath(path) == path
        and not os.path.isabs(path)
        and not path.startswith(os.pardir)
    )
