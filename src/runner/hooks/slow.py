"""Plugins that take long: told while they do, for whoever wonders why nothing happens."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 5.0
"""How long a plugin may take before it is told, in seconds."""


class _Call:
    """Something that a plugin does, and when that has taken long."""

    def __init__(self, what: str, until: float) -> None:
        self.what = what
        self.until = until


class Watch:
    """Tells of each call of a plugin that takes longer than `patience` seconds, once, while it goes on.

    One thread looks, and only while there is something to look at. `tell` is called in it.
    """

    def __init__(self, tell: Callable[[str], None], patience: float = PATIENCE) -> None:
        self._tell = tell
        self._patience = patience
        self._calls: list[_Call] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        """Look at what is done inside; `what` begins the line: "plugin X: its import"."""
        call = _Call(what, time.monotonic() + self._patience)
        self._note(call)
        try:
            yield
        finally:
            with self._lock:
                if call in self._calls:
                    self._calls.remove(call)

    def close(self) -> None:
        """Look no more; no thread is left, unless `tell` takes more than a second."""
        self._closed.set()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(1.0)

    def _note(self, call: _Call) -> None:
        with self._lock:
            self._calls.append(call)
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._look, name="runner-watch", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                now = time.monotonic()
                late = [call for call in self._calls if call.until <= now]
                self._calls = [call for call in self._calls if call.until > now]
                if not (late or self._calls):
                    self._thread = None
                    return
                rest = min((call.until for call in self._calls), default=now) - now
            for call in late:
                self._tell(f"{call.what} has been running for {self._patience:g} s")
            self._closed.wait(rest)
