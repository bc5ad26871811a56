"""What the tests of the plugin share: a channel with a Python in it, and projects that use it."""

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock
from local_channels import MINOR, Configure, LocalChannel, write_python

import runner_conda
from runner.testing import Project

ACTIVATE = b"""
export DATA_HOME="$CONDA_PREFIX/share/data"
export PATH="$CONDA_PREFIX/extra:$PATH"
export FROM_SCRIPT=script
echo "the data are ready" >&2
"""


@pytest.fixture(scope="session")
def python_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of these tests as a package, written once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "conda-python"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            part = folder.with_name("conda-python.part")
            part.mkdir()
            write_python(part)
            part.rename(folder)
    (file,) = folder.iterdir()
    return file


@pytest.fixture
def channel(project: Project, python_package: Path) -> LocalChannel:
    """A channel below the project's root, with packages that most stories need."""
    channel = LocalChannel(project.root / "channel")
    channel.add_python(python_package)
    channel.distribution("greet", "1.0")
    channel.distribution("greet", "2.0")
    channel.add(
        "data",
        files={
            "etc/conda/activate.d/data.sh": ACTIVATE,
            "etc/conda/env_vars.d/data.json": b'{"FROM_FILE": "$file"}',
            "extra/data-tool": b"",
        },
    )
    channel.index()
    return channel


@pytest.fixture
def configure(project: Project, channel: LocalChannel) -> Configure:
    """Return what writes the config."""
    project.environ["PYTHONPATH"] = str(Path(runner_conda.__file__).parents[1])  # of runners as processes

    def write(
        *packages: str, command: str = "python --version", more: str = "", package: str = "none"
    ) -> None:
        project.config(
            f"""
            plugins = ["runner_conda"]
            [sessions.c]
            backend = "conda"
            python = "{MINOR}"
            package = "{package}"
            channels = ["./{channel.folder.name}"]
            conda-deps = {json.dumps(packages)}
            commands = [{json.dumps(command)}]
            """
        )
        config = project.root / "runner.toml"
        config.write_text(config.read_text() + more)

    return write
