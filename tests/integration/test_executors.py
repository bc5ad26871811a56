"""Cells that run elsewhere: the executor that the documentation shows, and executors that misbehave."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from runner.testing import Invocation, Project, python_command

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-cells-elsewhere.md"
SAYS = "import os, sys; print('here', *sys.argv[1:], os.environ.get('SECRET_TOKEN'))"
FAILS_ONCE = "import pathlib; p = pathlib.Path('was'); there = p.exists(); p.touch(); assert there"


@pytest.fixture
def shown(project: Project) -> Project:
    """A project with the executor of the page, and a folder `there` for its copies."""
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    project.file("elsewhere.py", example)
    (project.folder / "there").mkdir()
    return project


def on(project: Project) -> tuple[str, str]:
    return "--on", f"elsewhere:{project.folder / 'there'}"


def test_cells_run_elsewhere_and_their_results_are_those_of_the_run(shown: Project) -> None:
    leaves = "open('kept.txt', 'w').close(); raise SystemExit(3)"
    shown.config(
        f"""
        plugins = ["./elsewhere.py"]
        [defaults]
        package = "none"
        backend = "none"
        [sessions.first]
        commands = [{python_command(SAYS, "{posargs}")}]
        pass-env = ["SECRET_TOKEN"]
        [sessions.flaky]
        commands = [{python_command(FAILS_ONCE)}]
        [sessions.red]
        needs = ["first"]
        artifacts = ["*.txt"]
        commands = [{python_command(leaves)}]
        [sessions.never]
        needs = ["red"]
        commands = [{python_command(SAYS)}]
        [sessions.absent]
        platforms = ["nowhere"]
        commands = [{python_command(SAYS)}]
        """
    )
    words = ("-j2", "--retries", "1", *on(shown), "--", "abcdefgh12", "x y")
    outcome = shown.run_process(*words, env={"SECRET_TOKEN": "abcdefgh12"}).assert_exit(1)
    outcome.assert_cells(
        {"first": "passed", "flaky": "passed", "red": "failed", "never": "skipped", "absent": "skipped"}
    )
    assert "\nhere *** x y None\n" in outcome.log(
        "first"
    )  # a secret of ours is not shown, and none goes there
    assert "abcdefgh12" not in outcome.log("first") + outcome.stdout
    assert outcome.cell("flaky").flaky
    red = outcome.cell("red")
    assert [(step.phase, step.attempt, step.exit) for step in red.steps if step.phase == "command"] == [
        ("command", 1, 3),
        ("command", 2, 3),
    ]
    assert red.python == ".".join(map(str, sys.version_info[:3]))
    outcome.assert_said("its artifacts stay where it ran: artifacts/red/kept.txt", "runs on nowhere")
    assert {"StepStarted", "StepFinished"} <= {type(body).__name__ for body in outcome.bodies}
    assert list((shown.folder / "there").iterdir()) == []
    assert not (shown.root / ".runner" / "envs").exists()
    assert not (shown.root / "kept.txt").exists()


def test_a_signal_stops_the_runner_elsewhere(shown: Project) -> None:
    there, torn_down = shown.folder / "started", shown.folder / "torn-down"
    waits = f"import os, time; open({str(there)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    shown.config(
        f"""
        plugins = ["./elsewhere.py"]
        [sessions.tests]
        package = "none"
        backend = "none"
        commands = [{python_command(waits)}]
        teardown = [{python_command(f"open({str(torn_down)!r}, 'w').close()")}]
        """
    )
    with shown.start(*on(shown)) as started:
        started.wait_for(there)
        started.send(signal.SIGINT)
        outcome = started.wait().assert_exit(130)
    outcome.assert_cells({"tests": "cancelled"})
    assert outcome.cell("tests").reason == "the run was stopped by INT"
    assert torn_down.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(there.read_text()), 0)


TOLD = """
import runner

def told(cell, outcome, reason="as told"):
    result = {{"id": cell, "session": "s", "axes": {{}}, "outcome": outcome, "reason": reason}}
    body = {{"type": "cell-finished", "result": result}}
    return runner.decode_event(__import__("json").dumps({{"run": "r", "seq": 1, "time": 0.0, "body": body}}))

class Odd:
    def run(self, work, tell, stop):
        {body}
    def close(self):
        {close}

@runner.hookimpl
def runner_executor(url):
    return Odd() if url.startswith("odd:") else None

@runner.hookimpl
def runner_find_python(spec):
    raise ValueError("no Python is looked for here")
"""


def odd(
    project: Project,
    body: str,
    *argv: str,
    close: str = "pass",
    url: str = "odd:",
    env: dict[str, str] | None = None,
) -> Invocation:
    project.file("odd.py", TOLD.format(body=body, close=close))
    project.config(
        f"""
        plugins = ["./odd.py"]
        [sessions.s]
        package = "none"
        python = ["3.12"]
        commands = [{python_command("pass", "{posargs}")}]
        [sessions.t]
        package = "none"
        default = false
        commands = ["python --version"]
        """
    )
    return project.run("--on", url, *argv, env=env)


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ("return 3", "error", "plugin odd: no result came of it, and exit code 3"),
        ("tell(told('other', 'passed')); return 0", "error", "no result came of it, and exit code 0"),
        (
            "return None",
            "error",
            "its executor, for s-py312, returned None, which is no exit code",
        ),
        ("raise ValueError('no')", "error", "plugin odd: project/odd.py:10 (in run) raised ValueError: no"),
        ("raise SystemExit(0)", "error", "plugin odd: project/odd.py:10 (in run) raised SystemExit: 0"),
        ("raise runner.CellError('create', 'no room')", "error", "no room"),
        ("tell('text')", "error", "its executor, for s-py312, told a str, which is no Event"),
        (
            "tell(runner.Event('r', 1, 0.0, None))",
            "error",
            "told an Event that cannot be used: Expected",
        ),
        ("tell(told(work.cell, 'cancelled', 'tired')); return 130", "error", "cancelled where it ran: tired"),
        ("tell(told(work.cell, 'passed')); return 0", "passed", "as told"),
        ("tell(told(work.cell, 'failed')); return 0", "failed", "as told"),
        ("tell(told(work.cell, 'skipped')); return 3", "skipped", "as told"),
    ],
)
def test_the_verdict_is_that_of_the_result_and_without_one_an_error_that_names_the_plugin(
    project: Project, body: str, outcome: str, reason: str
) -> None:
    codes = {"error": 4, "passed": 0, "failed": 1, "skipped": 3}
    cell = odd(project, body).assert_exit(codes[outcome]).cell("s-py312")
    assert cell.outcome == outcome
    assert reason in cell.reason


def test_what_is_raised_after_the_result_is_a_warning(project: Project) -> None:
    body = "tell(told(work.cell, 'passed')); raise ValueError('late')"
    outcome = odd(project, body, close="raise ValueError('shut')").assert_exit(0)
    outcome.assert_said("warning: plugin odd: project/odd.py:10 (in run) raised ValueError: late")
    outcome.assert_said("warning: plugin odd: project/odd.py:12 (in close) raised ValueError: shut")
    assert "Traceback" in outcome.log("s-py312")


def test_a_runner_elsewhere_is_told_all_that_the_result_depends_on(project: Project) -> None:
    body = "raise runner.CellError('create', repr((work.config, work.arguments)))"
    given = "-p 3.12,3.13 --retries 2 --timeout 9 --with one --with=-rtwo.txt --upgrade --reuse"
    outcome = odd(project, body, *given.split(), "--no-plugin", "junit", "--", "-x y")
    told = {cell.id: eval(cell.reason) for cell in outcome.cells.values()}  # noqa: S307 - our own repr
    shared = "--no-needs --python=3.12,3.13 --retries=2 --timeout=9 --with=one --with=-rtwo.txt --upgrade="
    for id_ in ("s-py312", "s-py313"):
        words = f"-c runner.toml -e {id_} {shared} --no-plugin=junit --reuse --events -".split()
        assert told[id_] == ("runner.toml", (*words, "--", "-x y"))
    flags = ("--install-only", "--offline", "--locked", "-e", "t,s", "--no-plugin", "files")
    without_files = {"RUNNER_REPORT": "", "RUNNER_EVENTS": ""}
    words_of_t = "-c runner.toml -e t --no-needs --install-only --locked --offline --events -"
    said = str(("runner.toml", tuple(words_of_t.split())))
    odd(project, body, *flags, env=without_files).assert_said(said)


def test_an_executor_that_never_returns_is_left_behind_and_named(project: Project) -> None:
    there = project.folder / "there"
    body = f"open({str(there)!r}, 'w').close(); __import__('time').sleep(600)"
    odd(project, body, url="other:")
    with project.start("--on", "odd:") as started:
        started.wait_for(there)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # of one kind, two may count as one
            started.send(number)
        outcome = started.wait().assert_exit(130)
    outcome.assert_cells({"s-py312": "cancelled"})
    assert "odd.py:10 (in run) did not end: left behind" in outcome.cell("s-py312").reason


def test_where_no_plugin_runs_cells_is_an_error(project: Project) -> None:
    outcome = odd(project, "return 0", url="slurm://user:hidden-word@host").assert_exit(2)
    outcome.assert_said("--on slurm://", "no plugin runs cells on 'slurm'", "runner plugins")
    assert "hidden-word" not in outcome.stderr
    (project.root / "a.whl").touch()
    outcome = odd(project, "return 0", "--package", "a.whl").assert_exit(2)
    outcome.assert_said("--on does not go with --package")
    assert json.loads(project.run("list", "--format", "json").stdout)["cells"]
