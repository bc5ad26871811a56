"""The result of a run is the fold of its events, however they reach it."""

from hypothesis import given
from hypothesis import strategies as st

from runner.model.events import (
    Body,
    CellFinished,
    CellStarted,
    Event,
    Interrupted,
    Notice,
    PlannedCell,
    RunFinished,
    RunStarted,
    decode_event,
    encode_event,
)
from runner.model.results import Attempt, CellResult, Exited, Outcome, RunResult, StepResult, TestResult
from runner.results import Fold, verdict

OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "cancelled")
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
seconds = st.floats(0, 1e6)


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    step = StepResult(
        phase="command",
        attempt=1,
        argv=tuple(draw(st.lists(text, max_size=2))),
        exit=Exited(draw(st.integers(0, 255))),
        ok=draw(st.booleans()),
        duration=draw(seconds),
    )
    test = TestResult(id=draw(text), outcome="failed", duration=draw(seconds), message=draw(text))
    return Attempt(
        number=1,
        outcome=draw(st.sampled_from(OUTCOMES)),
        duration=draw(seconds),
        steps=(step,),
        tests=(test,),
    )


@st.composite
def cells(draw: st.DrawFn, id_: str) -> CellResult:
    return CellResult(
        id=id_,
        session="s",
        axes=draw(st.dictionaries(text, text, max_size=2)),
        outcome=draw(st.sampled_from(OUTCOMES)),
        allowed=draw(st.booleans()),
        reason=draw(text),
        attempts=tuple(draw(st.lists(attempts(), max_size=2))),
    )


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """Events of a run, perhaps interrupted, perhaps without an end."""
    ids = draw(st.lists(text, unique=True, max_size=6))
    finished = draw(st.permutations(ids))
    planned = tuple(PlannedCell(id_, "s", {}) for id_ in ids)
    bodies: list[Body] = [RunStarted(version="1", root="/", folder="/r", jobs=1, cells=planned)]
    bodies += [CellStarted(cell=id_, log="/l") for id_ in ids]
    bodies += [CellFinished(result=draw(cells(id_))) for id_ in finished[: draw(st.integers(0, len(ids)))]]
    extra: list[Body] = [Notice(level="info", message="m"), Interrupted(signal="INT")]
    for body in draw(st.lists(st.sampled_from(extra), max_size=2)):
        bodies.insert(draw(st.integers(1, len(bodies))), body)
    if draw(st.booleans()):
        bodies.append(RunFinished(outcome="passed", exit_code=0, duration=1.0))
    return [Event("r", number, float(number), body) for number, body in enumerate(bodies, 1)]


def _fold(events: list[Event]) -> RunResult:
    fold = Fold()
    for event in events:
        fold.add(event)
    return fold.result()


@given(runs())
def test_written_events_fold_to_the_same_result(events: list[Event]) -> None:
    assert _fold([decode_event(encode_event(event)) for event in events]) == _fold(events)


@given(runs())
def test_every_planned_cell_is_in_the_result_once_in_order(events: list[Event]) -> None:
    body = events[0].body
    assert isinstance(body, RunStarted)
    result = _fold(events)
    assert [cell.id for cell in result.cells] == [cell.id for cell in body.cells]
    told = {
        event.body.result.id: event.body.result for event in events if isinstance(event.body, CellFinished)
    }
    assert all(cell == told[cell.id] for cell in result.cells if cell.id in told)
    assert all(cell.outcome == "cancelled" for cell in result.cells if cell.id not in told)


@given(runs())
def test_asking_early_changes_nothing(events: list[Event]) -> None:
    fold = Fold()
    for event in events:
        fold.add(event)
        fold.result()
    assert fold.result() == _fold(events)


@given(st.lists(cells("a"), max_size=6))
def test_the_verdict_does_not_depend_on_the_order_and_one_failure_is_enough(some: list[CellResult]) -> None:
    assert verdict(some, interrupted=False) == verdict(reversed(some), interrupted=False)
    failing = CellResult(id="b", session="s", axes={}, outcome="failed")
    assert verdict([*some, failing], interrupted=False) == ("failed", 1)


@given(st.lists(cells("a"), max_size=6))
def test_the_exit_code_is_zero_only_when_something_passed_and_nothing_that_counts_failed(
    some: list[CellResult],
) -> None:
    bad = any(cell.outcome in {"failed", "error"} and not cell.allowed for cell in some)
    good = any(
        cell.outcome == "passed" or (cell.allowed and cell.outcome in {"failed", "error"}) for cell in some
    )
    assert (verdict(some, interrupted=False)[1] == 0) == (good and not bad)
