"""Locks between runners: two of them in one project wait for each other, cell by cell."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from msgspec import Struct

from runner.model.encode import canonical, decoded
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Stop
from runner.process.family import is_guarded

_LOOK_AGAIN = 0.1
"""Seconds between two tries; a lock of the dead is free at once, since the system drops it."""

_LAST_RESORT = 15.0
"""Seconds within which a guard has ended all that its runner left."""

_MOST_PID = 2**31
_LATEST = 1e11
"""Seconds since 1970: what every system can write as a date."""

_KEPT_SECONDS = 30 * 24 * 3600.0


class Holder(Struct, frozen=True):
    """Who holds a lock: written beside it for the others to name. `since` is in seconds since 1970."""

    pid: int
    since: float
    command: tuple[str, ...]

    def words(self) -> str:
        """Return what people are told of it."""
        started = time.strftime("%H:%M:%S", time.localtime(self.since))
        return f"pid {self.pid}, since {started}: {' '.join(self.command)}"


class Mutexes:
    """Lock files below `folder`. `notify` hears whom we wait for.

    Beside a lock that is held, or whose holder was killed, stands who that is; `conceal` takes secrets out of
    its command line.
    """

    def __init__(
        self, folder: Path, notify: Callable[[str], None], conceal: Callable[[str], str] = str
    ) -> None:
        self._folder = folder
        self._notify = notify
        self._conceal = conceal

    @contextmanager
    def hold(self, name: str, stop: Stop, shown: str = "") -> Iterator[None]:
        """Hold the lock of that name. Raises CellError, and Cancelled when `stop` rises while waiting.

        `shown` is what people are told that we wait for, if not the name. What a holder that was killed had
        started is over by then.
        """
        file = self._folder / f"{name}.lock"
        lock = FileLock(file, thread_local=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _mend(file)
            self._acquire(lock, name, stop, shown or name)
        except OSError as error:
            raise CellError("create", f"{self._folder} cannot be used for locks: {error}") from error
        try:
            before = self._holder(name)
            if before is not None and before.pid != os.getpid():
                _wait_for_the_guard(before.pid, stop)
            with self._signed(name):
                yield
        finally:
            lock.release()

    def _acquire(self, lock: FileLock, name: str, stop: Stop, shown: str) -> None:
        looks = 0
        told = ""
        while not _is_ours_now(lock, _LOOK_AGAIN if looks else 0):
            if stop.level:
                raise Cancelled
            looks += 1
            who = self._holder(name)
            line = f"{shown}: waiting for another runner{f' ({who.words()})' if who else ''}"
            # Who got the lock just now has not signed yet.
            if looks > 1 and line != told and (who or not told):
                self._notify(line)
                told = line

    @contextmanager
    def _signed(self, name: str) -> Iterator[None]:
        """Write beside the lock who holds it, for others to name: it is held also where that cannot be."""
        file = self._holder_file(name)
        holder = Holder(os.getpid(), time.time(), tuple(map(self._conceal, sys.argv)))
        with suppress(OSError):
            file.unlink(missing_ok=True)  # not through a link
            file.write_bytes(canonical(holder))
        try:
            yield
        finally:
            with suppress(OSError):
                file.unlink()

    def _holder(self, name: str) -> Holder | None:
        try:
            holder = decoded(self._holder_file(name).read_bytes(), Holder)
        except (OSError, ValueError):  # also when it is just being written
            return None
        # Anything may stand there.
        return holder if 0 < holder.pid < _MOST_PID and 0 <= holder.since < _LATEST else None

    def _holder_file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def prune_locks(folder: Path, now: float) -> None:
    """Delete lock files that are 30 days old and that nobody holds. Raises OSError."""
    for file in tuple(folder.glob("*.lock")):
        with suppress(OSError, Timeout):
            if now - file.stat().st_mtime > _KEPT_SECONDS:
                with FileLock(file, timeout=0):  # who waits for one that is deleted takes a new one
                    file.with_suffix(".json").unlink(missing_ok=True)
                    file.unlink()


def _is_ours_now(lock: FileLock, timeout: float) -> bool:
    """Try to get the lock for so many seconds. Raises OSError."""
    try:
        lock.acquire(timeout=timeout, poll_interval=_LOOK_AGAIN)
    except Timeout:
        return False
    return True


def _mend(lock: Path) -> None:
    """Make way for a lock file where something else stands, as far as that can be. Raises OSError."""
    try:
        mode = lock.lstat().st_mode
        if stat.S_ISLNK(mode):  # filelock would make its file where that leads to
            lock.unlink()
        elif stat.S_ISDIR(mode):
            lock.rmdir()
        elif not os.access(lock, os.R_OK | os.W_OK):
            lock.chmod(0o600)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}: move it away", str(lock)) from error


def _wait_for_the_guard(runner: int, stop: Stop) -> None:
    """Wait until what a runner that was killed had started is ended, too: it may use what we are to use."""
    until = time.monotonic() + _LAST_RESORT
    while is_guarded(runner) and time.monotonic() < until:
        if stop.level:
            raise Cancelled
        time.sleep(0.01)
