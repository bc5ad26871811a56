"""Environments are removed when nobody is in them, and never by halves."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.env import trash
from runner.env.cleaning import remove_environments
from runner.env.folders import environments, is_ours, mark, prepare_work_dir
from runner.env.mutex import Mutexes
from runner.model.errors import Cancelled
from runner.process import StopSwitch


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    folder = tmp_path / ".runner"
    prepare_work_dir(folder)
    for name in ("a", "b", "c"):
        fill(folder / "envs" / name)
        mark(folder / "envs" / name)
    return folder


def fill(folder: Path) -> Path:
    (folder / "lib" / "deep").mkdir(parents=True)
    (folder / "lib" / "deep" / "file").write_text("old")
    return folder


def mutexes(work_dir: Path, notify: Callable[[str], None] = pytest.fail) -> Mutexes:
    return Mutexes(work_dir / "mutex", notify)


def test_environments_go_by_name_or_all_with_the_trash(work_dir: Path, stop: StopSwitch) -> None:
    fill(work_dir / "envs" / "not-ours")
    assert environments(work_dir) == ("a", "b", "c")
    assert remove_environments(work_dir, mutexes(work_dir), stop, ["b", "unknown"]) == ("b",)
    fill(work_dir / "trash" / "old")
    assert remove_environments(work_dir, mutexes(work_dir), stop) == ("a", "c")
    assert os.listdir(work_dir / "envs") == ["not-ours"]  # noqa: PTH208 - the names are the point
    assert not (work_dir / "trash").exists()


def test_one_in_which_a_cell_runs_is_waited_for(work_dir: Path, stop: StopSwitch) -> None:
    told = threading.Event()
    removed: list[tuple[str, ...]] = []

    def clean() -> None:
        removed.append(remove_environments(work_dir, mutexes(work_dir, lambda _: told.set()), stop, ["b"]))

    with mutexes(work_dir).hold("b", stop):
        cleaning = threading.Thread(target=clean)
        cleaning.start()
        assert told.wait(20)
        assert (work_dir / "envs" / "b" / "lib" / "deep" / "file").exists()
    cleaning.join(20)
    assert removed == [("b",)]
    assert environments(work_dir) == ("a", "c")


def test_a_stop_ends_the_waiting(work_dir: Path, stop: StopSwitch) -> None:
    with mutexes(work_dir).hold("b", stop), pytest.raises(Cancelled):
        remove_environments(work_dir, mutexes(work_dir, lambda _: stop.rise(1, "INT")), stop, ["b"])
    assert environments(work_dir) == ("a", "b", "c")


def test_what_a_kill_leaves_is_no_half_of_an_environment(
    work_dir: Path, stop: StopSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "delete", lambda _path: None)  # we were killed before that
    remove_environments(work_dir, mutexes(work_dir), stop, ["b"])
    assert not (work_dir / "envs" / "b").exists()
    (left,) = (work_dir / "trash").iterdir()
    assert is_ours(left)
