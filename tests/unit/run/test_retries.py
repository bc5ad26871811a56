"""Commands that are run again when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model.results import Attempt, Collected, Exited, StepResult, TestResult, TimedOut
from runner.report.cells import remarks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.run.conftest import Stage

    from runner.model.plan import ReadyCell
    from runner.model.ports import Spawn
    from runner.model.results import CellResult, Exit


def failing(times: int) -> Callable[[Spawn], Exit]:
    """Let so many processes fail, the first with 1, the next with 2, and all others pass."""
    codes = iter(range(1, times + 1))
    return lambda _spawn: Exited(next(codes, 0))


def steps(result: CellResult) -> list[tuple[str, bool]]:
    return [(step.reason, step.ok) for step in _steps(result)]


def _steps(result: CellResult) -> list[StepResult]:
    return [step for attempt in result.attempts for step in attempt.steps if step.argv]


def test_a_command_that_fails_is_run_again_in_the_same_environment_until_it_passes(stage: Stage) -> None:
    stage.answer(failing(2))
    result = stage.run(stage.cell("tests", stage.command("python", "x", retries=3), stage.command()))["tests"]
    assert result.outcome == "passed"
    assert steps(result) == [
        ("exited with code 1", False),
        ("exited with code 2", False),
        ("", True),
        ("", True),
    ]
    assert stage.workshop.calls.count("create") == len(result.attempts) == 1
    assert stage.log() == "$ python x\nattempt 2 of 4\n$ python x\nattempt 3 of 4\n$ python x\n$ python\n"


def test_a_cell_that_passed_so_is_flaky_and_says_it(stage: Stage) -> None:
    stage.answer(failing(1))
    result = stage.run(stage.cell("tests", stage.command(retries=1)))["tests"]
    assert result.flaky
    assert remarks(result) == "flaky: a command passed on a retry"
    stage.answer(failing(0))
    assert not stage.run(stage.cell("tests", stage.command(retries=1)))["tests"].flaky


def test_when_all_tries_fail_the_last_one_is_the_reason(stage: Stage) -> None:
    stage.answer(failing(9))
    result = stage.run(stage.cell("tests", stage.command("python", "x", retries=2), stage.command()))["tests"]
    assert (result.outcome, result.reason) == ("failed", "`python x` exited with code 3")
    assert len(stage.processes.spawns) == 3
    assert len({spawn.step for spawn in stage.processes.spawns}) == 3


def test_setup_and_teardown_are_retried_too(stage: Stage) -> None:
    again = stage.command(retries=1)
    codes = iter((1, 0, 0, 1, 0))
    stage.answer(lambda _spawn: Exited(next(codes)))
    result = stage.run(stage.cell("tests", stage.command(), setup=(again,), teardown=(again,)))["tests"]
    assert result.outcome == "passed"
    phases = [step.phase for step in _steps(result)]
    assert phases == ["setup", "setup", "command", "teardown", "teardown"]


def test_what_is_ignored_or_not_there_is_not_run_again(stage: Stage) -> None:
    stage.answer(failing(9))
    ignored = stage.command(retries=3, ignore_failure=True)
    result = stage.run(stage.cell("tests", ignored, stage.command("gone", retries=3)))["tests"]
    assert result.outcome == "error"
    assert len(stage.processes.spawns) == 1
    assert [step.argv for step in _steps(result)] == [("python",), ("gone",)]


def test_a_commands_own_timeout_is_a_failure_like_others(stage: Stage) -> None:
    stage.answer(lambda _spawn: TimedOut(1.0) if not stage.processes.spawns[1:] else Exited(0))
    result = stage.run(stage.cell("tests", stage.command(retries=1, timeout=1.0)))["tests"]
    assert result.outcome == "passed"
    assert len(_steps(result)) == 2


def test_after_the_sessions_timeout_nothing_is_run_again(stage: Stage) -> None:
    def too_long(_spawn: Spawn) -> Exit:
        stage.clock.advance(11.0)
        return Exited(1)

    stage.answer(too_long)
    result = stage.run(stage.cell("tests", stage.command(retries=5), timeout=10.0))["tests"]
    assert (result.outcome, result.reason) == ("failed", "`python` exited with code 1")
    assert len(_steps(result)) == 1


def test_after_a_stop_nothing_is_run_again(stage: Stage) -> None:
    def stopped(_spawn: Spawn) -> Exit:
        stage.switch.rise(1, "INT")
        return Exited(1)

    stage.answer(stopped)
    result = stage.run(stage.cell("tests", stage.command(retries=5)))["tests"]
    assert result.outcome == "cancelled"
    assert len(stage.processes.spawns) == 1


class Files:
    """A collector that takes each file's content for the outcome of a test."""

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        found = {file.name: file.read_text() for file in folder.glob("*.xml")}
        return Collected(
            tuple(
                TestResult(id=name, outcome="failed" if text == "failed" else "passed", duration=0.0)
                for name, text in sorted(found.items())
            )
        )


def test_the_test_results_of_the_last_try_count(stage: Stage) -> None:
    def tested(spawn: Spawn) -> Exit:
        first = len(stage.processes.spawns) == 1
        results = spawn.env["PYTEST_ADDOPTS"].partition("--junitxml=")[2]
        stage.root.joinpath(results).write_text("failed" if first else "passed")
        return Exited(1 if first else 0)

    stage.collectors = (Files(),)
    stage.answer(tested)
    result = stage.run(stage.cell("tests", stage.command("pytest", retries=1)))["tests"]
    assert [(test.id, test.outcome) for test in result.attempts[0].tests] == [("2.xml", "passed")]
