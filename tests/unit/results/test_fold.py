"""The verdict of a run, and its result from events."""

import pytest

from runner.model.errors import ExitCode
from runner.model.events import (
    Body,
    CellFinished,
    Event,
    Interrupted,
    Notice,
    PlannedCell,
    RunFinished,
    RunStarted,
)
from runner.model.results import CellResult, Outcome
from runner.results import Fold, verdict


def _cell(outcome: Outcome, id_: str = "a", *, allowed: bool = False) -> CellResult:
    return CellResult(id=id_, session="s", axes={}, outcome=outcome, allowed=allowed)


def _started(*ids: str) -> RunStarted:
    cells = tuple(PlannedCell(id_, "s", {}) for id_ in ids)
    return RunStarted(version="1", root="/p", folder="/p/r", jobs=1, cells=cells)


def _fold(*bodies: Body) -> Fold:
    fold = Fold()
    for number, body in enumerate(bodies, 1):
        fold.add(Event("r1", number, 100.0 + number, body))
    return fold


PASSED, FAILED, ERROR, SKIPPED, CANCELLED = (
    _cell(outcome) for outcome in ("passed", "failed", "error", "skipped", "cancelled")
)
ALLOWED = _cell("failed", allowed=True)
ALLOWED_ERROR = _cell("error", allowed=True)

VERDICTS: list[tuple[tuple[CellResult, ...], tuple[Outcome, ExitCode]]] = [
    ((PASSED, PASSED), ("passed", ExitCode.PASSED)),
    ((PASSED, SKIPPED), ("passed", ExitCode.PASSED)),
    ((PASSED, ERROR, FAILED), ("failed", ExitCode.FAILED)),
    ((PASSED, ERROR, SKIPPED), ("error", ExitCode.ENVIRONMENT)),
    ((SKIPPED, SKIPPED), ("skipped", ExitCode.NOTHING)),
    ((), ("skipped", ExitCode.NOTHING)),
    ((ALLOWED,), ("passed", ExitCode.PASSED)),
    ((ALLOWED_ERROR, SKIPPED), ("passed", ExitCode.PASSED)),
    ((ALLOWED, ERROR), ("error", ExitCode.ENVIRONMENT)),
    ((FAILED, CANCELLED), ("failed", ExitCode.FAILED)),
    ((ERROR, CANCELLED), ("error", ExitCode.ENVIRONMENT)),
]


@pytest.mark.parametrize(("cells", "expected"), VERDICTS)
def test_the_worst_that_counts_decides(
    cells: tuple[CellResult, ...], expected: tuple[Outcome, ExitCode]
) -> None:
    assert verdict(cells, interrupted=False) == expected


def test_an_interrupt_beats_everything() -> None:
    assert verdict([PASSED, FAILED], interrupted=True) == ("cancelled", ExitCode.INTERRUPTED)


def test_the_result_has_the_cells_in_the_order_planned_and_what_the_end_said() -> None:
    first, second = _cell("passed", "a"), _cell("failed", "b")
    result = _fold(
        _started("a", "b"),
        CellFinished(result=second),
        Notice(level="warning", message="slow", cell="b"),
        Notice(level="info", message="hello"),
        CellFinished(result=first),
        RunFinished(outcome="failed", exit_code=5, duration=2.5),
    ).result()
    assert (result.id, result.started) == ("r1", 101.0)
    assert (result.outcome, result.exit_code, result.duration) == ("failed", 5, 2.5)
    assert result.cells == (first, second)
    assert result.notices == ("b: slow", "hello")


def test_before_the_end_the_verdict_is_computed() -> None:
    result = _fold(_started("a"), CellFinished(result=_cell("error"))).result()
    assert (result.outcome, result.exit_code, result.duration) == ("error", 4, 1.0)


def test_an_interrupted_run_is_cancelled_even_when_its_cells_passed() -> None:
    fold = _fold(_started("a"), Interrupted(signal="INT"), CellFinished(result=PASSED))
    assert fold.result().exit_code == ExitCode.INTERRUPTED


def test_a_signal_while_the_run_is_being_stopped_does_not_change_what_stopped_it() -> None:
    timed_out = _fold(_started("a"), Interrupted(signal="INT", again=True), CellFinished(result=FAILED))
    assert timed_out.result().exit_code == ExitCode.FAILED
    first, second = Interrupted(signal="TERM"), Interrupted(signal="INT", again=True)
    assert _fold(_started("a"), first, second, CellFinished(result=FAILED)).result().outcome == "cancelled"


def test_a_run_that_was_cut_short_never_looks_better_than_it_was() -> None:
    result = _fold(_started("a", "b"), CellFinished(result=_cell("passed", "a"))).result()
    assert [cell.outcome for cell in result.cells] == ["passed", "cancelled"]
    assert result.outcome == "cancelled"
    assert result.cells[1].reason


def test_no_events_are_a_run_of_nothing() -> None:
    result = Fold().result()
    assert (result.cells, result.exit_code) == ((), ExitCode.NOTHING)
