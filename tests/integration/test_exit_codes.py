"""Each exit code, as the system sees it: the program runs as a process."""

import signal
import sys
from textwrap import dedent

import pytest

from runner.testing import Project

CI = {"CI": "true"}
MISSING_PYTHON = """
    [sessions.tests]
    package = "none"
    python = ["3.99"]
    commands = ["python --version"]
"""


def session(command: str, more: str = "") -> str:
    return f"""
[sessions.check]
package = "none"
commands = [["python", "-c", {command!r}]]
{more}
"""


def test_0_when_every_cell_passed(project: Project) -> None:
    project.config(session("pass"))
    project.run_process().assert_exit(0).assert_cells({"check": "passed"})


def test_1_when_a_command_failed(project: Project) -> None:
    project.config(session("raise SystemExit(3)"))
    invocation = project.run_process().assert_exit(1).assert_cells({"check": "failed"})
    assert [step.exit for step in invocation.cell("check").steps if step.phase == "command"] == [3]


def test_0_when_only_an_allowed_failure_failed(project: Project) -> None:
    project.config(session("raise SystemExit(3)", "allow-failure = true"))
    invocation = project.run_process().assert_exit(0)
    assert invocation.cell("check").allowed


def test_1_when_one_cell_failed_and_another_could_not_be_made(project: Project) -> None:
    project.config(
        session("raise SystemExit(3)")
        + '\n[sessions.broken]\npackage = "none"\ndeps = ["not-there-at-all"]\n'
    )
    project.run_process().assert_exit(1).assert_cells({"broken": "error", "check": "failed"})


@pytest.mark.parametrize("verb", ["run", "list", "config", "plan"])
def test_2_for_a_config_error_whatever_the_verb(project: Project, verb: str) -> None:
    project.config(session("pass", "commnads = []"))
    project.run_process(verb).assert_exit(2).assert_said("runner.toml:4", "commnads", "commands")


@pytest.mark.parametrize(
    "argv", [["--no-such-option"], ["no-such-verb"], ["run", "-j", "none"], ["list", "--format", "xml"]]
)
def test_2_for_a_usage_error(project: Project, argv: list[str]) -> None:
    project.config(session("pass"))
    project.run_process(*argv).assert_exit(2)


def test_2_when_there_is_no_config_with_an_example_of_one(project: Project) -> None:
    project.git()
    project.run_process().assert_exit(2).assert_said("runner.toml", "pyproject.toml", "[sessions.")


@pytest.mark.parametrize("verb", ["run", "list", "config", "plan"])
def test_3_when_a_selector_matches_nothing(project: Project, verb: str) -> None:
    project.config(session("pass"))
    project.run_process(verb, "-e", "chekc").assert_exit(3).assert_said("chekc", "check")


def test_3_when_everything_was_skipped(project: Project) -> None:
    project.config(MISSING_PYTHON)
    project.run_process().assert_exit(3).assert_cells({"tests-py399": "skipped"})


def test_4_when_an_interpreter_is_missing_in_ci(project: Project) -> None:
    project.config(MISSING_PYTHON)
    project.run_process(env=CI).assert_exit(4).assert_cells({"tests-py399": "error"})


def test_4_when_requirements_cannot_be_satisfied(project: Project) -> None:
    project.config(session("pass", 'deps = ["not-there-at-all>=2"]'))
    project.run_process().assert_exit(4).assert_cells({"check": "error"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_when_a_signal_stops_the_run(project: Project, number: signal.Signals) -> None:
    project.config(
        session("import pathlib, time; pathlib.Path('started').touch(); time.sleep(600)")
        + '\n[sessions.later]\npackage = "none"\nafter = ["check"]\ncommands = ["python --version"]\n'
    )
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(number)
        invocation = started.wait()
    invocation.assert_exit(130).assert_cells({"check": "cancelled", "later": "cancelled"})
    assert invocation.result is not None
    assert invocation.result.run.outcome == "cancelled"


def test_70_for_an_internal_error_with_what_to_report(project: Project) -> None:
    project.config(session("pass"))
    with_a_broken_clock = """
        import sys
        from runner.cli.main import main
        from runner.cli.world import real_world

        class Broken:
            def time(self):
                raise RuntimeError("the clock fell off the wall")

            monotonic = time

        sys.exit(main(sys.argv[1:], real_world()._replace(clock=Broken())))
    """
    program = (sys.executable, "-c", dedent(with_a_broken_clock))
    invocation = project.run_process(program=program, timeout=30)
    assert invocation.exit_code == 70
    invocation.assert_said("internal error", "the clock fell off the wall", "please report")
