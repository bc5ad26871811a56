"""One worker's work: a cell from its platform check to its result, retries included."""

from fnmatch import fnmatchcase
from pathlib import Path

from msgspec.structs import replace

from runner.model.errors import Cancelled, CellError, first_line
from runner.model.events import AttemptStarted
from runner.model.plan import ReadyCell
from runner.model.results import Attempt, CellResult, Outcome
from runner.run.artifacts import Kept, keep_artifacts
from runner.run.attempt import Tried, try_once
from runner.run.job import Job, Tools
from runner.run.log import CellLog
from runner.run.progress import cut_short


def log_path(cell: ReadyCell, job: Job) -> Path:
    """Return the file that the cell's output goes to."""
    return Path(job.logs, f"{cell.cell.folder}.log")


def cell_log(cell: ReadyCell, tools: Tools) -> CellLog:
    announce = tools.announce if tools.job.passthrough else None
    return CellLog(log_path(cell, tools.job), announce, tools.concealer.text)


def with_log(result: CellResult, log: CellLog) -> CellResult:
    """Return the result with its log, if anything was ever written to it, and what is wrong with that."""
    if log.fault:
        result = replace(result, warnings=(*result.warnings, log.fault))
    return replace(result, log=str(log.path)) if log.path.exists() else result


def run_cell(cell: ReadyCell, tools: Tools) -> CellResult:
    """Run the cell to its end. Raises only what a bug raises: what plugins raise is in the result."""
    since = tools.clock.monotonic()
    if not runs_here(cell, tools.job.platform):
        platforms = ", ".join(cell.cell.platforms)
        return result_of(cell, "skipped", f"runs on {platforms}, and this is {tools.job.platform}")
    log = cell_log(cell, tools)
    try:
        with tools.workshop.hold(cell.cell.folder, tools.stop):
            tries = _try(cell, tools, log)
            kept = keep_artifacts(cell, tools.job) if any(tried.ran for tried in tries) else Kept()
    except Cancelled:
        outcome, reason = cut_short(tools)
        return result_of(cell, outcome, f"{reason} while it waited for another runner")
    except CellError as error:
        log.note(error.message)
        return with_log(result_of(cell, "error", first_line(error.message)), log)
    return _result(cell, tries, kept, tools.clock.monotonic() - since, log)


def runs_here(cell: ReadyCell, platform: str) -> bool:
    """Whether the cell's `platforms`, which are globs, allow this one."""
    platforms = cell.cell.platforms
    return not platforms or any(fnmatchcase(platform, glob) for glob in platforms)


def result_of(cell: ReadyCell, outcome: Outcome, reason: str) -> CellResult:
    """Return the result of a cell that did not get anywhere."""
    return CellResult(
        id=cell.id,
        session=cell.cell.session,
        axes=cell.cell.axes,
        outcome=outcome,
        reason=reason,
        allowed=cell.settings.allow_failure and outcome in {"failed", "error"},
    )


def _try(cell: ReadyCell, tools: Tools, log: CellLog) -> list[Tried]:
    """Try until the cell does anything but fail, or its retries are used up."""
    most = 1 + cell.settings.retries
    tries: list[Tried] = []
    for number in range(1, most + 1):
        tools.emit(AttemptStarted(cell=cell.id, attempt=number, of=most))
        if number > 1:
            log.note(f"attempt {number} of {most}, in a fresh environment")
        tries.append(try_once(cell, number, tools, log))
        if tries[-1].attempt.outcome != "failed" or tools.stop.level:
            break
    return tries


def _result(cell: ReadyCell, tries: list[Tried], kept: Kept, duration: float, log: CellLog) -> CellResult:
    last = tries[-1]
    outcome, reason = _outcome([tried.attempt for tried in tries])
    interpreter = last.progress.spec.interpreter
    environment = last.progress.environment
    attached = (name for tried in tries for name in tried.artifacts)
    warnings = (line for tried in tries for line in tried.progress.warnings)
    result = replace(
        result_of(cell, outcome, reason),
        duration=duration,
        flaky=outcome == "passed" and (len(tries) > 1 or _retried_a_command(last.attempt)),
        python=interpreter.version if interpreter else None,
        packages=last.progress.packages,
        attempts=tuple(tried.attempt for tried in tries),
        environment=environment.folder if environment else None,
        artifacts=tuple(dict.fromkeys((*kept.artifacts, *attached))),
        warnings=tuple(dict.fromkeys((*warnings, *kept.warnings))),
    )
    return with_log(result, log)


def _retried_a_command(passed: Attempt) -> bool:
    return any(not step.ok for step in passed.steps)


def _outcome(attempts: list[Attempt]) -> tuple[Outcome, str]:
    """Return the last attempt's outcome; a failure stands when the retry could not even be made."""
    last = attempts[-1]
    if len(attempts) > 1 and last.outcome in {"error", "skipped"}:
        return "failed", f"{attempts[-2].reason} (and attempt {last.number} could not run: {last.reason})"
    return last.outcome, last.reason
