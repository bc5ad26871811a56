"""Installing from the lock file that a tox config names."""

import hashlib

import pytest

from runner.testing import Project
from runner.testing.backend import Metadata, write_wheel

pytestmark = pytest.mark.network


def test_only_the_files_that_a_lock_means_are_installed(project: Project) -> None:
    project.online()
    project.file(
        "src/pyproject.toml",
        '[project]\nname = "beta"\nversion = "2"\n[tool.setuptools]\npy-modules = ["beta"]\n',
    )
    project.file("src/beta.py", "")
    about: Metadata = {
        "name": "alpha",
        "version": "1",
        "tag": "py3-none-any",
        "requires": [],
        "extras": {},
        "entry_points": {},
        "source": "",
        "counter": "",
        "fault": "",
    }
    wheel = write_wheel(project.root, about, {"alpha.py": b""})
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for name, sha256 in (("right", right), ("wrong", "0" * 64)):
        project.file(
            f"pylock.{name}.toml",
            f"""
            [[packages]]
            name = "alpha"
            requires-python = ">=3.8"
            archive = {{ path = "{wheel.name}", hashes = {{ sha256 = "{sha256}" }} }}
            [[packages]]
            name = "beta"
            requires-python = ">=3.8"
            marker = "'x' not in extras and python_version > '3'"
            directory = {{ path = "src", editable = true }}
            [[packages]]
            name = "gamma"
            requires-python = "<3"
            archive = {{ path = "gamma-1-py3-none-any.whl", hashes = {{ sha256 = "{sha256}" }} }}
            """,
        )
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = right, wrong
        no_package = true
        [testenv]
        pylock = pylock.{env_name}.toml
        commands = python -c "import alpha, beta; print('from', beta.__file__)"
        """,
    )
    ran = project.run().assert_exit(4).assert_cells({"right": "passed", "wrong": "error"})
    ran.assert_said("no file of alpha has a sha256")
    assert f"from {project.root / 'src' / 'beta.py'}" in ran.log("right")
