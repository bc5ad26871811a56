"""The stop that teardown sees: it has a little time left when the run is asked to end."""

import threading
from collections.abc import Callable

from runner.model.ports import Stop

TEARDOWN_SECONDS = 30.0

_KILL = 2


class LateStop:
    """A `Stop` that stays down at the first signal, and rises to 2 at the second or after `seconds`.

    `close` ends its timer; call it when the run ended.
    """

    def __init__(self, stop: Stop, seconds: float = TEARDOWN_SECONDS) -> None:
        self._stop = stop
        self._seconds = seconds
        self._lock = threading.Lock()
        self._level = 0
        self._timer: threading.Timer | None = None
        self._listeners: dict[object, Callable[[int], None]] = {}
        self._unsubscribe = stop.subscribe(self._heard)

    @property
    def level(self) -> int:
        return self._level

    @property
    def signal(self) -> str:
        return self._stop.signal

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        ticket = object()
        with self._lock:
            self._listeners[ticket] = listener
            risen = self._level
        if risen:
            listener(risen)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(ticket, None)

        return unsubscribe

    def close(self) -> None:
        self._unsubscribe()
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()

    def _heard(self, level: int) -> None:
        if level >= _KILL:
            self._rise()
            return
        with self._lock:
            if self._timer is None and not self._level:
                self._timer = threading.Timer(self._seconds, self._rise)
                self._timer.daemon = True
                self._timer.start()

    def _rise(self) -> None:
        with self._lock:
            if self._level:
                return
            self._level = _KILL
            listeners = tuple(self._listeners.values())
        for listener in listeners:
            listener(_KILL)
