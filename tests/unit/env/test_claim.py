"""The folder of one run: what killed runs left is thrown away, what is in use is not."""

import os
from pathlib import Path

import pytest

from runner.env.claim import Claim
from runner.env.folders import Trash, mark, prepare_work_dir


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    prepare_work_dir(tmp_path / ".runner")
    return tmp_path / ".runner"


def left(work_dir: Path) -> list[str]:
    return sorted(path.name for path in (work_dir / "scratch").iterdir() if path.is_dir())


def test_the_folder_goes_when_it_is_given_up(work_dir: Path) -> None:
    claim = Claim(work_dir / "scratch" / "one", Trash(work_dir))
    assert left(work_dir) == ["one"]
    claim.give_up()
    assert left(work_dir) == []


def test_a_run_that_is_alive_keeps_its_folder(work_dir: Path) -> None:
    claim = Claim(work_dir / "scratch" / "one", Trash(work_dir))
    other = Claim(work_dir / "scratch" / "two", Trash(work_dir))
    assert left(work_dir) == ["one", "two"]
    claim.give_up()
    other.give_up()


@pytest.mark.parametrize("locked", [True, False])
def test_the_folder_of_a_killed_run_is_thrown_away(work_dir: Path, *, locked: bool) -> None:
    dead = work_dir / "scratch" / "dead"
    dead.mkdir(parents=True)
    mark(dead)
    if locked:
        (dead / "lock").touch()
    trash = Trash(work_dir)
    Claim(work_dir / "scratch" / "one", trash).give_up()
    trash.close()
    assert left(work_dir) == []
    assert os.listdir(work_dir / "trash") == []  # noqa: PTH208 - names are all


def test_a_folder_of_somebody_else_stays(work_dir: Path) -> None:
    (work_dir / "scratch" / "theirs").mkdir(parents=True)
    (work_dir / "scratch" / "theirs" / "thesis.tex").touch()
    Claim(work_dir / "scratch" / "one", Trash(work_dir)).give_up()
    assert left(work_dir) == ["theirs"]
