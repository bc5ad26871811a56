"""One worker's work for a cell that an executor carries out: another runner runs it, somewhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from runner.model.errors import Cancelled, CellError, first_line
from runner.model.events import AttemptStarted, CellFinished, Event, StepFinished, StepStarted
from runner.model.plan import ReadyCell
from runner.model.ports import Emit
from runner.model.results import CellResult
from runner.process.concealing import log_without_secrets
from runner.run.cell import cell_log, result_of, with_log
from runner.run.job import Elsewhere, Tools
from runner.run.log import CellLog
from runner.run.progress import cut_short


def run_elsewhere(cell: ReadyCell, tools: Tools, elsewhere: Elsewhere) -> CellResult:
    """Have the cell run, and return the result that the runner there told of it."""
    since = tools.clock.monotonic()
    log = cell_log(cell, tools)
    heard = _Heard(cell.id, tools.emit)
    code, fault = _carried_out(cell, tools, elsewhere, log, heard)
    told = heard.end()
    if told is not None and told.outcome != "cancelled":
        return with_log(_taken_over(cell, told, fault), log)
    if tools.stop.level:
        result = result_of(cell, *cut_short(tools))
    elif told is not None:
        result = result_of(cell, "error", f"it was cancelled where it ran: {told.reason}")
    else:
        silent = f"plugin {elsewhere.plugin}: no result came of it, and exit code {code}"
        result = result_of(cell, "error", fault or silent)
    return with_log(replace(result, duration=tools.clock.monotonic() - since), log)


class _Heard:
    """Listens to the runner elsewhere: passes on how the cell goes, and keeps its result."""

    def __init__(self, cell: str, emit: Emit) -> None:
        self._cell = cell
        self._emit = emit
        self._lock = threading.Lock()
        self._result: CellResult | None = None
        self._over = False

    def tell(self, event: Event) -> None:
        """Take in an event. What is not about the cell stands in its log, as text for people."""
        body = event.body
        with self._lock:
            if self._over:
                return
            if isinstance(body, CellFinished):
                if body.result.id == self._cell:
                    self._result = body.result
            elif isinstance(body, AttemptStarted | StepStarted | StepFinished) and body.cell == self._cell:
                self._emit(body)

    def end(self) -> CellResult | None:
        """Hear nothing more, and return the result, if it was told."""
        with self._lock:
            self._over = True
            return self._result


def _carried_out(
    cell: ReadyCell, tools: Tools, elsewhere: Elsewhere, log: CellLog, heard: _Heard
) -> tuple[int | None, str]:
    """Let the executor work; return its exit code, or else what went wrong with it."""
    try:
        with _for_its_text(log, tools) as path:
            work = replace(elsewhere.works[cell.id], log=path)
            return elsewhere.executor.run(work, heard.tell, tools.stop), ""
    except CellError as error:
        log.note(error.message)
        return None, first_line(error.message)
    except Cancelled:
        return None, f"plugin {elsewhere.plugin}: its executor gave up, and nobody had asked it to"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
        return None, log.note_unexpected(error)


@contextmanager
def _for_its_text(log: CellLog, tools: Tools) -> Iterator[str]:
    """Yield the path of a file for the text of the runner elsewhere, which comes into the cell's log."""
    if not tools.concealer:
        yield str(log.path)
        return
    private = Path(tools.job.scratch, "private")
    with log_without_secrets(log.path, private, tools.concealer, log.lost) as path:
        yield path


def _taken_over(cell: ReadyCell, told: CellResult, fault: str) -> CellResult:
    """Return the result as one of this run; paths in it are of another place, and go."""
    left = [f"its artifacts stay where it ran: {', '.join(told.artifacts)}"] if told.artifacts else []
    return replace(
        result_of(cell, told.outcome, told.reason),
        duration=told.duration,
        flaky=told.flaky,
        cached=told.cached,
        python=told.python,
        packages=told.packages,
        attempts=told.attempts,
        warnings=(*told.warnings, *left, *([fault] if fault else [])),
    )
