"""The steps of a cell: their order, what a failure does, and what they see of the world outside."""

from pathlib import Path

import pytest

from runner.testing import Project, python_command


def test_setup_commands_and_teardown_run_in_this_order(project: Project) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        setup = ["python -c 'print(1)'"]
        commands = ["python -c 'print(2)'", "python -c 'print(3)'"]
        teardown = ["python -c 'print(4)'"]
        """
    )
    invocation = project.run().assert_exit(0)
    ours = [step for step in invocation.cell("tests").steps if step.phase in {"setup", "command", "teardown"}]
    assert [step.phase for step in ours] == ["setup", "command", "command", "teardown"]
    log = invocation.log("tests").splitlines()
    assert [line for line in log if line in {"1", "2", "3", "4"}] == ["1", "2", "3", "4"]


def test_a_failing_setup_skips_the_commands_but_not_the_teardown(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        setup = [{python_command("raise SystemExit(7)")}]
        commands = [{python_command("open('commands', 'w')")}]
        teardown = [{python_command("open('teardown', 'w')")}]
        """
    )
    invocation = project.run().assert_exit(1).assert_cells({"tests": "failed"})
    assert not (project.root / "commands").exists()
    assert (project.root / "teardown").exists()
    assert "7" in invocation.cell("tests").reason


def test_a_failing_teardown_fails_the_cell(project: Project) -> None:
    project.config(
        f'[sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n'
        f"teardown = [{python_command('raise SystemExit(1)')}]\n"
    )
    project.run().assert_exit(1).assert_cells({"tests": "failed"})


@pytest.mark.parametrize(("keep_going", "ran"), [("false", False), ("true", True)])
def test_commands_stop_at_the_first_failure_unless_told_to_keep_going(
    project: Project, keep_going: str, ran: bool
) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        keep-going = {keep_going}
        commands = [{python_command("raise SystemExit(1)")}, {python_command("open('second', 'w')")}]
        """
    )
    project.run().assert_exit(1).assert_cells({"tests": "failed"})
    assert (project.root / "second").exists() == ran


def test_a_command_may_say_which_codes_are_good_and_be_ignored(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [
            {{ run = {python_command("raise SystemExit(5)")}, ok-codes = [0, 5] }},
            {{ run = {python_command("raise SystemExit(6)")}, ignore-failure = true }},
        ]
        """
    )
    cell = project.run().assert_exit(0).cell("tests")
    assert [step.exit for step in cell.steps if step.phase == "command"] == [5, 6]


def test_a_session_that_takes_too_long_is_failed_with_the_timeout_as_reason(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        timeout = 0.5
        interrupt-grace = 0.2
        terminate-grace = 0.2
        commands = [{python_command("import time; time.sleep(600)")}]
        teardown = [{python_command("open('teardown', 'w')")}]
        """
    )
    cell = project.run().assert_exit(1).assert_cells({"tests": "failed"}).cell("tests")
    assert "timeout" in cell.reason or "timed out" in cell.reason
    assert [step.exit for step in cell.steps if step.phase == "command"] == [None]
    assert (project.root / "teardown").exists()


def test_a_command_that_passes_on_a_retry_is_flaky_and_had_a_fresh_environment(project: Project) -> None:
    try_twice = (
        "import pathlib, sys, sysconfig; "
        "left = pathlib.Path(sysconfig.get_path('purelib'), 'left.py'); assert not left.exists(); "
        "left.touch(); "
        "seen = pathlib.Path('seen'); first = not seen.exists(); seen.touch(); sys.exit(first)"
    )
    project.config(
        f'[sessions.tests]\npackage = "none"\nretries = 2\ncommands = [{python_command(try_twice)}]\n'
    )
    cell = project.run().assert_exit(0).assert_cells({"tests": "passed"}).cell("tests")
    assert cell.flaky
    assert [(step.attempt, step.exit) for step in cell.steps if step.phase == "command"] == [(1, 1), (2, 0)]


def test_only_failures_are_retried(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\nretries = 3\ncommands = ["no-such-program"]\n')
    cell = project.run().assert_exit(4).cell("tests")
    assert {step.attempt for step in cell.steps} == {1}


def test_an_allowed_failure_does_not_count(project: Project) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.tests]
        allow-failure = true
        commands = [{python_command("raise SystemExit(1)")}]
        [sessions.unmade]
        allow-failure = true
        deps = ["not-there-at-all"]
        [sessions.report]
        needs = ["tests", "fine"]
        commands = ["python --version"]
        [sessions.fine]
        commands = ["python --version"]
        """
    )
    invocation = project.run().assert_exit(0)
    invocation.assert_cells({"tests": "failed", "unmade": "error", "report": "passed", "fine": "passed"})
    assert invocation.cell("tests").allowed
    assert invocation.cell("unmade").allowed


# -- source, variables, substitution


def test_a_copy_of_the_source_keeps_the_tree_clean(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        source = "copy"
        artifacts = ["made.txt"]
        commands = [{python_command("import os; print(sorted(os.listdir())); open('made.txt', 'w')")}]
        """
    )
    project.write({".gitignore": "ignored.txt\n", "tracked.txt": "", "ignored.txt": ""})
    project.git()
    project.file("untracked.txt", "")
    invocation = project.run().assert_exit(0)
    log = invocation.log("tests")
    assert "'tracked.txt'" in log
    assert "'untracked.txt'" in log
    assert "'ignored.txt'" not in log
    assert not (project.root / "made.txt").exists()
    assert list((project.root / ".runner" / "runs").rglob("made.txt"))


def test_a_cell_sees_only_the_variables_on_the_list(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        pass-env = ["ASKED_*"]
        env = {{ OWN = "1", LANG = false }}
        matrix.db = ["sqlite", "postgres"]
        commands = [{python_command("import os; [print(f'{k}={v}') for k, v in os.environ.items()]")}]
        """
    )
    outer = {"NOT_ASKED": "x", "ASKED_FOR": "y", "LANG": "C", "GIT_TOKEN": "t", "PIP_PASSWORD": "p"}
    invocation = project.run("-e", "tests-sqlite", env=outer).assert_exit(0)
    seen = dict(line.split("=", 1) for line in invocation.log("tests-sqlite").splitlines() if "=" in line)
    assert seen["ASKED_FOR"] == "y"
    assert seen["OWN"] == "1"
    assert seen["RUNNER_CELL"] == "tests-sqlite"
    assert seen["RUNNER_SESSION"] == "tests"
    assert seen["RUNNER_ROOT"] == str(project.root)
    assert Path(seen["VIRTUAL_ENV"]) == project.root / ".runner" / "envs" / "tests-sqlite"
    assert Path(seen["PATH"].split(":")[0]) == Path(seen["VIRTUAL_ENV"], "bin")
    assert seen["COVERAGE_FILE"] == str(project.root / ".coverage.tests-sqlite")
    unwanted = {"NOT_ASKED", "LANG", "GIT_TOKEN", "PIP_PASSWORD", "RUNNER_EVENTS", "RUNNER_REPORT"}
    assert not unwanted & set(seen)


def test_text_is_filled_in_and_posargs_reach_the_command(project: Project) -> None:
    words = ("{db}", "{cell}", "{env:WHO:nobody}", "{{}}", "{posargs:a b}")
    command = python_command("import sys; print(sys.argv[1:])", *words)
    project.config(f'[sessions.tests]\npackage = "none"\nmatrix.db = ["sqlite"]\ncommands = [{command}]\n')
    log = project.run().assert_exit(0).log("tests-sqlite")
    assert "['sqlite', 'tests-sqlite', 'nobody', '{}', 'a', 'b']" in log
    log = project.run("--", "x y", "--z", env={"WHO": "me"}).assert_exit(0).log("tests-sqlite")
    assert "['sqlite', 'tests-sqlite', 'me', '{}', 'x y', '--z']" in log


def test_the_tmp_folder_is_there_and_empty_each_time(project: Project) -> None:
    fill = "import os, sys; assert not os.listdir(sys.argv[1]); open(sys.argv[1] + '/x', 'w')"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [{python_command(fill, "{tmp}")}]
        """
    )
    project.run().assert_exit(0)
    project.run().assert_exit(0)
