"""Locks between runners: two of them in one project wait for each other, cell by cell."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from runner.env.folders import write_whole
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Stop

_LOOK_AGAIN = 0.1
"""Seconds between two tries; a lock of the dead is free at once, since the system drops it."""


class Holder(Struct, frozen=True):
    """Who holds a lock: written beside it for the others to name. `since` is in seconds since 1970."""

    pid: int
    since: float
    command: tuple[str, ...]


class Mutexes:
    """Lock files below `folder`, which are never deleted. `notify` hears whom we wait for."""

    def __init__(self, folder: Path, notify: Callable[[str], None]) -> None:
        self._folder = folder
        self._notify = notify

    @contextmanager
    def hold(self, name: str, stop: Stop, shown: str = "") -> Iterator[None]:
        """Hold the lock of that name. Raises CellError, and Cancelled when `stop` rises while waiting.

        `shown` is what people are told that we wait for, if not the name.
        """
        lock = FileLock(self._folder / f"{name}.lock", thread_local=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._acquire(lock, name, stop, shown or name)
            holder = Holder(os.getpid(), time.time(), tuple(sys.argv))
            write_whole(self._holder_file(name), msgspec.json.encode(holder).decode())
        except OSError as error:
            lock.release()
            raise CellError("create", f"{self._folder} cannot be used for locks: {error}") from error
        try:
            yield
        finally:
            lock.release()

    def _acquire(self, lock: FileLock, name: str, stop: Stop, shown: str) -> None:
        told = False
        while True:
            try:
                lock.acquire(timeout=0 if not told else _LOOK_AGAIN, poll_interval=_LOOK_AGAIN)
            except Timeout:
                if stop.level:
                    raise Cancelled from None
                if not told:
                    self._notify(f"{shown}: waiting for another runner{self._describe_holder(name)}")
                    told = True
            else:
                return

    def _holder_file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _describe_holder(self, name: str) -> str:
        with suppress(OSError, ValueError):
            holder = msgspec.json.decode(self._holder_file(name).read_bytes(), type=Holder)
            started = time.strftime("%H:%M:%S", time.localtime(holder.since))
            return f" (pid {holder.pid}, since {started}: {' '.join(holder.command)})"
        return ""
