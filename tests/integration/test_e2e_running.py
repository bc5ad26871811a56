"""Many cells at a time: order, limits, what a failure and a signal do to the others."""

import json
import signal
from collections.abc import Mapping

import pytest

from runner.model.events import CellFinished, CellStarted, Interrupted, RunFinished, RunStarted
from runner.testing import Invocation, Project, python_command

SLEEP = "import time; time.sleep(0.4)"


def spans(invocation: Invocation) -> Mapping[str, tuple[float, float]]:
    """When each cell started and ended, by id."""
    started = {
        event.body.cell: event.time for event in invocation.events if isinstance(event.body, CellStarted)
    }
    ended = {
        event.body.result.id: event.time
        for event in invocation.events
        if isinstance(event.body, CellFinished)
    }
    return {id_: (start, ended[id_]) for id_, start in started.items()}


def overlap(invocation: Invocation) -> int:
    """How many cells ran at the same time, at most."""
    times = spans(invocation)
    return max(sum(start <= moment < end for start, end in times.values()) for moment, _ in times.values())


def four_sleepers(more: str = "") -> str:
    return f"""
[sessions.tests]
package = "none"
matrix.part = ["1", "2", "3", "4"]
commands = [{python_command(SLEEP)}]
{more}
"""


def test_cells_run_side_by_side_within_the_budget(project: Project) -> None:
    project.config(four_sleepers())
    assert overlap(project.run("-j", "4").assert_exit(0)) > 1
    assert overlap(project.run("-j", "2").assert_exit(0)) <= 2
    assert overlap(project.run("-j", "1").assert_exit(0)) == 1


def test_exclusive_cells_run_alone(project: Project) -> None:
    project.config(four_sleepers("exclusive = true"))
    assert overlap(project.run("-j", "4").assert_exit(0)) == 1


def test_a_limit_is_shared_by_those_that_name_it(project: Project) -> None:
    project.config(four_sleepers('limits = ["database"]'))
    assert overlap(project.run("-j", "4").assert_exit(0)) == 1
    project.config("limits = { database = 2 }\n" + four_sleepers('limits = ["database"]'))
    assert overlap(project.run("-j", "4").assert_exit(0)) <= 2


def test_a_cell_of_many_cpus_fills_the_budget(project: Project) -> None:
    project.config(four_sleepers("cpus = 8"))
    assert overlap(project.run("-j", "4").assert_exit(0)) == 1


def test_needs_come_first_and_are_added(project: Project) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.report]
        needs = ["tests"]
        commands = ["python --version"]
        [sessions.tests]
        matrix.part = ["1", "2"]
        commands = [{python_command(SLEEP)}]
        """
    )
    invocation = project.run("-e", "report").assert_exit(0)
    times = spans(
        invocation.assert_cells({"report": "passed", "tests-part1": "passed", "tests-part2": "passed"})
    )
    assert times["report"][0] >= max(times["tests-part1"][1], times["tests-part2"][1])
    project.run("-e", "report", "--no-needs").assert_exit(0).assert_cells({"report": "passed"})


def test_a_cell_whose_needs_failed_is_skipped_with_the_reason(project: Project) -> None:
    project.config(
        """
        [defaults]
        package = "none"
        [sessions.tests]
        commands = ["python -c 'raise SystemExit(1)'"]
        [sessions.report]
        needs = ["tests"]
        commands = ["python --version"]
        """
    )
    invocation = project.run().assert_exit(1).assert_cells({"tests": "failed", "report": "skipped"})
    assert "tests" in invocation.cell("report").reason


def test_fail_fast_starts_nothing_more(project: Project) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.bad]
        commands = ["python -c 'raise SystemExit(1)'"]
        [sessions.late]
        after = ["bad"]
        commands = [{python_command("open('ran', 'w')")}]
        """
    )
    invocation = (
        project.run("--fail-fast").assert_exit(1).assert_cells({"bad": "failed", "late": "cancelled"})
    )
    assert invocation.cell("late").reason
    assert not (project.root / "ran").exists()
    assert invocation.result is not None
    assert invocation.result.run.outcome == "failed"


def test_the_longest_cells_start_first_once_durations_are_known(project: Project) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.short]
        commands = ["python --version"]
        [sessions.long]
        commands = [{python_command("import time; time.sleep(1)")}]
        """
    )
    project.run("-j", "1").assert_exit(0)
    order = [
        body.cell for body in project.run("-j", "1").assert_exit(0).bodies if isinstance(body, CellStarted)
    ]
    assert order == ["long", "short"]


def test_a_signal_lets_the_command_and_the_teardown_finish(project: Project) -> None:
    polite = (
        "import pathlib, signal, sys, time\n"
        "def stop(number, frame): pathlib.Path('asked').touch(); sys.exit(1)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "pathlib.Path('started').touch()\n"
        "time.sleep(600)\n"
    )
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [{python_command(polite)}]
        teardown = [{python_command("open('teardown', 'w')")}]
        """
    )
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        invocation = started.wait()
    invocation.assert_exit(130).assert_cells({"tests": "cancelled"})
    assert (project.root / "asked").exists()
    assert (project.root / "teardown").exists()
    assert [body.signal for body in invocation.bodies if isinstance(body, Interrupted)] == ["INT"]


def test_a_second_signal_kills_at_once(project: Project) -> None:
    stubborn = (
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: pathlib.Path('asked').touch())\n"
        "pathlib.Path('started').touch()\n"
        "while True: time.sleep(600)\n"
    )
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        interrupt-grace = 600
        commands = [{python_command(stubborn)}]
        """
    )
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        started.wait_for(project.root / "asked")
        started.send(signal.SIGINT)
        started.wait(60).assert_exit(130).assert_cells({"tests": "cancelled"})


def test_a_grandchild_that_keeps_the_output_open_does_not_hang_the_run(project: Project) -> None:
    leave = (
        "import subprocess, sys; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print('left one')"
    )
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(leave)}]\n')
    invocation = project.run_process(timeout=60).assert_exit(0)
    assert "left one" in invocation.log("tests")


def test_two_runs_in_one_project_take_turns(project: Project) -> None:
    alone = (
        "import os, pathlib, time; "
        "os.close(os.open('busy', os.O_CREAT | os.O_EXCL)); pathlib.Path('started').touch(); "
        "time.sleep(0.5); os.remove('busy')"
    )
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(alone)}]\n')
    with project.start() as first, project.start() as second:
        assert {first.wait().exit_code, second.wait().exit_code} == {0}


def test_events_begin_and_end_with_the_run_and_hold_each_cell_once(project: Project) -> None:
    project.config(four_sleepers())
    events = project.run().assert_exit(0).events
    assert isinstance(events[0].body, RunStarted)
    assert isinstance(events[-1].body, RunFinished)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    ended = [event.body.result.id for event in events if isinstance(event.body, CellFinished)]
    assert sorted(ended) == [f"tests-part{number}" for number in (1, 2, 3, 4)]


def test_events_on_stdout_own_it(project: Project) -> None:
    project.config(four_sleepers())
    invocation = project.run("--events", "-").assert_exit(0)
    assert all(json.loads(line) for line in invocation.stdout.splitlines())
    assert "tests-part1" in invocation.stderr


@pytest.mark.parametrize(("argv", "shown"), [(["-v"], True), ([], False)])
def test_output_of_passing_cells_is_shown_only_when_followed(
    project: Project, argv: list[str], shown: bool
) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        matrix.part = ["1", "2"]
        commands = ["python -c 'print(6*7111)'"]
        """
    )
    invocation = project.run(*argv, "-j", "2").assert_exit(0)
    assert ("42666" in invocation.stdout) == shown


def test_output_of_a_failing_cell_is_shown_with_its_command_and_log(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        matrix.part = ["1", "2"]
        commands = [{python_command("print('the spoon is missing'); raise SystemExit(3)")}]
        """
    )
    invocation = project.run().assert_exit(1)
    invocation.assert_said("the spoon is missing", "raise SystemExit(3)")
    assert str(invocation.cell("tests-part1").log) in invocation.stdout
