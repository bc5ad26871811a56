"""What a quick verb may import: start-up time is a feature."""

import json
import sys

import pytest

from runner.testing import Project

HEAVY = {"virtualenv", "packaging", "sqlite3", "logging", "filelock", "asyncio"}

TELLS_ITS_MODULES = """
import atexit, json, sys
told = sys.argv.pop(1)
atexit.register(lambda: json.dump(sorted(sys.modules), open(told, "w")))
import runner.__main__
sys.exit(runner.__main__.main())
"""


def modules(project: Project, *argv: str) -> set[str]:
    """Run runner as a process and return the top-level modules that it had imported at its end."""
    told = project.folder / "modules.json"
    program = (sys.executable, "-c", TELLS_ITS_MODULES, str(told))
    project.run_process(*argv, program=program).assert_exit(0)
    names: list[str] = json.loads(told.read_text())
    return {name.partition(".")[0] for name in names}


@pytest.fixture
def matrix(project: Project) -> Project:
    """A project of 100 cells."""
    labels = ", ".join(f'"{number}"' for number in range(25))
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        python = ["3.10", "3.11", "3.12", "3.13"]
        matrix.part = [{labels}]
        commands = ["python --version"]
        """
    )
    return project


@pytest.mark.parametrize(
    "argv",
    [
        ["--version"],
        ["--help"],
        ["list"],
        ["list", "--format", "json"],
        ["list", "--format", "github"],
        ["list", "-e", "py311"],
        ["config", "-e", "tests-py311-part3"],
        ["schema"],
    ],
)
def test_a_quick_verb_imports_nothing_heavy(matrix: Project, argv: list[str]) -> None:
    imported = modules(matrix, *argv)
    assert "runner" in imported
    assert not imported & HEAVY


def test_the_list_has_its_hundred_cells(matrix: Project) -> None:
    cells = json.loads(matrix.run("list", "--format", "json").assert_exit(0).stdout)["cells"]
    assert len(cells) == 100
