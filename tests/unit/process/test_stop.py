"""The stop switch tells everyone, once a level, and never falls back."""

from concurrent.futures import ThreadPoolExecutor

from runner.process import StopSwitch


def test_a_fresh_switch_asks_for_nothing() -> None:
    switch = StopSwitch()
    assert (switch.level, switch.signal) == (0, "")


def test_listeners_hear_each_new_level_once() -> None:
    switch, heard = StopSwitch(), list[int]()
    switch.subscribe(heard.append)
    for level in (1, 1, 2, 1, 2):
        switch.rise(level)
    assert heard == [1, 2]
    assert switch.level == 2


def test_the_first_signal_is_kept() -> None:
    switch = StopSwitch()
    switch.rise(1, "HUP")
    switch.rise(2, "INT")
    assert switch.signal == "HUP"


def test_who_comes_late_is_told_at_once() -> None:
    switch, heard = StopSwitch(), list[int]()
    switch.rise(2, "INT")
    switch.subscribe(heard.append)
    assert heard == [2]


def test_who_has_left_hears_nothing_and_may_leave_twice() -> None:
    switch, heard, others = StopSwitch(), list[int](), list[int]()
    leave = switch.subscribe(heard.append)
    switch.subscribe(others.append)
    leave()
    leave()
    switch.rise(1)
    assert (heard, others) == ([], [1])


def test_the_same_listener_may_subscribe_twice() -> None:
    switch, heard = StopSwitch(), list[int]()
    leave = switch.subscribe(heard.append)
    switch.subscribe(heard.append)
    leave()
    switch.rise(1)
    assert heard == [1]


def test_a_listener_may_use_the_switch() -> None:
    switch, heard = StopSwitch(), list[int]()

    def listener(level: int) -> None:
        heard.append(level)
        leave()
        switch.rise(2)

    leave = switch.subscribe(listener)
    switch.rise(1)
    assert heard == [1]
    assert switch.level == 2


def test_of_many_threads_one_raises_it() -> None:
    switch, heard = StopSwitch(), list[int]()
    switch.subscribe(heard.append)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(400):
            pool.submit(switch.rise, 1, "TERM")
    assert heard == [1]
