"""The pytest plugin: `pytest_plugins = ["runner.testing.plugin"]` in a conftest.py gives these fixtures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.fakes import FakeClock, FakeStop
from runner.testing.project import Project


@pytest.fixture
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """Return a call that makes one more empty project, apart from all others."""

    def make() -> Project:
        return Project(tmp_path_factory.mktemp("runner"))

    return make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project with a home, caches and an index of its own."""
    return Project(tmp_path)


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that moves by hand."""
    return FakeClock()


@pytest.fixture
def fake_stop() -> FakeStop:
    """A stop that the test raises."""
    return FakeStop()
