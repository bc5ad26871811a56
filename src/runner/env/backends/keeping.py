"""The folders of backends in the user cache: what is in them is used by its path while a run goes on.

A run that uses them shares a lock, which the system drops with the process; who removes them has it alone.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.env.store import OF_BACKENDS
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Stop

_LOOK_AGAIN = 0.1
"""Seconds between two tries."""


class BackendFolders:
    """The use that one run makes of the folders that backends have in the user cache `cache`."""

    def __init__(self, cache: Path) -> None:
        self._file = _lock_file(cache)
        self._guard = threading.Lock()
        self._lock: int | None = None

    def use(self, stop: Stop) -> None:
        """See to it that nobody removes them before `leave`. Raises Cancelled while somebody does just now.

        Where there can be no lock, in a cache that is read-only or whose file system has none, the run goes
        on without: there, `unused` refuses, or nothing can be removed.
        """
        with self._guard, suppress(OSError):
            while self._lock is None:
                self._lock = _shared(self._file)
                if self._lock is None:
                    if stop.level:
                        raise Cancelled
                    time.sleep(_LOOK_AGAIN)

    def leave(self) -> None:
        """Let others remove them."""
        with self._guard:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None


@contextmanager
def unused(cache: Path) -> Iterator[None]:
    """Keep runs from using the folders of backends in this cache. Raises CellError while one does, or may."""
    lock = _alone(cache)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _alone(cache: Path) -> int | None:
    """Return the descriptor of the lock, had alone; None where no backend ever had a folder."""
    file = _lock_file(cache)
    try:
        lock = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CellError("create", _cannot_tell(file, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        busy = isinstance(error, BlockingIOError)
        message = _in_use(cache, lock) if busy else _cannot_tell(file, error)
        os.close(lock)
        raise CellError("create", message) from error
    return lock


def _in_use(cache: Path, lock: int) -> str:
    return f"a run goes on that uses what backends keep in {cache}{_pids(lock)}: wait for its end, or stop it"


def _cannot_tell(file: Path, error: OSError) -> str:
    return (
        f"{file} cannot be locked, so that nobody can tell whether a run uses what is beside it:"
        f" {error.strerror}; if none does, remove {file.parent} yourself, then run this again"
    )


def _lock_file(cache: Path) -> Path:
    return cache / OF_BACKENDS / ".in-use"


def _shared(file: Path) -> int | None:
    """Return the descriptor of the lock, shared with other runs; None while somebody has it alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except FileNotFoundError:  # the folder was just removed
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), file.lstat()):
            return lock
    except (BlockingIOError, FileNotFoundError):  # it is being removed, or was
        pass
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def _pids(lock: int) -> str:
    """Name the processes that have a lock on the file, where the system tells them."""
    inode = f":{os.fstat(lock).st_ino}"
    with suppress(OSError):
        entries = [line.split() for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines()]
        pids = [each[4] for each in entries if each[1] == "FLOCK" and each[5].endswith(inode)]
        if pids:
            return f" (pid {', '.join(pids)})"
    return ""
