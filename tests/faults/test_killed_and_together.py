"""Runs that are killed at any moment, and many runs at once: whatever happened, the next run is right.

The moments are chosen by a seeded generator, so that a failure can be had again; how far a run got by then
depends on the machine. `RUNNER_LONG_FAULTS=1` makes it many rounds.
"""

import os
import random
import shutil
import signal
import time
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from runner.testing import Project, python_command

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
KILLED_ROUNDS = 20 if LONG else 1
TOGETHER_ROUNDS = 8 if LONG else 1

LONGEST = {"cold": 2.0, "changed": 0.8, "warm": 0.8}
"""Seconds within which a run of that kind is killed: about as long as it takes."""

USES = "import attrs, greeter, six; print('greeter', greeter.VERSION)"
QUIET = ("-q", "-j2")


def project_in(folder: Path) -> Project:
    """Return a project with a package, dependencies and two cells that use all of it."""
    project = Project(folder)
    project.index.add("attrs", "25.1")
    project.index.add("six")
    project.package("greeter", requires=("attrs",))
    project.config(
        f"""
        [sessions.tests]
        deps = ["six"]
        commands = [{python_command(USES)}]
        [sessions.tests.matrix]
        n = ["1", "2"]
        """
    )
    return project


def shown(project: Project) -> set[str]:
    """Run to the end, and return what each cell printed of the package."""
    outcome = project.run_process("-j2").assert_exit(0)
    assert set(outcome.cells) == {"tests-n1", "tests-n2"}
    return {
        line for id_ in outcome.cells for line in outcome.log(id_).splitlines() if line.startswith("greeter ")
    }


def test_after_a_run_that_was_killed_the_next_one_is_right(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    moments = random.Random(1)  # noqa: S311 - no secret
    version = "1.0"
    assert shown(project) == {"greeter 1.0"}
    for number, kind in product(range(KILLED_ROUNDS), LONGEST):
        if kind == "cold":
            shutil.rmtree(project.folder / "cache")
        if kind == "changed":
            version = f"1.{number + 1}"
            project.file("src/greeter.py", f"VERSION = {version!r}\n")
        with project.start(*QUIET) as started:
            time.sleep(moments.random() * LONGEST[kind])
            started.send(signal.SIGKILL)
            started.wait()
        assert shown(project) == {f"greeter {version}"}
    scratch = project.root / ".runner" / "scratch"
    assert [path for path in scratch.iterdir() if path.is_dir()] == []


def test_runs_at_once_in_several_projects_that_share_caches_are_all_right(tmp_path: Path) -> None:
    projects = tuple(project_in(tmp_path / name) for name in ("a", "b"))
    caches = {"RUNNER_CACHE_DIR": str(tmp_path / "cache"), "UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    for number in range(TOGETHER_ROUNDS):
        if number % 2 == 0:
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        with ExitStack() as stack:
            started = [
                stack.enter_context(project.start(*QUIET, env=caches)) for project in (*projects, *projects)
            ]
            for each in started:
                outcome = each.wait().assert_exit(0)
                assert {cell.outcome for cell in outcome.cells.values()} == {"passed"}
