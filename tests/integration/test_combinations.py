"""The same project under every backend and installer, on old Pythons and new, without a network."""

import os
import shutil
from pathlib import Path

import pytest
from tests.integration.conftest import OWN
from virtualenv.seed.wheels.embed import get_embed_wheel

from runner.testing import Project
from runner.testing.machine import interpreter_variables

PYENV = interpreter_variables(os.environ, Path.home()).get("PYENV_ROOT", "/nowhere")
PYTHON_2 = sorted(Path(PYENV).glob("versions/2.7.*/bin/python2.7"))


@pytest.fixture
def greeter(project: Project) -> Project:
    """A project that setuptools builds, and that depends on a package."""
    setuptools = get_embed_wheel("setuptools", OWN)
    assert setuptools is not None
    shutil.copy(setuptools.path, project.index.folder)
    project.index.add("left")
    project.write(
        {
            "pyproject.toml": """
                [build-system]
                requires = ["setuptools"]
                build-backend = "setuptools.build_meta"
                """,
            "setup.py": """
                from setuptools import setup
                setup(name="greeter", version="1.0", py_modules=["greeter"], install_requires=["left"],
                      extras_require={"more": ["right"]})
                """,
            "greeter.py": """
                import left, right
                print("greeted with", left.VERSION, right.VERSION)
                """,
        }
    )
    project.index.add("right")
    project.index.add("test-tool", modules={"test_tool.py": ""})
    return project


def test_every_backend_and_installer_serves_every_python(greeter: Project) -> None:
    """The wheel is built once, by the Python that runs the tests; who has it has no need of setuptools."""
    greeter.config(
        f"""
        missing-python = "skip"
        [sessions.t]
        python = ["{OWN}", "3.6", "3.7"]
        extras = ["more"]
        deps = ["test-tool"]
        commands = ["python -c 'import greeter, test_tool, sys; assert sys.prefix != sys.base_prefix'"]
        [sessions.t.matrix]
        backend = ["virtualenv", "venv"]
        installer = ["uv", "pip"]
        """
    )
    own = f"t-py{OWN.replace('.', '')}-virtualenv-uv"
    greeter.run("-e", own).assert_exit(0).assert_cells({own: "passed"})
    cells = greeter.run().assert_exit(0).cells
    assert len(cells) == 12
    for cell in cells.values():
        if cell.outcome == "skipped":
            assert "is not installed" in cell.reason, cell
        else:
            names = [f"{package.name} {package.version}" for package in cell.packages]
            assert names == ["greeter 1.0", "left 1.0", "right 1.0", "test-tool 1.0"], cell.id


def test_what_no_environment_can_be_made_of_runs_commands_by_its_path(project: Project) -> None:
    """One message for Python 2.7, whoever asks for it and however, and what it offers works."""
    python = str(PYTHON_2[-1]) if PYTHON_2 else "/nowhere/python2.7"
    project.config(
        f"""
        missing-python = "error"
        [sessions.asked]
        python = "2.7"
        matrix.backend = ["virtualenv", "venv", "none"]
        commands = ["python -V"]
        [sessions.path]
        python = "{python}"
        matrix.backend = ["virtualenv", "venv", "none"]
        commands = ["python -c 'import sys; assert sys.version_info[0] == 2'"]
        """
    )
    ran = project.run("-e", "asked").assert_exit(4)
    why = "Python 2.7 cannot be used: virtualenv, uv and pip serve Python 3.6 and newer"
    assert {cell.reason for cell in ran.cells.values()} == {why}
    assert 'backend = "none" runs commands on it as it is, with its path: python = "' in ran.stdout
    if not PYTHON_2:
        pytest.skip("there is no Python 2.7 to name")
    ran = project.run("-e", "path").assert_exit(4)
    ran.assert_cells({"path-none": "passed", "path-virtualenv": "error", "path-venv": "error"})
    assert ran.cells["path-virtualenv"].reason == ran.cells["path-venv"].reason == why
    assert f'python = "{python}"' in ran.stdout
    listed = project.run("python", "list").assert_exit(0)
    for asking in ("asked-virtualenv, asked-venv, asked-none", "path-virtualenv, path-venv"):
        listed.assert_said(f'with its path: python = "{python}"\nasked for by: {asking}\n')
    assert listed.stdout.count(f"{why}\n") == 2


def test_an_installer_that_has_nothing_to_install_is_not_asked(project: Project) -> None:
    project.config(
        """
        missing-python = "skip"
        [sessions.t]
        python = "3.7"
        backend = "none"
        installer = "pip"
        commands = ["python -c ''"]
        """
    )
    assert project.run().cells["t"].outcome in {"passed", "skipped"}
