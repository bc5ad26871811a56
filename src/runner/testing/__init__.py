"""For the tests of plugins and of runner itself: projects, invocations, wheels, fakes.

`pytest_plugins = ["runner.testing.plugin"]` in a conftest.py gives the fixture `project`::

    def test_a_failing_command_fails_its_cell(project: Project) -> None:
        project.config('''
            [sessions.check]
            package = "none"
            commands = ["python -c 'raise SystemExit(3)'"]
        ''')
        outcome = project.run()
        outcome.assert_exit(1).assert_cells({"check": "failed"})

Only `runner.testing.plugin` imports pytest, which is no dependency of runner: whoever tests brings it.
"""

from runner.testing.commands import python_command, write_program
from runner.testing.fake_backend import FakeBackend
from runner.testing.fakes import FakeClock, FakeProcesses, FakeStop, RecordingProcesses
from runner.testing.invocation import (
    Invocation,
    Result,
    ShownCell,
    ShownPackage,
    ShownRun,
    ShownStep,
    ShownTest,
)
from runner.testing.process import Started
from runner.testing.project import Project
from runner.testing.wheels import Index, make_wheel

__all__ = [
    "FakeBackend",
    "FakeClock",
    "FakeProcesses",
    "FakeStop",
    "Index",
    "Invocation",
    "Project",
    "RecordingProcesses",
    "Result",
    "ShownCell",
    "ShownPackage",
    "ShownRun",
    "ShownStep",
    "ShownTest",
    "Started",
    "make_wheel",
    "python_command",
    "write_program",
]
