"""The folder of one run: what killed runs left is thrown away, what is in use is not."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.env.claim import Claim, alive
from runner.env.folders import mark, prepare_work_dir
from runner.env.trash import Trash


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


def test_the_folder_of_a_killed_run_is_thrown_away(work_dir: Path) -> None:
    dead = work_dir / "scratch" / "dead"
    dead.mkdir(parents=True)
    mark(dead)
    (dead / "lock").touch()
    trash = Trash(work_dir)
    Claim(work_dir / "scratch" / "one", trash).give_up()
    trash.close()
    assert left(work_dir) == []
    assert os.listdir(work_dir / "trash") == []  # noqa: PTH208 - names are all


@pytest.mark.parametrize("files", [(), (".matrix-runner",), (".matrix-runner", "new-lock")])
def test_a_folder_that_is_just_being_made_is_left_alone_and_after_a_day_it_is_of_the_dead(
    work_dir: Path, files: tuple[str, ...]
) -> None:
    new = work_dir / "scratch" / "new"
    new.mkdir(parents=True)
    for name in files:
        (new / name).touch()
    trash = Trash(work_dir)
    Claim(work_dir / "scratch" / "one", trash).give_up()
    assert left(work_dir) == ["new"]
    ago = time.time() - 25 * 3600
    os.utime(new, (ago, ago))
    Claim(work_dir / "scratch" / "two", trash).give_up()
    trash.close()
    assert left(work_dir) == []


def test_many_that_come_and_go_at_once_leave_nothing(work_dir: Path) -> None:
    def come_and_go(name: int) -> None:
        trash = Trash(work_dir)
        for number in range(20):
            Claim(work_dir / "scratch" / f"{name}-{number}", trash).give_up()
        trash.close()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(come_and_go, name) for name in range(8)]:
            done.result()
    assert left(work_dir) == []


def test_runs_that_are_alive_are_named_with_their_pid(work_dir: Path) -> None:
    assert alive(work_dir / "scratch") == ()
    claim = Claim(work_dir / "scratch" / "one", Trash(work_dir))
    assert alive(work_dir / "scratch") == (f"one, pid {os.getpid()}",)
    claim.give_up()
    assert alive(work_dir / "scratch") == ()


def test_a_folder_of_somebody_else_stays(work_dir: Path) -> None:
    (work_dir / "scratch" / "theirs").mkdir(parents=True)
    (work_dir / "scratch" / "theirs" / "thesis.tex").touch()
    Claim(work_dir / "scratch" / "one", Trash(work_dir)).give_up()
    assert left(work_dir) == ["theirs"]
