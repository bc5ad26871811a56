"""Time limits of a command, a cell and a run: what hangs ends, all of it, and the report says what hung."""

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.faults.families import family, processes_about, wait_until

from runner.testing import FakeClock, Invocation, Project, python_command

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="what is left is seen in the proc file system"
)

HANG = """
import pathlib, signal, threading, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
def in_a_thread(): time.sleep(600)
threading.Thread(target=in_a_thread, daemon=True).start()
print("at work on part 3")
pathlib.Path("started").touch()
time.sleep(600)
"""
TEARDOWN = python_command("open('teardown', 'w')")
USED_UP = "the run-timeout of 1h is used up"


@pytest.fixture
def hanging(project: Project) -> Project:
    project.file("hang.py", HANG)
    return project


def ladder_was_climbed(invocation: Invocation, id_: str, reason: str) -> None:
    """Check that a cell failed for `reason`, and that people see where its command hung, and what it said."""
    assert invocation.cell(id_).outcome == "failed"
    assert invocation.cell(id_).reason == reason
    log = invocation.log(id_)
    assert "at work on part 3" in log
    assert 'hang.py", line 3 in in_a_thread' in log
    assert 'hang.py", line 7 in <module>' in log
    assert log.index("Fatal Python error: Aborted") < log.index(reason)
    invocation.assert_said(
        reason, "at work on part 3", 'hang.py", line 7 in <module>', str(invocation.cell(id_).log)
    )


def test_what_is_out_of_time_ends_and_says_what_hung(hanging: Project) -> None:
    hanging.config(
        f"""
        [defaults]
        package = "none"
        interrupt-grace = 0.2
        [sessions.a-command]
        commands = ["python --version", {{ run = "python hang.py", timeout = 3 }}, "python --version"]
        teardown = [{TEARDOWN}]
        [sessions.a-session]
        timeout = 3
        commands = ["python --version", "python hang.py", "python --version"]
        teardown = ["python --version"]
        [sessions.a-teardown]
        timeout = 3
        commands = ["python --version"]
        teardown = ["python hang.py"]
        [sessions.a-family]
        timeout = 3
        commands = [{family(hanging, "deaf")}]
        """
    )
    invocation = hanging.run_process("-j4").assert_exit(1)
    assert processes_about(hanging) == {}
    hung = "`python hang.py` timed out"
    ladder_was_climbed(invocation, "a-command", f"{hung} after 3s, the command's timeout")
    ladder_was_climbed(invocation, "a-session", f"{hung}: the session's timeout of 3s is used up")
    ladder_was_climbed(invocation, "a-teardown", f"teardown: {hung}: the session's timeout of 3s is used up")
    assert invocation.cell("a-family").reason.endswith("the session's timeout of 3s is used up")
    for id_ in ("a-command", "a-session"):
        assert [step.exit for step in invocation.cell(id_).steps if step.argv] == [0, None, 0]
    assert (hanging.root / "teardown").exists()


# The time for the whole run: it is held still until the run is where the test wants it.


@contextmanager
def time_is_up_once(reached: Callable[[], bool], then: Callable[[], object] = bool) -> Iterator[FakeClock]:
    """Give a clock that stands still until `reached`, and is two hours later, `then` being called."""
    clock = FakeClock()

    def move() -> None:
        try:
            wait_until(reached, lambda: "the run never got there")
        finally:
            clock.advance(7200)
        then()

    mover = threading.Thread(target=move)
    mover.start()
    yield clock
    mover.join()


def is_said(project: Project, text: str) -> bool:
    """Whether a run of the project has an event with that text."""
    return any(text in file.read_text() for file in project.root.glob(".runner/runs/*/events.jsonl"))


def test_a_run_out_of_time_fails_what_runs_and_what_waits(hanging: Project) -> None:
    hanging.config(
        f"""
        run-timeout = "1h"
        [defaults]
        package = "none"
        interrupt-grace = 0.2
        [sessions.tests]
        commands = ["python hang.py"]
        teardown = [{TEARDOWN}]
        [sessions.report]
        needs = ["tests"]
        commands = ["python --version"]
        """
    )
    with time_is_up_once((hanging.root / "started").exists) as clock:
        invocation = hanging.run("-j2", clock=clock).assert_exit(1)
    ladder_was_climbed(invocation, "tests", f"`python hang.py`: {USED_UP}")
    invocation.assert_cells({"tests": "failed", "report": "failed"})
    assert invocation.cell("report").reason == f"it was not started: {USED_UP}"
    assert (hanging.root / "teardown").exists()
    invocation.assert_said(f"warning: {USED_UP}: stopping the running cells", "2 cells: 2 failed")


def test_a_run_may_run_out_of_time_while_a_cell_waits_for_another_runner(hanging: Project) -> None:
    config = '[sessions.tests]\npackage = "none"\ncommands = ["python hang.py"]\n'
    hanging.config(config)
    with hanging.start() as other:
        other.wait_for(hanging.root / "started")
        hanging.config(f'run-timeout = "1h"\n{config}')
        with time_is_up_once(lambda: is_said(hanging, "waiting for another runner")) as clock:
            invocation = hanging.run(clock=clock).assert_exit(1)
        other.send(signal.SIGKILL)
    assert invocation.cell("tests").reason == f"{USED_UP} while it waited for another runner"


def test_a_run_may_run_out_of_time_while_versions_are_resolved(project: Project) -> None:
    project.config('run-timeout = "1h"\n[sessions.tests]\npackage = "none"\ndeps = ["six"]\ncommands = []\n')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in project.index.variables:
            del project.environ[name]
        project.environ["UV_INDEX_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        with time_is_up_once(lambda: bool(select.select([silent], [], [], 0)[0])) as clock:
            invocation = project.run(clock=clock).assert_exit(1)
    assert invocation.cell("tests").reason == f"lock: {USED_UP}"
    assert processes_about(project) == {}


def test_a_run_may_run_out_of_time_while_the_package_is_built(project: Project) -> None:
    project.file(
        "pyproject.toml",
        """
        [build-system]
        requires = []
        build-backend = "slow"
        backend-path = ["."]
        [project]
        name = "slow"
        version = "1"
        """,
    )
    project.file(
        "slow.py",
        """
        import pathlib, time
        def build_wheel(*_):
            pathlib.Path("started").touch()
            time.sleep(600)
        """,
    )
    project.config('run-timeout = "1h"\n[sessions.tests]\ncommands = []\n')
    with time_is_up_once((project.root / "started").exists) as clock:
        invocation = project.run(clock=clock).assert_exit(1)
    assert invocation.cell("tests").reason == f"package: {USED_UP}"
    assert processes_about(project) == {}


def test_a_signal_after_the_time_for_the_run_is_up_kills_and_the_run_failed(project: Project) -> None:
    project.config(
        f"""
        run-timeout = "1h"
        [sessions.tests]
        package = "none"
        interrupt-grace = 600
        commands = [{family(project, "deaf")}]
        """
    )

    def interrupt() -> None:
        wait_until(lambda: is_said(project, "stopping the running cells"), lambda: "the run was not stopped")
        os.kill(os.getpid(), signal.SIGINT)

    with time_is_up_once((project.root / "started").exists, interrupt) as clock:
        invocation = project.run(clock=clock).assert_exit(1).assert_cells({"tests": "failed"})
    assert invocation.cell("tests").reason.endswith(USED_UP)
    assert processes_about(project) == {}


# Commands that take long are told of.


@pytest.mark.parametrize("others", [0, 1], ids=["followed", "side by side"])
def test_a_slow_command_is_told_of_while_it_runs(project: Project, others: int) -> None:
    code = (
        "import pathlib, sys, time; sys.stdout.write('so far'); pathlib.Path('started').touch()\n"
        "while not pathlib.Path('go').exists(): time.sleep(0.01)\nprint(', and on')"
    )
    other = '[sessions.other]\npackage = "none"\ncommands = []\n' * others
    project.file("slow.py", code)
    project.config(
        f'[sessions.tests]\npackage = "none"\nslow-after = 0.1\ncommands = ["python slow.py"]\n{other}'
    )
    with project.start("-j2") as started:
        wait_until(lambda: "has been running" in started.said(), started.said)
        (project.root / "go").touch()
        invocation = started.wait().assert_exit(0)
    notes = [line for line in invocation.stdout.splitlines() if line.startswith("note: ")]
    assert notes[0].startswith("note: tests: `python slow.py` has been running for ")
