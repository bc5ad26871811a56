"""Make each thing once in a run: the first thread that needs it makes it, the others wait."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from runner.model.errors import Cancelled, CellError
from runner.model.ports import Stop

K = TypeVar("K")
V = TypeVar("V")


class _Entry(Generic[V]):
    """One thing in the making, or made: at the end it has a value or an error."""

    def __init__(self) -> None:
        self.done = False
        self.values: list[V] = []
        self.error: Exception | None = None
        self.waiters: list[threading.Event] = []


class Once(Generic[K, V]):
    """What was made under each key, shared by the threads of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[K, _Entry[V]] = {}

    def get(self, key: K, make: Callable[[], V], stop: Stop, waiting: Callable[[], None] | None = None) -> V:
        """Return what `make` returned for `key`, calling it in the first thread that asks.

        Another thread calls `waiting` and waits; Cancelled is raised in it when `stop` rises. What `make`
        raises is raised in every thread, a CellError cut short in all but the first. A maker that
        was cancelled leaves nothing behind: the next thread makes it.
        """
        while True:
            with self._lock:
                entry = self._entries.get(key)
                mine = entry is None
                if entry is None:
                    entry = self._entries[key] = _Entry()
            if mine:
                return self._make(key, entry, make)
            if not entry.done:
                if waiting is not None:
                    waiting()
                self._wait(entry, stop)
            if entry.values:
                return entry.values[0]
            if entry.error is not None:
                with self._lock:  # one cell alone gets the whole of it
                    error = _again(entry.error)
                raise error

    def _make(self, key: K, entry: _Entry[V], make: Callable[[], V]) -> V:
        try:
            value = make()
        except BaseException as error:
            lasting = isinstance(error, Exception) and not isinstance(error, Cancelled)
            with self._lock:
                if lasting and isinstance(error, Exception):
                    entry.error = error
                else:
                    del self._entries[key]
            raise
        else:
            entry.values.append(value)
            return value
        finally:
            with self._lock:
                entry.done = True
                waiters = tuple(entry.waiters)
            for waiter in waiters:
                waiter.set()

    def _wait(self, entry: _Entry[V], stop: Stop) -> None:
        wake = threading.Event()
        with self._lock:
            if entry.done:
                return
            entry.waiters.append(wake)
        unsubscribe = stop.subscribe(lambda _level: wake.set())
        try:
            wake.wait()
        finally:
            unsubscribe()
        if not entry.done:
            raise Cancelled


def _again(error: Exception) -> Exception:
    if isinstance(error, CellError):
        return error.again()
    return error
