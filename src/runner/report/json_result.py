"""The JSON result: what came of a run, for programs."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from runner.model.encode import canonical
from runner.model.results import (
    CellResult,
    Exit,
    Exited,
    Installed,
    NotStarted,
    Outcome,
    Phase,
    RunResult,
    Signalled,
    StepResult,
    TestResult,
    TimedOut,
)
from runner.report.whole import Folding, ResultReporter


class _Run(Struct, frozen=True):
    id: str
    outcome: Outcome
    exit_code: int
    duration: float


class _Step(Struct, frozen=True):
    phase: Phase
    attempt: int
    argv: tuple[str, ...]
    exit: int | None
    reason: str
    duration: float


class _Test(Struct, frozen=True):
    id: str
    file: str | None
    line: int | None
    outcome: str
    duration: float
    message: str


class _Cell(Struct, frozen=True):
    id: str
    session: str
    axes: dict[str, str]
    outcome: Outcome
    flaky: bool
    allowed: bool
    cached: bool
    reason: str
    duration: float
    python: str | None
    packages: tuple[Installed, ...]
    steps: tuple[_Step, ...]
    tests: tuple[_Test, ...]
    log: str | None


class _Document(Struct, frozen=True):
    run: _Run
    cells: tuple[_Cell, ...]


class JsonReporter(ResultReporter):
    """Writes the JSON result to `path` at the end; the path is opened at once (UsageError)."""

    def __init__(self, path: Path | str, new_fold: Callable[[], Folding]) -> None:
        super().__init__(path, new_fold, result_json)


def result_json(result: RunResult) -> bytes:
    """Return the JSON result, canonical: equal results give equal bytes."""
    run = _Run(result.id, result.outcome, result.exit_code, result.duration)
    return canonical(_Document(run, tuple(_cell(cell) for cell in result.cells))) + b"\n"


def _cell(cell: CellResult) -> _Cell:
    """All steps of all attempts, but the tests of the last attempt alone."""
    return _Cell(
        id=cell.id,
        session=cell.session,
        axes=cell.axes,
        outcome=cell.outcome,
        flaky=cell.flaky,
        allowed=cell.allowed,
        cached=cell.cached,
        reason=cell.reason,
        duration=cell.duration,
        python=cell.python,
        packages=cell.packages,
        steps=tuple(_step(step) for attempt in cell.attempts for step in attempt.steps),
        tests=tuple(_test(test) for attempt in cell.attempts[-1:] for test in attempt.tests),
        log=cell.log,
    )


def _step(step: StepResult) -> _Step:
    return _Step(step.phase, step.attempt, step.argv, exit_number(step.exit), step.reason, step.duration)


def _test(test: TestResult) -> _Test:
    return _Test(test.id, test.file, test.line, test.outcome, test.duration, test.message)


def exit_number(exit_: Exit) -> int | None:
    """Return the exit code, -N for signal N, None for a process that timed out or never started."""
    match exit_:
        case Exited(code):
            return code
        case Signalled(number):
            return -number
        case TimedOut() | NotStarted():
            return None
