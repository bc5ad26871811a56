"""Tells a run's events: stamps them, in one order, and passes them to the reporters and the fold."""

import threading
from collections.abc import Callable

from runner.model.concealing import concealed
from runner.model.events import Body, Event, Notice
from runner.model.ports import Clock
from runner.model.results import RunResult
from runner.model.secrets import Concealer
from runner.results import Fold


class Teller:
    """The one place where bodies become events, and lose their secrets. May be called from any thread."""

    def __init__(self, run_id: str, clock: Clock, put: Callable[[Event], None], concealer: Concealer) -> None:
        self._run_id = run_id
        self._clock = clock
        self._put = put
        self._concealer = concealer
        self._seq = 0
        self._fold = Fold()
        self._lock = threading.Lock()

    def tell(self, body: Body) -> None:
        """Stamp `body`, its texts without secrets, and pass it on."""
        body = concealed(body, self._concealer)
        with self._lock:
            self._seq += 1
            event = Event(self._run_id, self._seq, self._clock.time(), body)
            self._fold.add(event)
            self._put(event)

    def notify(self, message: str) -> None:
        """Tell people something about the run."""
        self.tell(Notice(level="info", message=message))

    def warn(self, message: str) -> None:
        """Warn people of something about the run."""
        self.tell(Notice(level="warning", message=message))

    def result(self) -> RunResult:
        """Return what the events so far amount to."""
        with self._lock:
            return self._fold.result()
