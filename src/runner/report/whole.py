"""What reporters have in common that write one file at a run's end."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from runner.model.events import Event
from runner.model.results import RunResult
from runner.report.target import WholeFile


class Folding(Protocol):
    """Reduces events to a result. It is given to reporters, since the fold is not theirs."""

    def add(self, event: Event) -> None: ...

    def result(self) -> RunResult: ...


class ResultReporter:
    """Writes what `render` makes of the run's result to `path`, which is opened at once (UsageError)."""

    def __init__(
        self, path: Path | str, new_fold: Callable[[], Folding], render: Callable[[RunResult], bytes]
    ) -> None:
        self._file = WholeFile(path)
        self._fold = new_fold()
        self._render = render
        self._seen = False

    def handle(self, event: Event) -> None:
        """Take an event in."""
        self._seen = True
        self._fold.add(event)

    def close(self) -> None:
        """Write the file; without a single event there was no run, and what was there stays.

        Raises Unwritten.
        """
        if self._seen:
            self._file.write(self._render(self._fold.result()))
        else:
            self._file.discard()
