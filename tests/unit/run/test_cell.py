"""The life of one cell, from its platform to its result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runner.model.errors import Cancelled, CellError
from runner.model.events import AttemptStarted, CellStarted, StepFinished, StepStarted
from runner.model.results import Exited, Installed, Signalled, TimedOut

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.unit.run.conftest import Stage

    from runner.model.events import Body
    from runner.model.ports import Spawn, Stop
    from runner.model.results import CellResult, Exit


def phases(result: CellResult) -> list[str]:
    return [step.phase for attempt in result.attempts for step in attempt.steps]


def test_a_cell_that_passes_tells_all_that_it_was_made_of(stage: Stage) -> None:
    result = stage.run(stage.cell("tests", stage.command("pytest", "-x")))["tests"]
    assert (result.outcome, result.reason, result.flaky, result.allowed) == ("passed", "", False, False)
    assert result.python == "3.12.1"
    assert result.packages == (Installed("pytest", "9.0"),)
    assert result.environment == str(stage.work / "envs" / "tests")
    assert result.log == str(stage.work / "logs" / "run1" / "tests.log")
    assert phases(result) == ["python", "create", "command"]
    assert stage.workshop.calls == ["python", "package", "lock", "create", "install"]


def test_every_phase_that_does_something_is_told(stage: Stage) -> None:
    cell = stage.cell("tests", stage.command(), spec={"package": "wheel", "requirements": ("pytest",)})
    stage.run(cell)
    started = [body.phase for body in stage.told if isinstance(body, StepStarted)]
    finished = [body.result.phase for body in stage.told if isinstance(body, StepFinished)]
    assert started == finished == ["python", "package", "lock", "create", "install", "command"]


def test_a_cell_for_another_platform_is_skipped_before_anything_is_made(stage: Stage) -> None:
    results = stage.run(
        stage.cell("win", stage.command(), platforms=("win32", "cygwin")),
        stage.cell("here", stage.command(), platforms=("lin*",)),
    )
    assert (results["win"].outcome, results["here"].outcome) == ("skipped", "passed")
    assert results["win"].reason == "runs on win32, cygwin, and this is linux"
    assert results["win"].attempts == ()


def test_a_process_gets_the_environment_first_on_path_and_its_variables(stage: Stage) -> None:
    cell = stage.cell(
        "tests",
        stage.command("pytest", "-x", env={"GONE": None, "OWN": "1"}),
        variables={"GONE": "x", "KEPT": "y"},
    )
    stage.run(cell)
    spawn = stage.processes.spawns[0]
    programs = stage.work / "envs" / "tests" / "bin"
    assert spawn.argv == (str(programs / "pytest"), "-x")
    assert spawn.env["PATH"] == f"{programs}:{stage.outer}"
    assert spawn.env["VIRTUAL_ENV"] == str(stage.work / "envs" / "tests")
    assert (spawn.env["OWN"], spawn.env["KEPT"], "GONE" in spawn.env) == ("1", "y", False)
    assert (spawn.cwd, spawn.log) == (str(stage.root), str(stage.work / "logs" / "run1" / "tests.log"))
    assert (spawn.timeout, spawn.interrupt_grace, spawn.terminate_grace) == (None, 5.0, 2.0)


def test_step_ids_are_unique_in_run_cell_and_attempt(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(1))
    commands = (stage.command(), stage.command())
    stage.run(stage.cell("a", *commands, keep_going=True, retries=1), stage.cell("b", *commands))
    assert [spawn.step for spawn in stage.processes.spawns] == [
        "run1-a-1-1",
        "run1-a-1-2",
        "run1-a-2-1",
        "run1-a-2-2",
        "run1-b-1-1",
    ]


def test_commands_stop_at_the_first_failure_and_the_log_repeats_it(stage: Stage) -> None:
    stage.answer_by_argument(bad=Exited(3))
    commands = [stage.command("python", name) for name in ("good", "bad", "b c")]
    result = stage.run(stage.cell("tests", *commands))["tests"]
    assert (result.outcome, result.reason) == ("failed", "`python bad` exited with code 3")
    assert stage.log() == "$ python good\n$ python bad\n`python bad` exited with code 3\n"
    assert [step.ok for step in result.attempts[0].steps if step.argv] == [True, False]


def test_the_echo_is_in_shell_quoting(stage: Stage) -> None:
    stage.run(stage.cell("tests", stage.command("python", "-c", "print('x')")))
    assert stage.log() == """$ python -c 'print('"'"'x'"'"')'\n"""


def test_with_keep_going_all_commands_run_and_the_first_failure_is_the_reason(stage: Stage) -> None:
    stage.answer_by_argument(one=Exited(1), two=Exited(2))
    commands = [stage.command("python", name) for name in ("one", "two", "three")]
    result = stage.run(stage.cell("tests", *commands, keep_going=True))["tests"]
    assert (result.outcome, result.reason) == ("failed", "`python one` exited with code 1")
    assert len(stage.processes.spawns) == 3


def test_ok_codes_and_ignored_failures_are_fine(stage: Stage) -> None:
    stage.answer_by_argument(five=Exited(5), segv=Signalled(11))
    result = stage.run(
        stage.cell(
            "tests",
            stage.command("python", "five", ok_codes=(0, 5)),
            stage.command("python", "segv", ignore_failure=True),
            stage.command("python", "zero", ok_codes=(5,)),
        )
    )["tests"]
    assert result.reason == "`python zero` exited with code 0"
    reasons = [step.reason for step in result.attempts[0].steps if step.argv]
    assert reasons[:2] == ["exited with code 5, as it may", "was killed by SIGSEGV, which is ignored"]


def test_a_failing_setup_skips_the_commands_and_not_teardown(stage: Stage) -> None:
    stage.answer_by_argument(bad=Exited(1))
    result = stage.run(
        stage.cell(
            "tests",
            stage.command("python", "main"),
            setup=(stage.command("python", "bad"), stage.command("python", "next")),
            teardown=(stage.command("python", "down"),),
        )
    )["tests"]
    assert (result.outcome, result.reason) == ("failed", "setup: `python bad` exited with code 1")
    assert [spawn.argv[1] for spawn in stage.processes.spawns] == ["bad", "down"]


def test_all_of_teardown_runs_and_its_failure_fails_the_cell(stage: Stage) -> None:
    stage.answer_by_argument(one=Exited(1))
    down = (stage.command("python", "one"), stage.command("python", "two"))
    result = stage.run(stage.cell("tests", stage.command("python", "main"), teardown=down))["tests"]
    assert (result.outcome, result.reason) == ("failed", "teardown: `python one` exited with code 1")
    assert [spawn.argv[1] for spawn in stage.processes.spawns] == ["main", "one", "two"]


def test_what_failed_before_teardown_is_the_reason(stage: Stage) -> None:
    stage.answer_by_argument(main=Exited(1), down=Exited(2))
    down = (stage.command("python", "down"),)
    result = stage.run(stage.cell("tests", stage.command("python", "main"), teardown=down))["tests"]
    assert result.reason == "`python main` exited with code 1"


def test_teardown_runs_when_installing_failed_and_not_when_creating_did(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == broken:
            raise CellError("install", "no such package: spam\nbecause: eggs")

    stage.workshop._before = fail
    cell = stage.cell("tests", stage.command(), teardown=(stage.command("python", "down"),))
    broken = "install"
    result = stage.run(cell)["tests"]
    assert (result.outcome, result.reason) == ("error", "no such package: spam")
    assert [spawn.argv[1:] for spawn in stage.processes.spawns] == [("down",)]
    assert stage.log() == "no such package: spam\nbecause: eggs\n$ python down\n"
    broken = "create"
    stage.run(cell)
    assert len(stage.processes.spawns) == 1


def test_a_phase_that_cannot_is_an_error_and_its_step_says_so(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == "lock":
            raise CellError("lock", "unsatisfiable")

    stage.workshop._before = fail
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    step = result.attempts[0].steps[-1]
    assert (step.phase, step.ok, step.reason) == ("lock", False, "unsatisfiable")
    told = [body for body in stage.told if isinstance(body, StepStarted | StepFinished)]
    assert [type(body).__name__ for body in told] == ["StepStarted", "StepFinished"] * 2


def test_a_missing_interpreter_skips_the_cell_and_what_needs_it_still_runs(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == "python" and len(stage.workshop.calls) == 1:
            raise CellError("python", "no Python 3.9 is installed", skip=True)

    stage.workshop._before = fail
    results = stage.run(stage.cell("a", stage.command()), stage.cell("b", stage.command()))
    assert (results["a"].outcome, results["a"].reason) == ("skipped", "no Python 3.9 is installed")
    assert results["a"].log is None
    assert results["b"].outcome == "passed"


def test_a_failure_is_retried_from_the_start_and_then_flaky(stage: Stage) -> None:
    exits: list[Exit] = [Exited(1), Exited(0)]
    stage.answer(lambda _spawn: exits.pop(0))
    result = stage.run(stage.cell("tests", stage.command(), retries=3))["tests"]
    assert (result.outcome, result.flaky, result.reason) == ("passed", True, "")
    assert [attempt.outcome for attempt in result.attempts] == ["failed", "passed"]
    assert stage.workshop.calls == ["python", "package", "lock", "create", "install"] * 2
    attempts = [(body.attempt, body.of) for body in stage.told if isinstance(body, AttemptStarted)]
    assert attempts == [(1, 4), (2, 4)]


def test_an_error_is_not_retried(stage: Stage) -> None:
    result = stage.run(stage.cell("tests", stage.command("nothing-there"), retries=3))["tests"]
    assert (result.outcome, len(result.attempts)) == ("error", 1)


def test_a_failure_stands_when_its_retry_cannot_be_made(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == "install" and stage.workshop.calls.count("install") == 2:
            raise CellError("install", "the disk is full")

    stage.workshop._before = fail
    stage.answer(lambda _spawn: Exited(1))
    result = stage.run(stage.cell("tests", stage.command(), retries=2))["tests"]
    assert result.outcome == "failed"
    assert result.reason == "`python` exited with code 1 (and attempt 2 could not run: the disk is full)"


def test_allowed_failures_are_marked(stage: Stage) -> None:
    stage.answer_by_argument(bad=Exited(1))
    results = stage.run(
        stage.cell("failed", stage.command("python", "bad"), allow_failure=True),
        stage.cell("error", stage.command("nothing-there"), allow_failure=True),
        stage.cell("passed", stage.command(), allow_failure=True),
    )
    allowed = {id_: (result.outcome, result.allowed) for id_, result in results.items()}
    assert allowed == {"failed": ("failed", True), "error": ("error", True), "passed": ("passed", False)}


def test_install_only_stops_after_install(stage: Stage) -> None:
    cell = stage.cell("tests", stage.command(), setup=(stage.command(),), teardown=(stage.command(),))
    result = stage.run(cell, install_only=True)["tests"]
    assert (result.outcome, stage.processes.spawns) == ("passed", [])
    assert result.packages == (Installed("pytest", "9.0"),)


def test_the_sessions_timeout_counts_setup_and_commands(stage: Stage) -> None:
    def take_four(spawn: Spawn) -> Exit:
        stage.clock.advance(4)
        return TimedOut(2.0) if spawn.timeout == 2 else Exited(0)

    stage.answer(take_four)
    cell = stage.cell(
        "tests",
        stage.command(timeout=7.0),
        stage.command("python", "slow", timeout=3.0),
        setup=(stage.command(),),
        teardown=(stage.command(),),
        timeout=10.0,
        keep_going=True,
    )
    result = stage.run(cell)["tests"]
    assert [spawn.timeout for spawn in stage.processes.spawns] == [10.0, 6.0, 2.0, 10.0]
    assert result.outcome == "failed"
    assert result.reason == "`python slow` timed out: the session's timeout of 10s is used up"


def test_a_commands_own_timeout_is_named_and_can_be_ignored(stage: Stage) -> None:
    stage.answer_by_argument(slow=TimedOut(1.5))
    slow = stage.command("python", "slow", timeout=1.5)
    ignored = stage.command("python", "slow", timeout=1.5, ignore_failure=True)
    results = stage.run(stage.cell("a", slow, timeout=9.0), stage.cell("b", ignored, timeout=9.0))
    assert results["a"].reason == "`python slow` timed out after 1.5s, the command's timeout"
    assert results["b"].outcome == "passed"


def test_a_command_for_which_no_time_is_left_is_not_started(stage: Stage) -> None:
    def dawdle(_spawn: Spawn) -> Exit:
        stage.clock.advance(10)
        return Exited(0)

    stage.answer(dawdle)
    cell = stage.cell("tests", stage.command(), stage.command("python", "late"), timeout=10.0)
    result = stage.run(cell)["tests"]
    assert result.outcome == "failed"
    assert result.reason == "`python late` timed out: the session's timeout of 10s is used up"
    assert len(stage.processes.spawns) == 1


def test_a_process_that_ends_badly_after_a_stop_is_cancelled_and_teardown_runs(stage: Stage) -> None:
    def interrupted(spawn: Spawn) -> Exit:
        if spawn.argv[1:] == ("main",):
            stage.switch.rise(1, "INT")
            return Exited(1)
        return Exited(0)

    stage.answer(interrupted)
    cell = stage.cell(
        "tests",
        stage.command("python", "main"),
        stage.command("python", "next"),
        teardown=(stage.command("python", "down"),),
        retries=3,
    )
    result = stage.run(cell)["tests"]
    assert (result.outcome, result.reason) == ("cancelled", "the run was stopped by INT")
    assert [spawn.argv[1] for spawn in stage.processes.spawns] == ["main", "down"]
    assert len(result.attempts) == 1


def test_a_last_command_that_passed_in_spite_of_a_stop_passes(stage: Stage) -> None:
    def interrupted(_spawn: Spawn) -> Exit:
        stage.switch.rise(1, "INT")
        return Exited(0)

    stage.answer(interrupted)
    results = stage.run(
        stage.cell("last", stage.command()),
    )
    assert results["last"].outcome == "passed"


def test_a_stop_before_the_next_command_cancels(stage: Stage) -> None:
    def interrupted(_spawn: Spawn) -> Exit:
        stage.switch.rise(1, "INT")
        return Exited(0)

    stage.answer(interrupted)
    result = stage.run(stage.cell("tests", stage.command(), stage.command()))["tests"]
    assert result.outcome == "cancelled"
    assert len(stage.processes.spawns) == 1


def test_no_teardown_after_a_second_signal(stage: Stage) -> None:
    def killed(_spawn: Spawn) -> Exit:
        stage.switch.rise(1, "INT")
        stage.switch.rise(2, "INT")
        return Signalled(9)

    stage.answer(killed)
    result = stage.run(stage.cell("tests", stage.command(), teardown=(stage.command(),)))["tests"]
    assert (result.outcome, len(stage.processes.spawns)) == ("cancelled", 1)


def test_a_stop_while_the_environment_is_made_cancels(stage: Stage) -> None:
    def stop(phase: str, _stop: Stop) -> None:
        if phase == "create":
            stage.switch.rise(1, "TERM")
            raise Cancelled

    stage.workshop._before = stop
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert (result.outcome, result.reason) == ("cancelled", "the run was stopped by TERM")
    assert result.attempts[0].steps[-1].phase == "create"


def test_what_an_interrupted_installer_says_is_not_an_error(stage: Stage) -> None:
    def stop(phase: str, _stop: Stop) -> None:
        if phase == "install":
            stage.switch.rise(1, "INT")
            raise CellError("install", "uv was killed")

    stage.workshop._before = stop
    assert stage.run(stage.cell("tests", stage.command()))["tests"].outcome == "cancelled"


def test_an_exception_of_a_plugin_is_an_error_of_its_cell_only_and_told_in_the_log(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == "create" and stage.workshop.calls.count("create") == 1:
            json.loads("nonsense")

    stage.workshop._before = fail
    results = stage.run(stage.cell("a", stage.command()), stage.cell("b", stage.command()))
    assert results["a"].outcome == "error"
    assert "raised JSONDecodeError: Expecting value" in results["a"].reason
    assert "\n" not in results["a"].reason
    assert "Traceback" in stage.log("a")
    assert results["b"].outcome == "passed"


def test_a_verdict_stands_when_the_environment_cannot_be_looked_at_afterwards(stage: Stage) -> None:
    def fail(phase: str, _stop: Stop) -> None:
        if phase == "inspect":
            raise PermissionError(13, "Permission denied")

    stage.workshop._before = fail
    stage.answer_by_argument(bad=Exited(1))
    results = stage.run(stage.cell("a", stage.command()), stage.cell("b", stage.command("python", "bad")))
    assert [(result.outcome, len(result.warnings)) for result in results.values()] == [
        ("passed", 1),
        ("failed", 1),
    ]
    assert results["a"].warnings[0].startswith("the environment could not be looked at: ")
    assert "Traceback" in stage.log("a")


def test_sys_exit_in_a_plugin_ends_its_cell_only(stage: Stage) -> None:
    def leave(phase: str, _stop: Stop) -> None:
        if phase == "install":
            raise SystemExit(0)

    stage.workshop._before = leave
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert result.outcome == "error"
    assert "SystemExit: 0" in result.reason


def test_a_copied_source_is_made_between_create_and_install(stage: Stage, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    stage.run(stage.cell("tests", stage.command(cwd=str(copy)), source="copy", root=copy))
    assert stage.workshop.calls == ["python", "package", "lock", "create", "copy", "install"]


def test_the_coverage_file_that_runner_chose_is_removed_when_the_cell_starts(stage: Stage) -> None:
    ours, theirs = stage.root / ".coverage.a", stage.root / "coverage.data"
    for file in (ours, theirs):
        file.write_text("old")
    stage.run(
        stage.cell("a", stage.command(), variables={"COVERAGE_FILE": str(ours)}),
        stage.cell("b", stage.command(), variables={"COVERAGE_FILE": str(theirs)}),
    )
    assert (ours.exists(), theirs.exists()) == (False, True)


def test_a_coverage_file_that_cannot_be_removed_is_an_error_that_names_it(stage: Stage) -> None:
    folder = stage.root / ".coverage.a"
    folder.mkdir()
    result = stage.run(stage.cell("a", stage.command(), variables={"COVERAGE_FILE": str(folder)}))["a"]
    assert (result.outcome, result.environment) == ("error", None)
    assert result.reason.startswith(f"{folder} cannot be removed: ")


def test_in_passthrough_the_process_has_the_streams_and_echoes_are_announced(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(1))
    stage.run(stage.cell("tests", stage.command("python", "x")), passthrough=True)
    assert stage.processes.spawns[0].log is None
    assert stage.announced == ["$ python x", "`python x` exited with code 1"]


def test_the_reason_of_a_command_of_many_lines_is_one_line(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(3))
    result = stage.run(stage.cell("tests", stage.command("python", "-c", "import sys\nsys.exit(3)")))["tests"]
    assert result.reason == "`python -c 'import sys ...` exited with code 3"
    assert stage.log().startswith("$ python -c 'import sys\nsys.exit(3)'\n")


def test_a_plugin_that_breaks_because_it_was_interrupted_is_cancelled(stage: Stage) -> None:
    def interrupted(phase: str, _stop: Stop) -> None:
        if phase == "create":
            stage.switch.rise(1, "INT")
            raise RuntimeError("conda was killed")

    stage.workshop._before = interrupted
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert (result.outcome, result.reason) == ("cancelled", "the run was stopped by INT")
    assert "RuntimeError: conda was killed" in stage.log()


def test_a_step_that_breaks_off_ends_and_teardown_still_runs(stage: Stage) -> None:
    def lose(spawn: Spawn) -> Exit:
        if spawn.argv[1] == "main":
            raise ChildProcessError("the exit status was taken")
        return Exited(0)

    stage.answer(lose)
    cell = stage.cell("tests", stage.command("python", "main"), teardown=(stage.command("python", "down"),))
    result = stage.run(cell)["tests"]
    assert result.outcome == "error"
    assert "`python main` broke off: " in result.reason
    assert "the exit status was taken" in result.reason
    assert [step.ok for step in result.attempts[0].steps if step.argv] == [False, True]
    assert [spawn.argv[1] for spawn in stage.processes.spawns] == ["main", "down"]


@pytest.mark.parametrize(
    ("refusal", "outcome", "reason"),
    [
        (CellError("create", "the lock cannot be made\nbecause"), "error", "the lock cannot be made"),
        (Cancelled(), "cancelled", "the run was stopped by INT while it waited for another runner"),
    ],
)
def test_a_cell_that_does_not_get_its_folder_ends_with_the_reason(
    stage: Stage, refusal: Exception, outcome: str, reason: str
) -> None:
    def hold(name: str, stop: Stop) -> AbstractContextManager[None]:
        if isinstance(refusal, Cancelled):
            stage.switch.rise(1, "INT")
        raise refusal

    stage.workshop.hold = hold  # type: ignore[method-assign]  # this once
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert (result.outcome, result.reason, result.attempts) == (outcome, reason, ())


def test_durations_are_measured(stage: Stage) -> None:
    def wait(phase: str, _stop: Stop) -> None:
        if phase == "create":
            stage.clock.advance(2)

    def take_five(_spawn: Spawn) -> Exit:
        stage.clock.advance(5)
        return Exited(0)

    stage.workshop._before = wait
    stage.answer(take_five)
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    steps = {step.phase: step.duration for step in result.attempts[0].steps}
    assert steps == {"python": 0, "create": 2, "command": 5}
    assert (result.duration, result.attempts[0].duration) == (7, 7)


def test_the_log_is_named_when_the_cell_starts(stage: Stage) -> None:
    stage.run(stage.cell("tests", stage.command()))
    started: list[Body] = [body for body in stage.told if isinstance(body, CellStarted)]
    assert started == [CellStarted(cell="tests", log=str(stage.work / "logs" / "run1" / "tests.log"))]
