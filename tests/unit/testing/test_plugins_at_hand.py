"""What the harness gives to authors of plugins: plugins handed over, a fake backend, questions to a run."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import runner
from runner.testing import FakeBackend, Project

TWO_STEPS = """
    [sessions.check]
    backend = "fake"
    deps = ["left>=1"]
    setup = ["greet setup"]
    commands = ["greet {session}"]
"""


class Verdict:
    """A plugin that is an object."""

    @runner.hookimpl
    def runner_finish(self, result: runner.RunResult) -> runner.Finish:
        return runner.Finish(lines=(f"saw {len(result.cells)} cell",), exit_code=7)


def test_a_fake_backend_runs_programs_of_the_test(project: Project) -> None:
    backend = FakeBackend({"greet": 'echo "hello $1"'}, packages=(runner.Installed("left", "1.2"),))
    project.config(TWO_STEPS)
    run = project.run(plugins=(backend,)).assert_exit(0).assert_cells({"check": "passed"})
    assert "hello check\n" in run.log("check")
    assert run.cell("check").version("left") == "1.2"
    assert [(spec.cell, spec.requirements) for spec in backend.specs] == [("check", ("left>=1",))]


def test_a_plugin_that_is_handed_over_is_a_guest_like_any(project: Project) -> None:
    project.config(TWO_STEPS)
    fake = FakeBackend({"greet": ":"})
    run = project.run(plugins=(fake, Verdict())).assert_exit(7)
    assert run.lines == ("saw 1 cell", "exit code 7: the plugin Verdict asked for it")
    project.run("--no-plugin", "Verdict", plugins=(fake, Verdict())).assert_exit(0)
    project.run("plugins", plugins=(fake,)).assert_exit(0).assert_said("FakeBackend given")


def test_two_objects_of_one_class_are_two_plugins(project: Project) -> None:
    project.config(TWO_STEPS)
    twice = (Verdict(), Verdict())
    run = project.run("--no-plugin", "Verdict-2", plugins=(FakeBackend({"greet": ":"}), *twice))
    assert run.assert_exit(7).lines[0] == "saw 1 cell"
    run = project.run(plugins=(FakeBackend({"greet": ":"}), FakeBackend(name="other"), *twice))
    assert run.assert_exit(7).lines[:2] == ("saw 1 cell", "exit code 7: the plugin Verdict-2 asked for it")
    project.run(plugins=(FakeBackend(), FakeBackend())).assert_exit(2).assert_said(
        "plugins FakeBackend and FakeBackend-2 both provide the backend 'fake'"
    )


class Misspelt:
    @runner.hookimpl
    def runner_finnish(self) -> None: ...


class Raises:
    @runner.hookimpl
    def runner_finish(self) -> runner.Finish:
        raise ValueError("odd")


@pytest.mark.parametrize(
    ("plugin", "code", "says"),
    [
        (Misspelt(), 2, "plugin 'Misspelt' fills a hook that does not exist: runner_finnish did you mean"),
        (Verdict, 2, "plugin 'Verdict' is a class give an instance of it: Verdict()"),
        (ModuleType("empty"), 2, "plugin 'empty' fills no hook"),
        (Raises(), 0, "plugin Raises:"),
    ],
)
def test_what_is_handed_over_is_checked_and_blamed(
    project: Project, plugin: object, code: int, says: str
) -> None:
    project.config(TWO_STEPS)
    run = project.run(plugins=(FakeBackend({"greet": ":"}), plugin))
    assert run.exit_code == code
    run.assert_said(says)


class Worried:
    @runner.hookimpl
    def runner_collector(self) -> runner.Collector:
        return self

    def collect(self, cell: runner.ReadyCell, result: runner.Attempt, folder: Path) -> runner.Collected:
        return runner.Collected(warnings=("it looks odd",))


def test_questions_to_a_run(project: Project) -> None:
    project.config(TWO_STEPS)
    run = project.run(plugins=(FakeBackend({"greet": ":"}), Raises()))
    run.assert_events(runner.RunStarted, runner.CellStarted, runner.CellFinished, runner.RunFinished)
    assert [body.result.id for body in run.of(runner.CellFinished)] == ["check"]
    assert run.cell("check").phases()[-3:] == ("setup", "command", "collect")
    with pytest.raises(AssertionError, match="no CellStarted where it is expected"):
        run.assert_events(runner.CellFinished, runner.CellStarted)
    assert run.warnings == ()
    warned = project.run(plugins=(FakeBackend({"greet": ":"}), Worried()))
    assert warned.warnings == ("it looks odd",)


def test_packages_at_hand(project: Project) -> None:
    project.index.add_samples()
    project.config(
        """
        [sessions.check]
        package = "none"
        deps = ["right", "hello", "left<2"]
        commands = ["hello you"]
        """
    )
    run = project.run().assert_exit(0)
    assert "hello you\n" in run.log("check")
    assert {name: run.cell("check").version(name) for name in ("left", "right")} == {
        "left": "1.0",
        "right": "1.0",
    }


def test_only_its_plugin_imports_pytest() -> None:
    code = "import runner.testing, sys; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
