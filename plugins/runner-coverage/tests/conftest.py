"""What the tests of the plugin share: two Pythons, and an offline coverage that each of them can run."""

import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from runner.testing import Index, Project
from runner.testing.machine import environ, interpreter_variables

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session")
def two_pythons() -> tuple[str, str]:
    """The Python that runs the tests and one other, lower first."""
    for version in ("3.13", "3.12", "3.11"):
        if version != OWN and _installed(version):
            lower, higher = sorted((OWN, version), key=lambda text: int(text.partition(".")[2]))
            return lower, higher
    pytest.skip("needs a second Python, 3.11 to 3.13, and none is installed")


def _installed(version: str) -> bool:
    pyenv = interpreter_variables(environ(), Path.home()).get("PYENV_ROOT")
    if pyenv and any((Path(pyenv) / "versions").glob(f"{version}.*/bin/python")):
        return True
    found = shutil.which(f"python{version}")
    return found is not None and "shims" not in Path(found).parts


@pytest.fixture(scope="session")
def wheel_of_coverage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The coverage that runs these tests, as a wheel without compiled code: for any Python."""
    installed = metadata.distribution("coverage")
    modules = {
        file.as_posix(): Path(str(installed.locate_file(file))).read_text("utf-8")
        for file in installed.files or ()
        if file.suffix == ".py" and file.parts[0] == "coverage"
    }
    index = Index(tmp_path_factory.mktemp("coverage-wheel"))
    scripts = {"coverage": "coverage.cmdline:main"}
    return index.add("coverage", installed.version, modules=modules, scripts=scripts)


@pytest.fixture
def shop(project: Project, wheel_of_coverage: Path) -> Project:
    """A project with a small package, one of whose lines depends on the Python, and a check that runs it.

    The check also starts a process, which alone runs `shop.inner`.
    """
    shutil.copy(wheel_of_coverage, project.index.folder)
    project.package("shop", modules={"shop/__init__.py": SHOP, "shop/inner.py": INNER})
    project.file("check.py", CHECK)
    return project


SHOP = """\
import sys


def which():
    if sys.version_info >= {split}:
        return "new"
    return "old"


def never():
    return None
"""

INNER = """\
DEEP = 1
"""

CHECK = """
import subprocess
import sys

import shop

shop.which()
subprocess.run([sys.executable, "-c", "import shop.inner"], check=True)
"""
