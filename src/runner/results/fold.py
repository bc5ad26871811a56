"""The fold: the events of a run, reduced to its result."""

from collections.abc import Iterable

from runner.model.errors import ExitCode
from runner.model.events import CellFinished, Event, Interrupted, Notice, PlannedCell, RunFinished, RunStarted
from runner.model.results import CellResult, Outcome, RunResult

UNFINISHED = "the run ended before this cell did"


class Fold:
    """Takes a run's events one by one; `result` may be asked at any time.

    A cell that was planned and has not finished is `cancelled` in the result, so that a run that was cut
    short never looks better than it was. Before `RunFinished`, outcome and exit code are computed.
    """

    def __init__(self) -> None:
        self._run = ""
        self._started: float | None = None
        self._latest = 0.0
        self._planned: dict[str, PlannedCell] = {}
        self._cells: dict[str, CellResult] = {}
        self._notices: list[str] = []
        self._interrupted = False
        self._finished: RunFinished | None = None

    def add(self, event: Event) -> None:
        """Take one more event; kinds that say nothing about the result are passed over."""
        if self._started is None:
            self._run, self._started = event.run, event.time
        self._latest = event.time
        body = event.body
        if isinstance(body, RunStarted):
            self._planned = {cell.id: cell for cell in body.cells}
        elif isinstance(body, CellFinished):
            self._cells[body.result.id] = body.result
        elif isinstance(body, Notice):
            self._notices.append(f"{body.cell}: {body.message}" if body.cell else body.message)
        elif isinstance(body, Interrupted):
            self._interrupted = self._interrupted or not body.again
        elif isinstance(body, RunFinished):
            self._finished = body

    def result(self) -> RunResult:
        """Return what the events so far amount to: cells in the order planned."""
        started = self._started or 0.0
        cells = self._all_cells()
        unfinished = self._planned.keys() - self._cells.keys()
        outcome, exit_code = verdict(cells, interrupted=self._interrupted or bool(unfinished))
        finished = self._finished or RunFinished(
            outcome=outcome, exit_code=exit_code, duration=max(0.0, self._latest - started)
        )
        return RunResult(
            id=self._run,
            outcome=finished.outcome,
            exit_code=finished.exit_code,
            started=started,
            duration=finished.duration,
            cells=cells,
            notices=tuple(self._notices),
        )

    def _all_cells(self) -> tuple[CellResult, ...]:
        planned = tuple(self._cells.get(id_) or _unfinished(cell) for id_, cell in self._planned.items())
        return planned + tuple(cell for id_, cell in self._cells.items() if id_ not in self._planned)


def verdict(cells: Iterable[CellResult], *, interrupted: bool) -> tuple[Outcome, ExitCode]:
    """Return a run's outcome and exit code; `interrupted` says that a signal stopped it.

    Failures that are allowed count as passed. Cells that fail-fast cancelled do not count. A run in which
    nothing counts, or everything was skipped, is `skipped`.
    """
    if interrupted:
        return "cancelled", ExitCode.INTERRUPTED
    counted = {_counts_as(cell) for cell in cells}
    if "failed" in counted:
        return "failed", ExitCode.FAILED
    if "error" in counted:
        return "error", ExitCode.ENVIRONMENT
    if "passed" in counted:
        return "passed", ExitCode.PASSED
    return "skipped", ExitCode.NOTHING


def _counts_as(cell: CellResult) -> Outcome:
    return "passed" if cell.allowed and cell.outcome in {"failed", "error"} else cell.outcome


def _unfinished(cell: PlannedCell) -> CellResult:
    return CellResult(
        id=cell.id, session=cell.session, axes=cell.axes, outcome="cancelled", reason=UNFINISHED
    )
