"""An index that fails in every way, and locks that no longer fit it: clear errors; the next run works."""

import signal
import time
from collections.abc import Iterator

import pytest
from tests.integration.index_server import Fault, IndexServer, serving

from runner.testing import Project

CONFIG = """
[sessions.tests]
package = "none"
deps = ["attrs"]
commands = ["python -c 'import attrs; print(attrs.VERSION)'"]
"""


@pytest.fixture
def index(project: Project) -> Iterator[IndexServer]:
    project.index.add("attrs", "25.1")
    project.config(CONFIG)
    with serving(project.index.folder) as server:
        for name in ("PIP_FIND_LINKS", "PIP_NO_INDEX"):
            project.environ.pop(name, None)
        project.environ |= server.variables
        yield server


@pytest.mark.parametrize("fault", ["silent", "500", "cut"])
def test_an_index_that_fails_while_resolving_is_one_clear_error(
    project: Project, index: IndexServer, fault: Fault
) -> None:
    index.pages = fault
    failed = project.run().assert_exit(4).assert_cells({"tests": "error"})
    assert failed.cell("tests").reason.startswith("could not resolve the requirements for Python")
    index.pages = "none"
    project.run().assert_exit(0)


@pytest.mark.parametrize("fault", ["silent", "500", "cut", "404"])
def test_a_download_that_fails_is_one_clear_error_and_leaves_nothing_half_written(
    project: Project, index: IndexServer, fault: Fault
) -> None:
    # Pages carry no metadata files, so that resolving reads the wheel: it is cached by then, and removed.
    index.files = fault
    failed = project.run().assert_exit(4).assert_cells({"tests": "error"})
    assert "attrs" in failed.log("tests")
    index.files = "none"
    assert "25.1" in project.run().assert_exit(0).log("tests")


def test_a_warm_run_asks_nothing_of_the_index(project: Project, index: IndexServer) -> None:
    project.run().assert_exit(0)
    index.requests.clear()
    project.run().assert_exit(0)
    assert index.requests == []


def test_a_cache_that_lacks_a_file_is_filled_once(project: Project, index: IndexServer) -> None:
    project.run().assert_exit(0)
    project.environ["UV_CACHE_DIR"] = str(project.folder / "another-cache")
    index.requests.clear()
    assert "lock: reused" in project.run().assert_exit(0).log("tests")
    assert any(path.startswith("/files/attrs-25.1") for path in index.requests)
    index.requests.clear()
    project.run().assert_exit(0)
    assert index.requests == []


def test_offline_says_what_the_cache_lacks(project: Project, index: IndexServer) -> None:
    project.run().assert_exit(0)
    project.environ["UV_CACHE_DIR"] = str(project.folder / "another-cache")
    index.requests.clear()
    failed = project.run("--offline").assert_exit(4)
    assert index.requests == []
    assert "attrs" in failed.log("tests")
    assert "--offline" in failed.log("tests")


def test_offline_without_a_lock_says_what_is_missing(project: Project, index: IndexServer) -> None:
    failed = project.run("--offline").assert_exit(4)
    assert index.requests == []
    assert "attrs" in failed.log("tests")
    assert "--offline" in failed.log("tests")


def test_a_file_that_vanished_from_the_index_is_resolved_anew(project: Project, index: IndexServer) -> None:
    project.run().assert_exit(0)
    next(project.index.folder.glob("attrs-25.1-*.whl")).unlink()
    project.index.add("attrs", "25.2")
    project.environ["UV_CACHE_DIR"] = str(project.folder / "another-cache")
    renewed = project.run().assert_exit(0)
    assert "25.2" in renewed.log("tests")
    assert "25.2" in project.run().assert_exit(0).log("tests")


def test_a_yanked_file_that_is_locked_is_still_installed(project: Project, index: IndexServer) -> None:
    project.run().assert_exit(0)
    index.yanked = {wheel.name for wheel in project.index.folder.glob("attrs-25.1-*.whl")}
    project.index.add("attrs", "25.0")
    project.environ["UV_CACHE_DIR"] = str(project.folder / "another-cache")
    assert "25.1" in project.run().assert_exit(0).log("tests")
    assert "25.0" in project.run("--upgrade").assert_exit(0).log("tests")


def test_a_committed_lock_with_a_wrong_hash_installs_nothing(project: Project, index: IndexServer) -> None:
    project.run("lock").assert_exit(0)
    lock = project.root / "locks" / "pylock.tests.toml"
    text = lock.read_text()
    digest = text.partition('sha256 = "')[2].partition('"')[0]
    lock.write_text(text.replace(digest, "0" * 64))
    failed = project.run().assert_exit(4).assert_cells({"tests": "error"})
    assert "locks/pylock.tests.toml" in failed.log("tests")
    assert "runner lock" in failed.log("tests")


def test_a_committed_lock_that_does_not_fit_its_files_is_named(project: Project, index: IndexServer) -> None:
    project.run("lock").assert_exit(0)
    lock = project.root / "locks" / "pylock.tests.toml"
    lock.write_text(lock.read_text().replace('version = "25.1"', 'version = "25.2"'))
    failed = project.run().assert_exit(4).assert_cells({"tests": "error"})
    assert "the lock is locks/pylock.tests.toml: `runner lock -e tests --upgrade`" in failed.log("tests")


def test_an_interrupted_lock_writes_and_removes_nothing(project: Project, index: IndexServer) -> None:
    project.run("lock").assert_exit(0)
    (project.root / "locks" / "pylock.tests.toml").rename(project.root / "locks" / "pylock.old.toml")
    index.pages = "silent"
    index.requests.clear()
    env = {"UV_HTTP_TIMEOUT": "60", "UV_CACHE_DIR": str(project.folder / "another-cache")}
    with project.start("lock", env=env) as started:
        while not index.requests:
            time.sleep(0.01)
        started.send(signal.SIGINT)
        ended = started.wait()
    ended.assert_exit(130).assert_said("tests: cancelled")
    assert [file.name for file in (project.root / "locks").iterdir()] == ["pylock.old.toml"]
    index.pages = "none"
    project.run("lock").assert_exit(0).assert_said("pylock.tests.toml written", "pylock.old.toml removed")
