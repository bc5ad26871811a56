"""What is remembered across runs: folders in the user cache that appear whole or not at all."""

import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from runner.env.deleting import delete
from runner.env.folders import touch
from runner.env.mutex import prune_locks

LOCKS, BACKEND_LOCKS, BYTECODE, IMPORTED = "locks", "backend-locks", "bytecode", "imported"
WHEELS, OF_BACKENDS = "wheels", "backends"
"""The folders of the user cache that hold stores; the last two hold one for each project, or backend."""

_USED = ".used"
"""A file in each entry, as old as its last use."""

_WRITTEN_WHOLE = (".gitignore", "CACHEDIR.TAG", "tree.json", "imported.json")
_HALF_MADE = re.compile(
    rf"\.(part|gone)-[0-9a-f]{{12}}|\.({'|'.join(map(re.escape, _WRITTEN_WHOLE))})\.[0-9a-f]{{8}}"
)
"""The names of what we are writing or deleting: it gets, or had, another."""

_DAY = 24 * 3600.0
UNUSED_DAYS = 30
"""An entry that nothing used for so many days goes."""


class Store:
    """Entries of one kind below `folder`, each a folder named by the hash of a key that is kept in it.

    A reader checks what it finds, and drops what is damaged: what can be made again is not worth an error.
    `notify` hears, once, that nothing can be kept: the cache is full, read-only, or not ours.
    """

    def __init__(self, folder: Path, notify: Callable[[str], None]) -> None:
        self.folder = folder
        self._notify = notify
        self._told = False

    def find(self, name: str) -> Path | None:
        """Return the folder of the entry, which counts as used now; None when there is none."""
        entry = self.folder / name
        if not _is_folder(entry):
            return None
        with suppress(OSError):
            if time.time() - (entry / _USED).stat().st_mtime > _DAY:
                touch(entry / _USED)
        return entry

    def keep(self, name: str, made: Path, *, instead: bool = False) -> Path:
        """Take the finished folder `made` in under this name, and return where it is.

        An entry that is there already stays, and is returned, unless `instead` is true. Where nothing can be
        kept that is told, and `made` is returned as it is.
        """
        entry = self.folder / name
        part = self.folder / f".part-{token_hex(6)}"
        try:
            touch(made / _USED)
            self.folder.mkdir(parents=True, exist_ok=True)
            if instead:
                self.drop(name)
            _move(made, part)
            _appear(part, entry)
        except OSError as error:
            with suppress(OSError):
                if made.exists():
                    delete(part)
                else:
                    part.rename(made)
            if not self._told:
                self._told = True
                self._notify(f"nothing can be kept in {self.folder}: {_reason(error)}")
            return made
        return entry

    def drop(self, name: str) -> None:
        """Delete the entry, if it is there: it is gone at once, for every reader."""
        away = self.folder / f".part-{token_hex(6)}"
        with suppress(OSError):
            (self.folder / name).rename(away)
            delete(away)

    def names(self) -> Iterator[str]:
        """Yield the names of all entries."""
        with suppress(OSError):
            yield from (entry.name for entry in os.scandir(self.folder) if not entry.name.startswith("."))

    def prune(self, now: float) -> None:
        """Drop what was not used for UNUSED_DAYS, and what runs that were killed left half-made."""
        sweep(self.folder, now)
        for name in tuple(self.names()):
            sweep(self.folder / name, now)
            with suppress(OSError):
                if now - (self.folder / name / _USED).stat().st_mtime > UNUSED_DAYS * _DAY:
                    self.drop(name)


def sweep(folder: Path, now: float) -> None:
    """Delete what runs that were killed left half-made in this folder, when it is a day old."""
    if not _is_folder(folder):
        return
    with suppress(OSError):
        half_made = [entry for entry in os.scandir(folder) if _HALF_MADE.fullmatch(entry.name)]
        for entry in half_made:
            with suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                    delete(Path(entry.path))


def prune_daily(cache: Path, now: float) -> None:
    """Prune all of the user cache, the stores of other projects too, unless that was done within a day."""
    mark = cache / ".pruned"
    with suppress(OSError):
        if mark.exists() and abs(now - mark.stat().st_mtime) <= _DAY:
            return
        touch(mark)
        sweep(cache, now)
        prune_locks(cache / "mutex", now)
        projects = tuple(folder for folder in (cache / WHEELS).glob("*") if _is_folder(folder))
        backends = tuple(folder for folder in (cache / OF_BACKENDS).glob("*") if _is_folder(folder))
        ours = (cache / kind for kind in (LOCKS, BACKEND_LOCKS, BYTECODE, IMPORTED))
        for folder in (*ours, *projects, *backends):
            Store(folder, _tell_nobody).prune(now)
        for folder in projects:
            if not any(entry.is_dir() for entry in folder.iterdir()):
                _drop_if_old(folder, now)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114 - Path raises in a locked folder


def _drop_if_old(folder: Path, now: float) -> None:
    """Delete the folder of a project without wheels, unless something in it is in use."""
    if all(now - file.stat().st_mtime > UNUSED_DAYS * _DAY for file in folder.iterdir()):
        delete(folder)


def _tell_nobody(_line: str) -> None:
    """Take a line of a store that keeps nothing."""


def _reason(error: OSError) -> str:
    """Say in a line what went wrong; of many files that could not be copied, the last alone."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        return str(error.args[0][-1][-1])
    return error.strerror or str(error)


def _move(made: Path, part: Path) -> None:
    """Move a folder, also to another file system; `made` stays whole until the copy is."""
    try:
        made.rename(part)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(made, part, symlinks=True)


def _appear(part: Path, entry: Path) -> None:
    """Give the folder its name, unless another runner was first."""
    try:
        part.rename(entry)
    except NotADirectoryError:  # what is there is no entry
        entry.unlink()
        part.rename(entry)
    except OSError:
        if not entry.is_dir():
            raise
        delete(part)
