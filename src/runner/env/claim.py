"""The folder that only one run uses, and what is left of those of runs that were killed."""

from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from runner.env.folders import Trash, is_ours, mark
from runner.model.errors import CellError

_LOCK = "lock"


class Claim:
    """The new folder `own`, ours until `give_up`; its dead neighbours go to the trash. Raises OSError.

    A lock in the folder says that its run is alive: the system drops it with the process.
    """

    def __init__(self, own: Path, trash: Trash) -> None:
        self._own = own
        self._trash = trash
        self._lock = FileLock(own / _LOCK, thread_local=False)
        own.parent.mkdir(parents=True, exist_ok=True)
        # Nobody may find our folder before it is locked.
        with FileLock(own.parent / f".{_LOCK}"):
            for folder in own.parent.iterdir():
                if is_ours(folder) and not _is_alive(folder):
                    self._discard(folder)
            own.mkdir()
            mark(own)
            self._lock.acquire(timeout=0)

    def give_up(self) -> None:
        """Throw the folder away. What cannot be thrown away now, a later run will."""
        self._lock.release()
        self._discard(self._own)

    def _discard(self, folder: Path) -> None:
        with suppress(OSError, CellError):
            self._trash.discard(folder)


def _is_alive(folder: Path) -> bool:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
