"""Two runners in one project: one waits for the other, cell by cell, and says for whom."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from filelock import FileLock

from runner.env import mutex
from runner.env.mutex import Holder, Mutexes, prune_locks
from runner.model.errors import Cancelled, CellError
from runner.process import StopSwitch
from runner.process.family import GUARDED, is_guarded

_DEAD = 4_194_305


def test_a_second_one_waits_and_names_the_holder(tmp_path: Path) -> None:
    said: list[str] = []
    told, order = threading.Event(), []

    def hear(line: str) -> None:
        said.append(line)
        told.set()

    def second() -> None:
        with Mutexes(tmp_path, hear).hold("tests-py311", StopSwitch()):
            order.append("second")

    with Mutexes(tmp_path, pytest.fail).hold("tests-py311", StopSwitch()):
        other = threading.Thread(target=second)
        other.start()
        assert told.wait(10)
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]
    assert said[0].startswith("tests-py311: waiting for another runner (pid ")


def test_different_cells_do_not_wait_for_each_other(tmp_path: Path) -> None:
    mutexes = Mutexes(tmp_path, pytest.fail)
    with mutexes.hold("a", StopSwitch()), mutexes.hold("b", StopSwitch()):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.lock", "b.json", "b.lock"]


def test_waiting_ends_when_the_run_is_stopped(tmp_path: Path) -> None:
    stop = StopSwitch()
    with Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch()):
        waiting = Mutexes(tmp_path, lambda _: stop.rise(1, "INT")).hold("a", stop)
        with pytest.raises(Cancelled), waiting:
            pytest.fail("the lock was free")


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    mutexes = Mutexes(tmp_path, pytest.fail)
    with pytest.raises(ZeroDivisionError), mutexes.hold("a", StopSwitch()):
        raise ZeroDivisionError
    with mutexes.hold("a", StopSwitch()):
        pass


def test_a_folder_that_cannot_be_used_is_the_cells_error(tmp_path: Path) -> None:
    (tmp_path / "mutex").write_text("in the way")
    held = Mutexes(tmp_path / "mutex", pytest.fail).hold("a", StopSwitch())
    with pytest.raises(CellError, match="mutex cannot be used for locks"), held:
        pytest.fail("there was no lock")


@pytest.mark.parametrize("name", ["a.lock", "a.json"])
@pytest.mark.parametrize("act", ["garbage", "folder", "closed"])
def test_whatever_stands_in_place_of_a_free_lock_blocks_nobody(tmp_path: Path, name: str, act: str) -> None:
    place = tmp_path / name
    if act == "folder":
        place.mkdir()
    else:
        place.write_bytes(b"\xff{" * 1000)
    if act == "closed":
        place.chmod(0)
    for _ in range(2):
        with Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch()):
            pass


def test_a_lock_is_never_made_where_a_link_leads_to(tmp_path: Path) -> None:
    for name in ("a.lock", "a.json"):
        (tmp_path / name).symlink_to("elsewhere")
    with Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch()):
        assert not (tmp_path / "elsewhere").exists()


def test_a_folder_with_things_in_it_in_place_of_a_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.lock" / "thing").mkdir(parents=True)
    held = Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch())
    with pytest.raises(CellError, match=r"cannot be used for locks: .*move it away: .*a\.lock"), held:
        pytest.fail("there was no lock")


def signed_by(pid: int, folder: Path) -> None:
    """Leave what a holder with that pid leaves that was killed."""
    holder = Holder(pid, 1_700_000_000.0, ("runner",))
    (folder / "a.json").write_bytes(msgspec.json.encode(holder))


def test_a_lock_of_the_dead_is_free_also_when_their_pid_is_anothers_by_now(tmp_path: Path) -> None:
    signed_by(os.getppid(), tmp_path)
    with Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch()):
        pass
    assert not (tmp_path / "a.json").exists()


class Guard:
    """What the guard of a killed runner is to others; it is done when the test says so."""

    def __init__(self, runner: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "input()"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, GUARDED: str(runner)},
        )

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Return the guard of a runner that was killed, with the pid 4194305, which no process has."""
    if sys.platform != "linux":
        pytest.skip("other processes are seen on Linux only")
    guard = Guard(_DEAD)
    yield guard
    guard.end()


def test_who_takes_a_lock_of_the_dead_waits_until_what_they_had_started_is_ended(
    tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_by(_DEAD, tmp_path)
    seen: list[bool] = []
    looked = threading.Event()

    def look(runner: int) -> bool:
        looked.set()
        return is_guarded(runner)

    monkeypatch.setattr(mutex, "is_guarded", look)

    def take() -> None:
        with Mutexes(tmp_path, pytest.fail).hold("a", StopSwitch()):
            seen.append(is_guarded(_DEAD))

    other = threading.Thread(target=take)
    other.start()
    assert looked.wait(20)
    guard.end()
    other.join(20)
    assert seen == [False]


def test_waiting_for_what_the_dead_had_started_ends_when_the_run_is_stopped(
    tmp_path: Path, guard: Guard
) -> None:
    signed_by(_DEAD, tmp_path)
    stop = StopSwitch()
    stop.rise(1, "INT")
    held = Mutexes(tmp_path, pytest.fail).hold("a", stop)
    with pytest.raises(Cancelled), held:
        pytest.fail("something of the dead was still there")
    assert (tmp_path / "a.json").exists(), "the next one has to wait, too"


def test_the_next_holder_is_named_too(tmp_path: Path) -> None:
    said: list[str] = []
    heard = [threading.Event(), threading.Event()]
    stop = StopSwitch()

    def hear(line: str) -> None:
        said.append(line)
        heard[len(said) - 1].set()

    def wait() -> None:
        with suppress(Cancelled), Mutexes(tmp_path, hear).hold("a", stop):
            pytest.fail("the lock was free")

    with FileLock(tmp_path / "a.lock"):
        signed_by(1001, tmp_path)
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert heard[0].wait(20)
        signed_by(1002, tmp_path)
        assert heard[1].wait(20)
        stop.rise(1, "INT")
        waiter.join(20)
    assert ["pid 1001" in said[0], "pid 1002" in said[1], len(said)] == [True, True, 2]


def test_old_locks_that_nobody_holds_go(tmp_path: Path) -> None:
    mutexes = Mutexes(tmp_path, pytest.fail)
    with mutexes.hold("held", StopSwitch()):
        for name in ("old", "young", "held"):
            lock = tmp_path / f"{name}.lock"
            lock.touch()
            if name != "young":
                os.utime(lock, (1000, 1000))
        prune_locks(tmp_path, 1000 + 31 * 24 * 3600)
        assert sorted(path.name for path in tmp_path.glob("*.lock")) == ["held.lock", "young.lock"]
        with mutexes.hold("old", StopSwitch()):
            pass


def test_a_lock_that_is_pruned_while_many_take_it_never_has_two_holders(tmp_path: Path) -> None:
    holders = 0

    def take(_number: int) -> None:
        nonlocal holders
        with Mutexes(tmp_path, lambda _: None).hold("a", StopSwitch()):
            holders += 1
            assert holders == 1
            holders -= 1

    with ThreadPoolExecutor(5) as pool:
        taking = [pool.submit(take, number) for number in range(60)]
        while not all(each.done() for each in taking):
            prune_locks(tmp_path, 9e9)
        for each in taking:
            each.result()
