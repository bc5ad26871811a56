"""runner killed by KILL, which it cannot see coming: its guard ends what it had started."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from tests.faults.families import LONG, family, processes_about, wait_until, wait_until_gone

from runner.testing import Project, python_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")

HASTY = "interrupt-grace = 0.3\nterminate-grace = 0.3"
PATIENT = "interrupt-grace = 600\nterminate-grace = 600"
ROUNDS = 100 if LONG else 3

# A runner without standard streams, at the end of a shell's patience.
STREAMLESS = ("/bin/sh", "-c", 'exec "$0" -m runner "$@" <&- >&- 2>&-', sys.executable)


def one(command: str, *more: str) -> str:
    return "\n".join(("[sessions.tests]", 'package = "none"', f"commands = [{command}]", *more, ""))


def next_run_works(project: Project) -> None:
    project.config(one(python_command("print('again')")))
    assert "again" in project.run_process().assert_exit(0).log("tests")


def test_what_a_killed_runner_started_ends(project: Project) -> None:
    project.config(one(family(project, "deaf", "closed")))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGKILL)
        wait_until_gone(project)
    next_run_works(project)


def test_the_guard_needs_no_standard_streams(project: Project) -> None:
    project.config(one(python_command("raise SystemExit(3)")))
    assert project.run_process(program=STREAMLESS).assert_exit(1).cell("tests").outcome == "failed"
    project.config(one(family(project)))
    with project.start(program=STREAMLESS) as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGKILL)
        wait_until_gone(project)


def test_a_runner_that_is_killed_while_many_cells_start_leaves_nothing(project: Project) -> None:
    script = "setsid sleep 600 & env -i FROM=$RUNNER_ROOT sleep 600 & wait"
    project.config(
        f"""
        [sessions.tests]
        backend = "none"
        matrix.n = {json.dumps(list(map(str, range(16))))}
        commands = {json.dumps([["sh", "-c", "exit 0"], ["sh", "-c", script]])}
        """
    )
    moments = random.Random(4)  # noqa: S311 - no secret
    runs = project.root / ".runner" / "logs"
    for _ in range(ROUNDS):
        with project.start("-j16", "-q") as started:
            wait_until(lambda: any(runs.glob("*/*.log")), started.said)
            time.sleep(moments.random() * 0.3)
            started.send(signal.SIGKILL)
            wait_until_gone(project)
        for log in runs.glob("*/*.log"):
            log.unlink()
    next_run_works(project)


def nest(project: Project) -> None:
    """Let the project's command be another runner, whose command is a family."""
    project.file("inner/runner.toml", one(family(project, "deaf"), HASTY, 'cwd = ".."'))
    runner = json.dumps([sys.executable, "-m", "runner"])
    cache = json.dumps(str(project.folder / "inner-cache"))
    outer = (f"env = {{ RUNNER_CACHE_DIR = {cache} }}", 'allow-external = ["*"]', 'cwd = "inner"')
    project.config(one(runner, *outer))


def test_a_runner_within_a_runner_ends_with_it(project: Project) -> None:
    nest(project)
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGKILL)
        wait_until_gone(project)


def test_a_killed_runner_within_a_runner_is_a_failure_and_leaves_nothing(project: Project) -> None:
    nest(project)
    with project.start() as started:
        started.wait_for(project.root / "started")
        os.kill(int((project.root / "started").read_text()), signal.SIGKILL)
        invocation = started.wait().assert_exit(1)
        wait_until_gone(project)
    assert "was killed by SIGKILL" in invocation.cell("tests").reason


def test_a_signal_reaches_the_runner_within_a_runner(project: Project) -> None:
    nest(project)
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        invocation = started.wait().assert_exit(130)
    assert processes_about(project) == {}
    assert [step.exit for step in invocation.cell("tests").steps if step.argv] == [130]


def test_a_second_signal_ends_the_runner_within_a_runner_too(project: Project) -> None:
    nest(project)
    patient = (project.root / "inner/runner.toml").read_text().replace(HASTY, PATIENT)
    project.file("inner/runner.toml", patient)
    project.config((project.root / "runner.toml").read_text() + PATIENT)
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        wait_until(lambda: started.said().count("once more kills them") == 2, started.said)
        started.send(signal.SIGINT)
        started.wait().assert_exit(130)
        wait_until_gone(project)


# Elsewhere.


def unshared(*options: str) -> tuple[str, ...]:
    """Return a command line that runs runner in namespaces of its own; skip where that is not allowed."""
    unshare = ("unshare", *options)
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("this needs leave to unshare namespaces")
    return unshare


def test_runner_may_be_the_first_process_of_a_container(project: Project) -> None:
    alone = unshared("--pid", "--fork", "--mount-proc", "--kill-child")
    leave = python_command(
        "import os; assert os.getppid() == 1; os.system('setsid sleep 600 &'); os._exit(7)"
    )
    project.config(one(leave))
    invocation = project.run_process(program=(*alone, sys.executable, "-m", "runner")).assert_exit(1)
    assert [step.exit for step in invocation.cell("tests").steps if step.argv] == [7]
    invocation.assert_said("left a process running, killed: sleep 600")
    wait_until_gone(project)


def test_without_a_proc_file_system_the_group_is_still_ended(project: Project) -> None:
    blind = (*unshared("--mount"), "/bin/sh", "-c", 'mount -t tmpfs none /proc && exec "$0" -m runner "$@"')
    project.config(one(python_command("import os; os.system('sleep 600 &'); os._exit(7)")))
    invocation = project.run_process(program=(*blind, sys.executable)).assert_exit(1)
    assert [step.exit for step in invocation.cell("tests").steps if step.argv] == [7]
    assert processes_about(project) == {}
    project.config(one(python_command("import os, time; open('started', 'w'); os.system('sleep 600')")))
    with project.start(program=(*blind, sys.executable)) as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGKILL)
        wait_until_gone(project)
