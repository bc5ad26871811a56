"""The stop that teardown sees."""

import threading

from runner.run.late_stop import LateStop
from runner.testing import FakeStop


def test_the_first_signal_does_not_reach_it() -> None:
    stop = FakeStop()
    late = LateStop(stop)
    stop.rise(1)
    assert late.level == 0
    late.close()


def test_the_second_signal_does() -> None:
    stop = FakeStop()
    late = LateStop(stop)
    levels: list[int] = []
    late.subscribe(levels.append)
    stop.rise(1)
    stop.rise(2)
    assert (late.level, levels, late.signal) == (2, [2], "INT")
    late.subscribe(levels.append)
    assert levels == [2, 2], "who subscribes late is told at once"
    late.close()


def test_it_rises_by_itself_when_its_time_is_up() -> None:
    stop = FakeStop()
    late = LateStop(stop, seconds=0.01)
    risen = threading.Event()
    late.subscribe(lambda _level: risen.set())
    stop.rise(1)
    assert risen.wait(30)
    assert late.level == 2
    late.close()


def test_who_unsubscribed_hears_nothing() -> None:
    stop = FakeStop()
    late = LateStop(stop)
    levels: list[int] = []
    late.subscribe(levels.append)()
    stop.rise(2)
    assert levels == []
    late.close()


def test_closing_ends_its_timer() -> None:
    stop = FakeStop()
    before = threading.active_count()
    late = LateStop(stop, seconds=3600)
    stop.rise(1)
    (timer,) = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    late.close()
    timer.join(30)
    assert threading.active_count() == before
