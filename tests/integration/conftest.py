"""What integration tests share: the Pythons of this machine, and an offline pytest."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from runner.testing import Index, Project
from runner.testing.machine import interpreter_variables

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that runs the tests, as a cell's `python` names it."""


def _installed(version: str) -> bool:
    pyenv = interpreter_variables(os.environ, Path.home()).get("PYENV_ROOT")
    if pyenv and any((Path(pyenv) / "versions").glob(f"{version}.*/bin/python")):
        return True
    found = shutil.which(f"python{version}")
    return found is not None and "shims" not in Path(found).parts


@pytest.fixture(scope="session")
def two_pythons() -> tuple[str, str]:
    """The Python that runs the tests and one other, lower first."""
    others = [version for version in ("3.13", "3.12", "3.11", "3.10") if version != OWN]
    for version in others:
        if _installed(version):
            lower, higher = sorted((OWN, version), key=lambda text: int(text.partition(".")[2]))
            return lower, higher
    pytest.skip("needs a second Python, 3.10 to 3.13, and none is installed")


@pytest.fixture(scope="session")
def wheels_of_pytest(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index that holds the pytest that runs these tests."""
    index = Index(tmp_path_factory.mktemp("pytest-wheels"))
    index.add_installed("pytest")
    return index


@pytest.fixture
def with_pytest(project: Project, wheels_of_pytest: Index) -> Project:
    """A project whose index holds pytest."""
    for wheel in wheels_of_pytest.folder.glob("*.whl"):
        shutil.copy(wheel, project.index.folder)
    return project
