"""Workers that do not end though everything was killed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runner.model.results import Collected
from runner.run.overdue import Overdue
from runner.testing import FakeStop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Stage

    from runner.model.plan import ReadyCell
    from runner.model.results import Attempt


class Stuck:
    """A collector that blocks until it is let go, and says when it is there."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.let_go = threading.Event()

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        self.there.set()
        self.let_go.wait(60)
        return Collected()


def test_they_get_a_while_after_the_second_signal(stage: Stage) -> None:
    late, stop = FakeStop(), FakeStop()
    overdue = Overdue(late, stop, [stage.cell(interrupt_grace=100.0, terminate_grace=20.0)])
    assert not overdue.look(10.0)
    stop.rise(2)
    late.rise(2)
    assert not overdue.look(10.0)
    assert not overdue.look(15.9)
    assert overdue.look(16.0)


def test_after_one_signal_commands_may_take_all_the_time_to_obey_that_they_have(stage: Stage) -> None:
    late, stop = FakeStop(), FakeStop()
    cells = [stage.cell("a", interrupt_grace=100.0, terminate_grace=20.0), stage.cell("b")]
    overdue = Overdue(late, stop, cells)
    stop.rise(1)
    assert not overdue.look(1000.0)
    late.rise(2)
    assert not overdue.look(1000.0)
    assert not overdue.look(1125.0)
    assert overdue.look(1126.0)


def test_a_hurry_is_the_end_of_patience(stage: Stage) -> None:
    overdue = Overdue(FakeStop(), FakeStop(), [stage.cell()])
    overdue.hurry()
    assert overdue.look(0.0)


def test_a_worker_that_a_plugin_blocks_is_left_behind_with_its_place(stage: Stage) -> None:
    stuck = Stuck()
    stage.collectors = (stuck,)
    cells = [stage.cell(name, stage.command()) for name in ("a", "b")]

    def press() -> None:
        assert stuck.there.wait(30)
        for _ in range(3):
            stage.signal("INT")

    hand = threading.Thread(target=press)
    hand.start()
    results = stage.run(*cells)
    hand.join()
    stuck.let_go.set()
    assert {result.outcome for result in results.values()} == {"cancelled"}
    reason = results["a"].reason
    assert reason.startswith("the run was stopped by INT, but ")
    assert "test_overdue.py:" in reason
    assert reason.endswith("(in collect) did not end: left behind")
    assert "self.let_go.wait(60)" in stage.log("a")
