"""Several runners at once, in one project and in projects that share their caches: all are right, none hangs.

`RUNNER_LONG_FAULTS=1` makes it many rounds.
"""

import os
import random
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from filelock import FileLock
from tests.faults.victim import LONG, Victim, is_running, kill, waited_for

from runner.testing import Project, python_command
from runner.testing.process import Started

ROUNDS = 12 if LONG else 1


class Two(NamedTuple):
    """Two projects that share their caches."""

    a: Victim
    b: Victim

    def start(self, victim: Victim, *argv: str) -> Started:
        caches = {
            "RUNNER_CACHE_DIR": str(self.a.cache),
            "UV_CACHE_DIR": str(self.a.cache.parent / "uv-cache"),
        }
        return victim.start(*argv, env=caches)


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(Victim(tmp_path / "a"), Victim(tmp_path / "b"))


RUNS = ((), ("-j2",), ("--reuse",), ("-e", "tests-n1"), ("-e", "tests-n2"), ("--upgrade",))
OTHERS = (("lock",), ("clean",), ("clean", "-e", "tests-n1"), ("clean", "--cache"))


@pytest.mark.parametrize("count", [2, 3, 5, 8] if LONG else [5])
def test_runners_at_once_are_all_right_whatever_the_others_do(two: Two, count: int) -> None:
    moments = random.Random(count)  # noqa: S311 - no secret
    for number in range(ROUNDS):
        if number % 3 == 0:
            two.a.make_cold()
        with ExitStack() as stack:
            started = []
            for at in range(count):
                victim = two[at % 2]
                argv = moments.choice(RUNS if at % 4 < 3 else OTHERS)
                started.append((stack.enter_context(two.start(victim, *argv)), victim))
                if at == 1:
                    victim.change()
            time.sleep(moments.random())
            killed = moments.randrange(count)
            kill(started[killed][0])
            for at, (each, _) in enumerate(started):
                if at != killed:
                    each.wait().assert_exit(0)
    for victim in two:
        for lock in (victim.project.root / "locks").glob("*"):
            lock.unlink()
        victim.project.environ |= {
            "RUNNER_CACHE_DIR": str(two.a.cache),
            "UV_CACHE_DIR": str(two.a.cache.parent / "uv-cache"),
        }
        victim.check()
    two.a.check_that_nothing_stays()


def test_runs_of_different_cells_that_end_at_once_all_are_in_the_history(project: Project) -> None:
    names = [f"cell{number}" for number in range(6)]
    project.config("".join(f'[sessions.{name}]\npackage = "none"\ncommands = ["true"]\n' for name in names))
    project.config((project.root / "runner.toml").read_text().replace('["true"]', '[["python", "-c", ""]]'))
    with ExitStack() as stack:
        started = [stack.enter_context(project.start("-e", name)) for name in names]
        for each in started:
            each.wait().assert_exit(0)
    work_dir = project.root / ".runner"
    durations = msgspec.json.decode((work_dir / "durations.json").read_bytes(), type=dict[str, float])
    assert sorted(durations) == names
    results = [path for path in (work_dir / "runs").glob("*/result.json") if b'"passed"' in path.read_bytes()]
    assert len(results) == len(names)


WAITS = """
import os, pathlib, sys, time
pathlib.Path("begun").touch()
while not os.path.exists("go-on"):
    time.sleep(0.01)
"""


@pytest.fixture
def waiting(project: Project) -> Project:
    """Return a project with a cell that goes on when the file `go-on` is there."""
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(WAITS)}]\n')
    return project


def said(started: Started, text: str) -> None:
    """Wait until runner said that."""
    waited_for(lambda: text in started.said() or not is_running(started))
    assert text in started.said(), started.said()


def test_who_waits_for_a_runner_that_was_stopped_names_it_and_can_be_interrupted(waiting: Project) -> None:
    with waiting.start() as first, waiting.start() as second:
        first.wait_for(waiting.root / "begun")
        holder = first if f"pid {second.pid}" not in first.said() else second
        waiter = second if holder is first else first
        holder.send(signal.SIGSTOP)
        said(waiter, f"tests: waiting for another runner (pid {holder.pid}, since ")
        waiter.send(signal.SIGINT)
        waiter.wait().assert_exit(130).assert_said("stopped by INT")
        holder.send(signal.SIGCONT)
        (waiting.root / "go-on").touch()
        holder.wait().assert_exit(0)


def test_a_runner_that_was_stopped_while_it_asked_an_interpreter_holds_up_nobody(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\ncommands = [["python", "-c", ""]]\n')
    project.run_process().assert_exit(0)
    kept = project.folder / "cache" / "interpreters"
    answers = tuple(kept.glob("py_info/*/*.json"))
    assert answers
    with ExitStack() as stack:
        for answer in answers:  # virtualenv's lock is beside it
            stack.enter_context(FileLock(answer.with_suffix(".lock")))
            answer.unlink()
        for folder in ("answers", "blanks"):
            shutil.rmtree(kept / folder)
        project.run_process().assert_exit(0)


def test_clean_waits_for_a_cell_that_runs_and_never_takes_its_results(waiting: Project) -> None:
    with waiting.start() as running:
        running.wait_for(waiting.root / "begun")
        waiting.run_process("clean", "--all").assert_exit(4).assert_said(f"pid {running.pid}", "stop it")
        with waiting.start("clean") as cleaning:
            said(cleaning, f"tests: waiting for another runner (pid {running.pid}, since ")
            (waiting.root / "go-on").touch()
            running.wait().assert_exit(0)
            assert cleaning.wait().assert_exit(0).stdout == "removed envs/tests\n"
    waiting.run_process("clean", "--all").assert_exit(0)
    assert not (waiting.root / ".runner").exists()


def test_clean_that_waits_can_be_interrupted(waiting: Project) -> None:
    with waiting.start() as running:
        running.wait_for(waiting.root / "begun")
        with waiting.start("clean") as cleaning:
            said(cleaning, "tests: waiting for another runner")
            cleaning.send(signal.SIGINT)
            cleaning.wait().assert_exit(130)
        (waiting.root / "go-on").touch()
        running.wait().assert_exit(0)


SLOW_GUARD = """
import sys, time
if "runner.process.last_resort" in sys.orig_argv:
    time.sleep(1)
"""

SCRIBBLES = """
import os, pathlib, sys, time
if sys.argv[1:] == ["first"]:
    pathlib.Path("begun").touch()
    for number in range(10**9):
        try:
            open(os.path.join(os.environ["VIRTUAL_ENV"], f"scribble-{number % 100}"), "w").close()
        except OSError:
            pass
left = [name for name in os.listdir(os.environ["VIRTUAL_ENV"]) if name.startswith("scribble")]
assert not left, left
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other processes are seen on Linux only")
def test_who_takes_over_from_a_killed_runner_gets_no_environment_that_its_steps_still_write_to(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "sitecustomize.py").write_text(SLOW_GUARD)
    project.config(
        f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(SCRIBBLES, "{posargs}")}]\n'
    )
    project.run_process("--", "other").assert_exit(0)
    with project.start("--", "first", env={"PYTHONPATH": str(tmp_path / "slow")}) as first:
        first.wait_for(project.root / "begun")
        with project.start("--", "second") as second:
            said(second, f"tests: waiting for another runner (pid {first.pid}, since ")
            kill(first)
            second.wait().assert_exit(0)


BUILD_WAITS = """
import os, time
from backend import *
from backend import build_wheel as build

def build_wheel(*arguments):
    open("begun", "w").close()
    while not os.path.exists("go-on"):
        time.sleep(0.01)
    return build(*arguments)
"""


def test_who_waits_for_a_build_of_another_runner_names_it_and_takes_what_it_built(project: Project) -> None:
    project.package("greeter")
    project.file("_build/slow.py", BUILD_WAITS)
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('build-backend = "backend"', 'build-backend = "slow"'))
    project.file(".gitignore", "/begun\n/go-on\n")
    project.git()
    uses = python_command("import greeter")
    project.config(f"[sessions.a]\ncommands = [{uses}]\n[sessions.b]\ncommands = [{uses}]\n")
    with project.start("-e", "a") as first:
        first.wait_for(project.root / "begun")
        with project.start("-e", "b") as second:
            said(second, f"the build of the package: waiting for another runner (pid {first.pid}, since ")
            (project.root / "go-on").touch()
            first.wait().assert_exit(0)
            second.wait().assert_exit(0)
    assert project.builds == ("wheel",)


def test_when_the_runner_that_builds_is_killed_the_one_that_waits_builds(project: Project) -> None:
    project.package("greeter")
    project.file("_build/slow.py", BUILD_WAITS)
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('build-backend = "backend"', 'build-backend = "slow"'))
    project.config(f"[sessions.a]\ncommands = [{python_command('import greeter')}]\n")
    with project.start("-e", "a") as first:
        first.wait_for(project.root / "begun")
        with project.start("-e", "a") as second:
            said(second, "waiting for another runner")
            kill(first)
            (project.root / "go-on").touch()
            second.wait().assert_exit(0)
    project.run_process().assert_exit(0)
    assert os.listdir(project.root / ".runner" / "scratch") == []  # noqa: PTH208 - the names are the point
