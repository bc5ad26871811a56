"""The run as a whole: order of events, signals, and workers that break."""

from __future__ import annotations

import errno
import io
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from runner.model.events import CellFinished, CellStarted, Interrupted, Notice, RunStarted
from runner.model.plan import Edges
from runner.model.results import Exited, Signalled
from runner.process import signals_to
from runner.run import run

if TYPE_CHECKING:
    from tests.unit.run.conftest import Stage

    from runner.model.events import Body
    from runner.model.ports import Spawn
    from runner.model.results import Exit


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_run_begins_with_its_cells_and_ends_with_the_last_of_them(stage: Stage) -> None:
    cells = [stage.cell(name, stage.command()) for name in ("a", "b")]
    stage.run(*cells, notices=("mind the gap",))
    first, second, last = stage.told[0], stage.told[1], stage.told[-1]
    assert isinstance(first, RunStarted)
    assert [cell.id for cell in first.cells] == ["a", "b"]
    assert second == Notice(level="info", message="mind the gap")
    assert isinstance(last, CellFinished)


def test_cells_run_at_the_same_time_in_threads_of_their_own(stage: Stage) -> None:
    meeting = threading.Barrier(3, timeout=30)

    def meet(_spawn: Spawn) -> Exit:
        meeting.wait()
        return Exited(0)

    stage.answer(meet)
    results = stage.run(*(stage.cell(name, stage.command()) for name in "abc"), slots=3)
    assert [result.outcome for result in results.values()] == ["passed"] * 3


def test_a_cell_whose_need_failed_ends_without_starting(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(1))
    cells = [stage.cell(name, stage.command()) for name in ("a", "b")]
    results = stage.run(*cells, edges={"b": Edges(needs=("a",))})
    assert (results["b"].outcome, results["b"].reason) == ("skipped", "needs a, which failed")
    assert [body.cell for body in stage.told if isinstance(body, CellStarted)] == ["a"]


def test_a_cell_that_is_skipped_for_its_platform_does_not_stop_what_needs_it(stage: Stage) -> None:
    cells = [
        stage.cell("win", stage.command(), platforms=("win32",)),
        stage.cell("linux", stage.command(), platforms=("linux",)),
        stage.cell("report", stage.command()),
    ]
    results = stage.run(*cells, edges={"report": Edges(needs=("win", "linux"))})
    assert results["report"].outcome == "passed"


def test_fail_fast_cancels_the_rest(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(1))
    results = stage.run(*(stage.cell(name, stage.command()) for name in "ab"), fail_fast=True)
    assert (results["b"].outcome, results["b"].reason) == ("cancelled", "--fail-fast: a failed")


def test_a_signal_stops_the_run_and_a_second_one_kills(stage: Stage) -> None:
    levels: list[int] = []
    killed = threading.Event()

    def hear(level: int) -> None:
        levels.append(level)
        if level == 1:
            stage.signal("INT")
        else:
            killed.set()

    def hang(_spawn: Spawn) -> Exit:
        stage.switch.subscribe(hear)
        stage.signal("TERM")
        assert killed.wait(30)
        return Signalled(9)

    stage.answer(hang)
    results = stage.run(*(stage.cell(name, stage.command()) for name in "ab"))
    interrupts = [body for body in stage.told if isinstance(body, Interrupted)]
    assert interrupts == [Interrupted(signal="TERM"), Interrupted(signal="INT", again=True)]
    assert levels == [1, 2]
    assert {result.outcome for result in results.values()} == {"cancelled"}
    assert {result.reason for result in results.values()} == {"the run was stopped by TERM"}


def test_a_run_out_of_time_is_stopped_and_what_has_not_started_fails(stage: Stage) -> None:
    stopped = threading.Event()

    def hang(spawn: Spawn) -> Exit:
        if spawn.argv[1:] == ("down",):
            return Exited(0)
        stage.switch.subscribe(lambda _level: stopped.set())
        stage.clock.advance(3600)
        assert stopped.wait(30), "the loop did not look at the clock"
        return Signalled(2)

    stage.answer(hang)
    down = stage.command("python", "down")
    cells = (
        stage.cell("a", stage.command("python", "hang"), teardown=(down,)),
        stage.cell("b", stage.command()),
    )
    results = stage.run(*cells, timeout=60.0)
    used_up = "the run-timeout of 1m is used up"
    assert {id_: (result.outcome, result.reason) for id_, result in results.items()} == {
        "a": ("failed", f"`python hang`: {used_up}"),
        "b": ("failed", f"it was not started: {used_up}"),
    }
    assert stage.processes.spawns[-1].argv[1:] == ("down",)
    assert Notice(level="warning", message=f"{used_up}: stopping the running cells") in stage.told
    assert f"`python hang`: {used_up}\n" in stage.log("a")
    assert stage.switch.level == 1


@pytest.mark.parametrize("passthrough", [False, True])
def test_slow_commands_are_told_of_unless_they_have_the_terminal(stage: Stage, passthrough: bool) -> None:
    told = threading.Event()

    def be_slow(_spawn: Spawn) -> Exit:
        for _ in range(12 if passthrough else 300):  # the loop looks at the clock once a second
            stage.clock.advance(60)
            if told.wait(0.1):
                break
        return Exited(0)

    def look(body: Body) -> None:
        if isinstance(body, Notice):
            told.set()

    stage.answer(be_slow)
    stage.on = look
    stage.run(stage.cell("tests", stage.command(), slow_after=60.0), passthrough=passthrough)
    assert told.is_set() is not passthrough


def test_a_real_signal_wakes_the_loop_while_it_waits(stage: Stage) -> None:
    """Python runs handlers on the main thread only, which here waits in the queue's `get`."""
    stopped = threading.Event()

    def interrupt(_spawn: Spawn) -> Exit:
        stage.switch.subscribe(lambda _level: stopped.set())
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(30), "the loop did not hear the signal"
        return Exited(1)

    stage.answer(interrupt)
    run(
        stage.job(stage.cell("tests", stage.command())),
        workshop=stage.workshop,
        processes=stage.processes,
        collectors=(),
        clock=stage.clock,
        switch=stage.switch,
        signals=signals_to,
        tell=stage.told.append,
    )
    last = stage.told[-1]
    assert isinstance(last, CellFinished)
    assert last.result.outcome == "cancelled"


def test_a_bug_in_a_worker_is_its_cells_error_and_others_go_on(stage: Stage) -> None:
    def break_down(spawn: Spawn) -> Exit:
        if "-a-" in spawn.step:
            raise ZeroDivisionError("division by zero")
        return Exited(0)

    stage.answer(break_down)
    results = stage.run(*(stage.cell(name, stage.command()) for name in "ab"))
    assert results["a"].outcome == "error"
    assert "ZeroDivisionError: division by zero" in results["a"].reason
    assert "\n" not in results["a"].reason
    assert "Traceback" in stage.log("a")
    assert results["a"].log == str(stage.work / "logs" / "run1" / "a.log")
    assert results["b"].outcome == "passed"


def test_when_telling_fails_everything_is_killed_before_the_error_goes_on(stage: Stage) -> None:
    killed = threading.Event()

    def hang(_spawn: Spawn) -> Exit:
        stage.switch.subscribe(lambda level: killed.set() if level > 1 else None)
        assert killed.wait(30)
        return Signalled(9)

    def refuse(body: Body) -> None:
        if isinstance(body, CellStarted):
            raise BrokenPipeError("nobody listens")

    stage.answer(hang)
    stage.on = refuse
    with pytest.raises(BrokenPipeError, match="nobody listens"):
        stage.run(stage.cell("tests", stage.command()))
    assert stage.switch.level == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cell ")]


def test_a_terminal_that_is_gone_does_not_keep_teardown_from_running(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In passthrough the echoes go to the terminal, which may be closed at any instant."""
    monkeypatch.setattr("sys.stderr", Gone())
    cell = stage.cell("tests", stage.command("python", "main"), teardown=(stage.command("python", "down"),))
    run(
        stage.job(cell, passthrough=True),
        workshop=stage.workshop,
        processes=stage.processes,
        collectors=(),
        clock=stage.clock,
        switch=stage.switch,
        signals=stage._signals,
        tell=stage.told.append,
    )
    assert [spawn.argv[1] for spawn in stage.processes.spawns] == ["main", "down"]


def test_a_thousand_cells_leave_no_threads_behind(stage: Stage) -> None:
    cells = [stage.cell(f"c{at}", platforms=("win32",)) for at in range(1000)]
    results = stage.run(*cells, slots=8)
    assert len(results) == 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cell ")]
