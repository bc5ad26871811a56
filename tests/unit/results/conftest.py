"""A rendered cell, as far as collectors look at it."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace
from tests.unit.settings import RENDERED, UNRENDERED

from runner.model.plan import Cell, EnvSpec, ReadyCell, ReadySteps
from runner.model.python import PythonSpec
from runner.model.results import Attempt, Collected
from runner.model.settings import Steps
from runner.model.text import Origin
from runner.results import JUnitCollector

Junit = str | Literal[False] | None


def _ready(root: Path, junit: Junit) -> ReadyCell:
    python = PythonSpec(text="3.11", version=(3, 11))
    cell = Cell(
        id="tests-py311",
        session="tests",
        type="python",
        folder="tests-py311",
        point=(),
        python=python,
        factors=("py311",),
        description="",
        tags=(),
        default=True,
        platforms=(),
        needs=(),
        after=(),
        alone=True,
        settings=UNRENDERED,
        steps=Steps(),
        sources={},
        origin=Origin("runner.toml", 1, "sessions.tests"),
    )
    return ReadyCell(
        cell=cell,
        settings=replace(RENDERED, junit=junit),
        spec=EnvSpec(root=str(root), backend="virtualenv", installer="uv", python=python),
        steps=ReadySteps(),
        variables={},
        root=str(root),
        env_dir=str(root / ".runner/envs/tests-py311"),
        tmp=str(root / ".runner/envs/tests-py311/tmp"),
    )


Collect = Callable[..., Collected]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that RUNNER_JUNIT_DIR names."""
    folder = tmp_path / "junit"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The project."""
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def collect(root: Path, folder: Path) -> Collect:
    """Collect an attempt that took one second; `junit` is the cell's setting."""

    def collect(junit: Junit = None) -> Collected:
        attempt = Attempt(number=1, outcome="passed", duration=1.0)
        return JUnitCollector().collect(_ready(root, junit), attempt, folder)

    return collect
