"""The scheduler's rules, one story each; all of them at once: tests/property/test_scheduler.py."""

import pytest

from runner.run.scheduler import (
    Action,
    Begin,
    CellEnded,
    Done,
    Drop,
    Message,
    Start,
    State,
    Stopped,
    Want,
    initial,
    step,
)


class Machine:
    """Steps a scheduler and remembers who runs."""

    def __init__(
        self,
        *wants: Want,
        slots: int = 2,
        limits: dict[str, int] | None = None,
        fail_fast: bool = False,
    ) -> None:
        self.state: State = initial(wants, slots=slots, limits=limits or {}, fail_fast=fail_fast)
        self.running: set[str] = set()

    def begin(self) -> list[str]:
        return self._started(self.send(Begin()))

    def send(self, message: Message) -> tuple[Action, ...]:
        self.state, actions = step(self.state, message)
        return actions

    def end(self, id_: str, outcome: str = "passed", **flags: bool) -> list[str]:
        """End a cell and return who starts."""
        return self._started(self.send(CellEnded(id_, outcome, **flags)))  # type: ignore[arg-type]  # an Outcome

    def dropped(self, message: Message) -> dict[str, tuple[str, str]]:
        return {act.id: (act.outcome, act.reason) for act in self.send(message) if isinstance(act, Drop)}

    @staticmethod
    def _started(actions: tuple[Action, ...]) -> list[str]:
        return [action.id for action in actions if isinstance(action, Start)]


def test_cells_start_in_order_as_slots_become_free() -> None:
    machine = Machine(Want(id="a"), Want(id="b"), Want(id="c"))
    assert machine.begin() == ["a", "b"]
    assert machine.end("b") == ["c"]


def test_the_run_is_done_once_when_the_last_cell_ended() -> None:
    machine = Machine(Want(id="a"))
    assert machine.send(Begin()) == (Start("a"),)
    assert machine.send(CellEnded("a", "passed")) == (Done(),)
    assert machine.send(Stopped("cancelled", "the run was stopped by INT")) == ()


def test_a_run_without_cells_is_done_at_once() -> None:
    assert Machine().send(Begin()) == (Done(),)


def test_a_cell_that_wants_more_cpus_than_there_are_slots_takes_all() -> None:
    machine = Machine(Want(id="wide", cpus=9), Want(id="b"))
    assert machine.begin() == ["wide"]
    assert machine.end("wide") == ["b"]


def test_a_limit_of_one_is_held_by_one_cell_and_others_pass() -> None:
    machine = Machine(Want(id="a", limits=("db",)), Want(id="b", limits=("db",)), Want(id="c"))
    assert machine.begin() == ["a", "c"]
    assert machine.end("c") == []
    assert machine.end("a") == ["b"]


def test_a_named_limit_has_its_size_and_naming_it_twice_counts_once() -> None:
    machine = Machine(*(Want(id=id_, limits=("db", "db")) for id_ in "abc"), slots=3, limits={"db": 2})
    assert machine.begin() == ["a", "b"]


def test_an_exclusive_cell_runs_alone() -> None:
    machine = Machine(Want(id="a"), Want(id="alone", exclusive=True), Want(id="b"), slots=3)
    assert machine.begin() == ["a", "b"]
    assert machine.end("a") == []
    assert machine.end("b") == ["alone"]


def test_a_wide_cell_is_overtaken_by_as_many_cells_as_there_are_slots_and_no_more() -> None:
    narrow = [Want(id=f"n{at}") for at in range(6)]
    machine = Machine(narrow[0], Want(id="wide", cpus=2), *narrow[1:])
    assert machine.begin() == ["n0", "n1"]
    assert machine.end("n0") == ["n2"]
    assert machine.end("n1") == []
    assert machine.end("n2") == ["wide"]


def test_a_cell_that_waits_for_two_limits_is_not_kept_out_by_those_that_take_one() -> None:
    singles = [Want(id=f"{name}{at}", limits=(name,)) for at in range(4) for name in "xy"]
    machine = Machine(*singles[:2], Want(id="both", limits=("x", "y")), *singles[2:], Want(id="free"))
    assert machine.begin() == ["x0", "y0"]
    assert machine.end("x0") == ["x1"]
    assert machine.end("y0") == ["y1"]
    assert machine.end("x1") == ["free"], "what takes none of its limits does not keep it out"
    assert machine.end("free") == []
    assert machine.end("y1") == ["both"]


def test_after_only_orders() -> None:
    machine = Machine(Want(id="a"), Want(id="b", after=("a",)))
    assert machine.begin() == ["a"]
    assert machine.end("a", "failed") == ["b"]


def test_needs_are_met_by_passed_allowed_and_absent_cells() -> None:
    machine = Machine(*(Want(id=id_) for id_ in "abc"), Want(id="last", needs=("a", "b", "c")), slots=3)
    machine.begin()
    machine.end("a")
    machine.end("b", "failed", allowed=True)
    assert machine.end("c", "skipped", absent=True) == ["last"]


def test_a_failed_need_skips_and_names_the_cause_down_the_chain() -> None:
    machine = Machine(
        Want(id="a"),
        Want(id="ok"),
        Want(id="b", needs=("a", "ok")),
        Want(id="c", needs=("b",)),
        Want(id="d", after=("c",)),
    )
    machine.begin()
    machine.end("ok")
    actions = machine.send(CellEnded("a", "failed"))
    assert actions == (
        Drop("b", "skipped", "needs a, which failed"),
        Drop("c", "skipped", "needs b, which was skipped"),
        Start("d"),
    )


def test_many_failed_needs_are_counted() -> None:
    ids = tuple(f"t{at}" for at in range(5))
    machine = Machine(*(Want(id=id_) for id_ in ids), Want(id="last", needs=ids), slots=5)
    machine.begin()
    for id_ in ids[:4]:
        machine.end(id_, "error")
    reason = "needs t0, which could not run; t1, which could not run; t2, which could not run; and 2 more"
    assert machine.dropped(CellEnded("t4", "error")) == {"last": ("skipped", reason)}


def test_a_cell_whose_needs_were_all_absent_is_skipped() -> None:
    machine = Machine(Want(id="a"), Want(id="last", needs=("a",)))
    machine.begin()
    ended = CellEnded("a", "skipped", absent=True)
    assert machine.dropped(ended) == {"last": ("skipped", "needs a, which was skipped")}


def test_fail_fast_cancels_what_has_not_started_and_lets_the_rest_finish() -> None:
    machine = Machine(*(Want(id=id_) for id_ in "abcd"), Want(id="last", needs=("d",)), fail_fast=True)
    machine.begin()
    dropped = machine.dropped(CellEnded("a", "failed"))
    reason = "--fail-fast: a failed"
    assert dropped == dict.fromkeys(("c", "d", "last"), ("cancelled", reason))
    assert machine.send(CellEnded("b", "passed")) == (Done(),)


def test_fail_fast_takes_no_offence_at_allowed_failures() -> None:
    machine = Machine(Want(id="a"), Want(id="b"), Want(id="c"), fail_fast=True)
    machine.begin()
    assert machine.end("a", "failed", allowed=True) == ["c"]


def test_a_signal_cancels_what_has_not_started() -> None:
    machine = Machine(Want(id="a"), Want(id="b"), slots=1)
    machine.begin()
    assert machine.dropped(Stopped("cancelled", "the run was stopped by TERM")) == {
        "b": ("cancelled", "the run was stopped by TERM")
    }
    assert machine.send(Stopped("cancelled", "the run was stopped by TERM")) == ()
    assert machine.send(CellEnded("a", "cancelled")) == (Done(),)


def test_cells_that_wait_for_each_other_are_an_error_and_not_a_hang() -> None:
    machine = Machine(Want(id="a", needs=("b",)), Want(id="b", after=("a",)))
    with pytest.raises(ValueError, match="wait for each other: a, b"):
        machine.begin()


@pytest.mark.parametrize(("slots", "limits"), [(0, {}), (1, {"db": 0})])
def test_sizes_below_one_are_refused_as_such_a_run_would_never_end(
    slots: int, limits: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="start at 1"):
        Machine(Want(id="a", limits=("db",)), slots=slots, limits=limits)


def test_a_cell_that_does_not_run_cannot_end() -> None:
    machine = Machine(Want(id="a"))
    with pytest.raises(ValueError, match="a ended, but it was not running"):
        machine.send(CellEnded("a", "passed"))


def test_ten_thousand_cells_most_of_which_wait_for_one_limit_all_end() -> None:
    count = 10_000
    wants = tuple(Want(id=str(at), limits=("db",) if at < count - 100 else ()) for at in range(count))
    state = initial(wants, slots=2, limits={}, fail_fast=False)
    state, actions = step(state, Begin())
    assert [action.id for action in actions if isinstance(action, Start)] == ["0", str(count - 100)]
    running = ["0", str(count - 100)]
    ended = 0
    while not state.done:
        state, actions = step(state, CellEnded(running.pop(0), "passed"))
        running += [action.id for action in actions if isinstance(action, Start)]
        ended += 1
    assert ended == count
