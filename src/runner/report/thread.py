"""One thread for all reporters, so that none of them can hold up, or break, the run."""

import queue
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

from runner.model.events import Event
from runner.model.ports import Reporter
from runner.model.unexpected import describe

TICK = 0.05
"""Seconds between two calls of a reporter's `tick`."""


@runtime_checkable
class Ticking(Protocol):
    """A reporter that also has work to do when nothing happens, such as following a log."""

    def tick(self) -> None: ...


class ReporterThread:
    """Hands events to named reporters, in order, all in one daemon thread.

    A reporter that raises is told of through `warn`, once and by name, and not called again. `warn` is
    called in that thread, or in `close`.
    """

    def __init__(self, reporters: tuple[tuple[str, Reporter], ...], warn: Callable[[str], None]) -> None:
        self._reporters = dict(enumerate(reporters))
        self._ticking = {
            key for key, (_, reporter) in self._reporters.items() if isinstance(reporter, Ticking)
        }
        self._warn = warn
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._busy = ""
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="reporters", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Queue an event; never waits."""
        self._queue.put(event)

    def close(self, timeout: float = 5.0) -> bool:
        """Let every reporter see all events and close; wait for that at most `timeout` seconds.

        Returns whether all are done. If not, one still holds its stream: Python aborts when it cannot flush
        that at its own end, so leave by `os._exit`.
        """
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join(timeout)
        done = not self._thread.is_alive()
        if not done:
            self._tell(f"plugin {self._busy}: not done {timeout:g} s after the run's end: left behind")
        return done

    def _work(self) -> None:
        next_tick = time.monotonic() + TICK
        while True:
            wait = max(0.0, next_tick - time.monotonic()) if self._ticking else None
            try:
                event = self._queue.get(timeout=wait)
            except queue.Empty:
                self._each(_tick)
                next_tick = time.monotonic() + TICK
                continue
            if event is None:
                self._each(_close)
                return
            self._each(partial(_handle, event))

    def _each(self, call: Callable[[Reporter], None]) -> None:
        for key, (name, reporter) in tuple(self._reporters.items()):
            self._busy = name
            try:
                call(reporter)
            except BaseException as error:  # noqa: BLE001 - nothing of a plugin's may end the others
                del self._reporters[key]
                self._ticking.discard(key)
                self._tell(f"plugin {name}: {_what_it_raised(error)}; it hears no more of this run")

    def _tell(self, warning: str) -> None:
        with suppress(OSError, ValueError):  # a closed stderr must not end the other reporters
            self._warn(warning)


def _what_it_raised(error: BaseException) -> str:
    *_, last = traceback.extract_tb(error.__traceback__)
    if last.filename == __file__:  # it was never entered
        return f"it cannot be called as reporters are: {type(error).__name__}: {error}"
    return describe(error)


def _handle(event: Event, reporter: Reporter) -> None:
    reporter.handle(event)


def _close(reporter: Reporter) -> None:
    reporter.close()


def _tick(reporter: Reporter) -> None:
    if isinstance(reporter, Ticking):
        reporter.tick()
