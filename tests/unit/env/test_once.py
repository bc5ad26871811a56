import threading
from collections.abc import Callable

import pytest

from runner.env.once import Once
from runner.model.errors import Cancelled, CellError
from runner.process import StopSwitch


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run `call` in a thread; what it returned or raised comes into the list."""
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(call())
        except Exception as error:  # noqa: BLE001 - handed to the test
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, outcome


def never() -> str:
    raise AssertionError("made a second time")


class Slow:
    """Something whose making begins and ends when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()
        self.error = error

    def __call__(self) -> str:
        self.begun.set()
        assert self.end.wait(10)
        if self.error is not None:
            raise self.error
        return "made"


def test_the_first_makes_and_the_others_wait_for_it(stop: StopSwitch) -> None:
    once: Once[str, str] = Once()
    slow, waiting = Slow(), threading.Event()
    first, made = in_thread(lambda: once.get("key", slow, stop))
    assert slow.begun.wait(10)
    second, got = in_thread(lambda: once.get("key", never, stop, waiting.set))
    assert waiting.wait(10)
    slow.end.set()
    first.join(10)
    second.join(10)
    assert (made, got) == (["made"], ["made"])
    assert once.get("key", never, stop) == "made"


def test_different_keys_do_not_wait_for_each_other(stop: StopSwitch) -> None:
    once: Once[str, str] = Once()
    slow = Slow()
    first, _ = in_thread(lambda: once.get("slow", slow, stop))
    assert slow.begun.wait(10)
    assert once.get("quick", lambda: "quick", stop) == "quick"
    slow.end.set()
    first.join(10)


def test_an_error_is_raised_for_all_and_is_new_to_the_first_only(stop: StopSwitch) -> None:
    once: Once[str, str] = Once()
    slow = Slow(CellError("lock", "no such package:\nlong", skip=True))
    first, made = in_thread(lambda: once.get("key", slow, stop))
    assert slow.begun.wait(10)
    second, got = in_thread(lambda: once.get("key", never, stop))
    slow.end.set()
    first.join(10)
    second.join(10)
    with pytest.raises(CellError) as third:
        once.get("key", never, stop)
    errors = [error for error in (*made, *got, third.value) if isinstance(error, CellError)]
    assert [(e.phase, e.message, e.skip) for e in errors] == [
        ("lock", "no such package:\nlong", True),
        ("lock", "no such package\n(shown before)", True),
        ("lock", "no such package\n(shown before)", True),
    ]


def test_who_waits_is_cancelled_when_the_run_stops(stop: StopSwitch) -> None:
    once: Once[str, str] = Once()
    slow, waiting = Slow(), threading.Event()
    first, made = in_thread(lambda: once.get("key", slow, stop))
    assert slow.begun.wait(10)
    second, got = in_thread(lambda: once.get("key", never, stop, waiting.set))
    assert waiting.wait(10)
    stop.rise(1, "INT")
    second.join(10)
    assert isinstance(got[0], Cancelled)
    slow.end.set()
    first.join(10)
    assert made == ["made"]


def test_after_a_cancelled_maker_the_next_one_makes_it(stop: StopSwitch) -> None:
    once: Once[str, str] = Once()

    def cancelled() -> str:
        raise Cancelled

    with pytest.raises(Cancelled):
        once.get("key", cancelled, stop)
    assert once.get("key", lambda: "made", stop) == "made"
