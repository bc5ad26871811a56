"""A thread for each reporter, so that none of them can hold up, or break, the run or another one."""

import queue
import threading
import time
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Protocol, runtime_checkable

from runner.model.events import Event
from runner.model.plugins import Reporter, Warn
from runner.model.unexpected import describe_guest
from runner.report.target import Unwritten

TICK = 0.05
"""Seconds between two calls of a reporter's `tick`."""

_LOOK_UP = 1.0
"""Seconds: a signal that comes in the instant before the queue is waited on does not wake that wait."""

_HEARD_WITHIN = 1.0
"""Seconds for a last warning: where it goes may be just what nobody reads."""


@runtime_checkable
class Ticking(Protocol):
    """A reporter that also has work to do when nothing happens, such as following a log."""

    def tick(self) -> None: ...


class Reporters:
    """Hands events to named reporters, in order, each in a daemon thread of its own.

    One that raises is told of through `warn`, once and by name, and not called again. `warn` is
    called in threads.
    """

    def __init__(self, reporters: tuple[tuple[str, Reporter], ...], warn: Warn) -> None:
        self._warn = warn
        self._mail: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._threads = [
            _ReporterThread(name, reporter, warn, self._one_is_done) for name, reporter in reporters
        ]
        self._closed = False

    def put(self, event: Event) -> None:
        """Queue an event; never waits."""
        for thread in self._threads:
            thread.put(event)

    def hurry(self) -> None:
        """End the wait of `close`. May be called by a handler of signals."""
        self._mail.put(True)

    def close(self, timeout: float = 5.0, *, patiently: Container[str] = ()) -> bool:
        """Let every reporter see all events and close, and wait until all are done.

        That is at most `timeout` seconds, but as long as it takes for those that `patiently` names. Returns
        whether all are done. If not, one may still hold its stream: Python aborts when it cannot flush that
        at its own end, so leave by `os._exit`.
        """
        if not self._closed:
            self._closed = True
            for thread in self._threads:
                thread.put(None)
        until = time.monotonic() + timeout
        hurried = False
        while (busy := [thread.name for thread in self._threads if not thread.done]) and not hurried:
            left = until - time.monotonic()
            if left <= 0 and not any(name in patiently for name in busy):
                break
            with suppress(queue.Empty):
                hurried = self._mail.get(timeout=min(left, _LOOK_UP) if left > 0 else _LOOK_UP)
        when = "when a signal ended the wait" if hurried else f"{timeout:g} s after the run's end"
        for name in dict.fromkeys(busy):
            self._say(f"plugin {name}: its reporter was not done {when}: left behind")
        return not busy

    def _one_is_done(self) -> None:
        self._mail.put(False)

    def _say(self, warning: str) -> None:
        teller = threading.Thread(target=self._warn, args=(warning,), name="warning", daemon=True)
        teller.start()
        teller.join(_HEARD_WITHIN)


class _ReporterThread:
    """One reporter and its thread. `done`: it will not be called any more."""

    def __init__(self, name: str, reporter: Reporter, warn: Warn, when_done: Callable[[], None]) -> None:
        self.name = name
        self.done = False
        self._reporter = reporter
        self._warn = warn
        self._when_done = when_done
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=f"reporter {name}", daemon=True).start()

    def put(self, event: Event | None) -> None:
        if not self.done:
            self._queue.put(event)

    def _work(self) -> None:
        try:
            self._serve()
        except Unwritten as error:
            self._warn(str(error))
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            what = f"{describe_guest(error, __file__)}; it hears no more of this run"
            self._warn(f"plugin {self.name}: {what}", error)
        finally:
            self.done = True
            self._queue = queue.SimpleQueue()  # what it was not told yet is kept for nobody
            self._when_done()

    def _serve(self) -> None:
        reporter = self._reporter
        ticking = reporter if isinstance(reporter, Ticking) else None
        next_tick = time.monotonic() + TICK
        while True:
            wait = max(0.0, next_tick - time.monotonic()) if ticking else None
            try:
                event = self._queue.get(timeout=wait)
            except queue.Empty:
                if ticking is not None:
                    ticking.tick()
                next_tick = time.monotonic() + TICK
                continue
            if event is None:
                reporter.close()
                return
            reporter.handle(event)
