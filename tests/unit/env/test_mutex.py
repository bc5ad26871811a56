"""Two runners in one project: one waits for the other, cell by cell, and says for whom."""

import threading
from pathlib import Path

import pytest

from runner.env.mutex import Mutexes
from runner.model.errors import Cancelled, CellError
from runner.process import StopSwitch


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
