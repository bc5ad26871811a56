"""Let one worker at a time do something; the others wait, and look whether they still need to."""

import threading
from collections.abc import Callable

from msgspec import Struct

from runner.model.errors import Cancelled
from runner.model.ports import Stop


class Taken(Struct, frozen=True):
    """How taking a turn ended: `mine`, or not needed any more. `waited_for` names who held it before."""

    mine: bool
    waited_for: tuple[str, ...] = ()


class Turn:
    """A turn that workers take one after the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: str | None = None
        self._work: Callable[[], bool] | None = None

    def take(self, who: str, needless: Callable[[], bool], stop: Stop) -> Taken:
        """Wait until the turn is free, or until `needless` says that there is nothing left to do.

        `needless` is asked at once and after every turn of another; it must be quick. Who got the turn calls
        `leave`. Raises Cancelled when `stop` rises first.
        """
        risen = threading.Event()

        # The stop is not asked while the condition is held: it may be holding a lock of its own.
        def wake(_level: int) -> None:
            risen.set()
            with self._changed:
                self._changed.notify_all()

        unsubscribe = stop.subscribe(wake)
        try:
            return self._take(who, needless, risen)
        finally:
            unsubscribe()

    def offer(self, work: Callable[[], bool]) -> None:
        """Let those who wait do `work` meanwhile, again and again until it returns False.

        Who holds the turn calls this; the offer ends with the turn.
        """
        with self._changed:
            self._work = work
            self._changed.notify_all()

    def leave(self) -> None:
        """Give the turn up; all who wait look again."""
        with self._changed:
            self._holder = self._work = None
            self._changed.notify_all()

    def _take(self, who: str, needless: Callable[[], bool], risen: threading.Event) -> Taken:
        waited: list[str] = []
        while True:
            with self._changed:
                if needless():
                    return Taken(False, tuple(waited))
                if risen.is_set():
                    raise Cancelled
                if self._holder is None:
                    self._holder = who
                    return Taken(True, tuple(waited))
                if self._holder not in waited:
                    waited.append(self._holder)
                work = self._work
                if work is None:
                    self._changed.wait()
                    continue
            if not work():
                self._done(work)

    def _done(self, work: Callable[[], bool]) -> None:
        with self._changed:
            if self._work is work:
                self._work = None
