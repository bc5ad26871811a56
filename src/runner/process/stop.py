"""The switch by which a run is asked to stop."""

from collections.abc import Callable
from threading import Lock

Listener = Callable[[int], None]


class StopSwitch:
    """The `Stop` that the run's loop raises and its workers hear; safe to use from any thread.

    Listeners are called outside the lock, in the thread that raises the level or subscribes. One that
    subscribes while the level rises may hear the two levels in either order.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._level = 0
        self._signal = ""
        self._listeners: dict[object, Listener] = {}

    @property
    def level(self) -> int:
        return self._level

    @property
    def signal(self) -> str:
        return self._signal

    def rise(self, level: int, signal: str = "") -> None:
        """Raise the level and tell the listeners; a level that is reached already changes nothing.

        `signal` names what asks for it, such as `INT`; the first one is kept.
        """
        with self._lock:
            self._signal = self._signal or signal
            if level <= self._level:
                return
            self._level = level
            listeners = tuple(self._listeners.values())
        for listener in listeners:
            listener(level)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        ticket = object()
        with self._lock:
            self._listeners[ticket] = listener
            level = self._level
        if level:
            listener(level)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(ticket, None)

        return unsubscribe
