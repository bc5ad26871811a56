"""Workers take a turn one after the other, and leave the queue when there is nothing left to do."""

import threading
from concurrent.futures import Future

import pytest

from runner.env.turn import Taken, Turn
from runner.model.errors import Cancelled
from runner.testing.fakes import FakeStop


def never() -> bool:
    return False


def start(turn: Turn, done: threading.Event, stop: FakeStop) -> "tuple[Future[Taken], threading.Thread]":
    """Start a worker that wants the turn, and return when it has looked whether it needs it."""
    future: Future[Taken] = Future()
    asked = threading.Event()

    def needless() -> bool:
        asked.set()
        return done.is_set()

    def work() -> None:
        try:
            future.set_result(turn.take("waiter", needless, stop))
        except Cancelled as cancelled:
            future.set_exception(cancelled)

    thread = threading.Thread(target=work)
    thread.start()
    assert asked.wait(10)
    return future, thread


def test_the_next_one_gets_the_turn_and_knows_whom_it_waited_for() -> None:
    turn = Turn()
    assert turn.take("first", never, FakeStop()) == Taken(mine=True)
    waiting, thread = start(turn, threading.Event(), FakeStop())
    assert not waiting.done()
    turn.leave()
    thread.join(10)
    assert waiting.result(10) == Taken(mine=True, waited_for=("first",))


def test_a_waiter_goes_without_the_turn_when_it_is_needless() -> None:
    turn, done = Turn(), threading.Event()
    turn.take("first", never, FakeStop())
    waiting, thread = start(turn, done, FakeStop())
    done.set()
    turn.leave()
    thread.join(10)
    assert waiting.result(10) == Taken(mine=False, waited_for=("first",))
    assert turn.take("second", never, FakeStop()).mine


def test_what_is_done_already_needs_no_turn() -> None:
    turn = Turn()
    turn.take("first", never, FakeStop())
    assert turn.take("second", lambda: True, FakeStop()) == Taken(mine=False)


def test_a_stop_ends_the_waiting_and_leaves_the_turn_with_its_holder() -> None:
    turn, stop = Turn(), FakeStop()
    turn.take("first", never, FakeStop())
    waiting, thread = start(turn, threading.Event(), stop)
    stop.rise(1)
    thread.join(10)
    with pytest.raises(Cancelled):
        waiting.result(10)
    turn.leave()
    assert turn.take("third", never, FakeStop()).mine


def test_after_a_stop_no_turn_is_taken() -> None:
    stop = FakeStop()
    stop.rise(1)
    with pytest.raises(Cancelled):
        Turn().take("first", never, stop)


def test_who_waits_does_what_the_holder_offers_until_there_is_no_more() -> None:
    turn, done = Turn(), threading.Event()
    turn.take("first", never, FakeStop())
    waiting, thread = start(turn, done, FakeStop())
    pieces, did_all = iter((True, True, False)), threading.Event()

    def work() -> bool:
        more = next(pieces)
        if not more:
            did_all.set()
        return more

    turn.offer(work)
    assert did_all.wait(10)
    done.set()
    turn.leave()
    thread.join(10)
    assert waiting.result(10) == Taken(mine=False, waited_for=("first",))


def test_an_offer_ends_with_the_turn() -> None:
    turn = Turn()
    turn.take("first", never, FakeStop())
    turn.offer(lambda: pytest.fail("nobody waited"))
    turn.leave()
    turn.take("second", never, FakeStop())
    waiting, thread = start(turn, threading.Event(), FakeStop())
    turn.leave()
    thread.join(10)
    assert waiting.result(10) == Taken(mine=True, waited_for=("second",))


def test_a_holder_that_fails_while_who_waits_is_busy_passes_the_turn_on() -> None:
    turn, busy, go_on = Turn(), threading.Event(), threading.Event()
    turn.take("first", never, FakeStop())
    waiting, thread = start(turn, threading.Event(), FakeStop())

    def work() -> bool:
        busy.set()
        return go_on.wait(10)

    turn.offer(work)
    assert busy.wait(10)
    turn.leave()
    go_on.set()
    thread.join(10)
    assert waiting.result(10) == Taken(mine=True, waited_for=("first",))


def test_work_that_breaks_ends_the_waiting_and_nothing_else() -> None:
    turn = Turn()
    turn.take("first", never, FakeStop())

    def work() -> bool:
        raise ZeroDivisionError

    turn.offer(work)
    with pytest.raises(ZeroDivisionError):
        turn.take("second", never, FakeStop())
    turn.leave()
    assert turn.take("third", never, FakeStop()).mine


def test_a_stop_while_who_waits_is_busy_is_heeded_when_the_work_is_done() -> None:
    turn, stop = Turn(), FakeStop()
    turn.take("first", never, FakeStop())

    def work() -> bool:
        stop.rise(1)
        return True

    turn.offer(work)
    with pytest.raises(Cancelled):
        turn.take("second", never, stop)
