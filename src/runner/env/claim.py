"""The folder that only one run uses, and what is left of those of runs that were killed."""

import fcntl
import os
import time
import weakref
from contextlib import suppress
from pathlib import Path

from runner.env.folders import is_ours, mark
from runner.env.trash import Trash
from runner.model.errors import CellError

_LOCK, _NEW_LOCK = "lock", "new-lock"
_DAY = 24 * 3600.0


class Claim:
    """The new folder `own`, ours until `give_up`; its dead neighbours go to the trash. Raises OSError.

    A lock in the folder says that its run is alive: the system drops it with the process. Nobody is waited
    for: a folder that has no lock yet is left alone for a day.
    """

    def __init__(self, own: Path, trash: Trash) -> None:
        self._own = own
        self._trash = trash
        own.parent.mkdir(parents=True, exist_ok=True)
        for folder in own.parent.iterdir():
            with suppress(OSError):  # its own run, or another new one, throws it away, too; or it is not ours
                if is_ours(folder) and _is_dead(folder):
                    self._discard(folder)
        own.mkdir(mode=0o700)  # output that may hold secrets is there for a while
        mark(own)
        self._unlock = weakref.finalize(self, os.close, _lock(own))

    def give_up(self) -> None:
        """Throw the folder away. What cannot be thrown away now, a later run will."""
        self._discard(self._own)
        self._unlock()

    def _discard(self, folder: Path) -> None:
        with suppress(OSError, CellError):
            self._trash.discard(folder)


def alive(scratch: Path) -> tuple[str, ...]:
    """Return the names of the folders in `scratch` whose runs go on, each with its pid, for people."""
    found = []
    for folder in sorted(scratch.iterdir()) if scratch.is_dir() else ():
        with suppress(OSError):
            if is_ours(folder) and not _is_dead(folder):
                found.append(f"{folder.name}, pid {(folder / _LOCK).read_text()}")
    return tuple(found)


def _lock(own: Path) -> int:
    """Return the descriptor of the folder's lock, which has its name only when it is held."""
    lock = os.open(own / _NEW_LOCK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(lock, str(os.getpid()).encode())
    (own / _NEW_LOCK).rename(own / _LOCK)
    return lock


def _is_dead(folder: Path) -> bool:
    """Say whether the folder's run is over. Raises OSError."""
    try:
        # NFS locks only what is open for writing.
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _DAY
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
