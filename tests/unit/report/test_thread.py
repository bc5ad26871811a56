"""Reporters in their thread: in order, and unable to hurt the run."""

import threading
from typing import cast

from runner.model.events import Event, Notice
from runner.model.ports import Reporter
from runner.report import ReporterThread


def _event(number: int) -> Event:
    return Event("r", number, 0.0, Notice(level="info", message="m"))


class Recorder:
    """Remembers what it was called with, and in which thread."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.threads: set[int] = set()
        self.closed = 0

    def handle(self, event: Event) -> None:
        self.seen.append(event.seq)
        self.threads.add(threading.get_ident())

    def close(self) -> None:
        self.closed += 1
        self.threads.add(threading.get_ident())


class Raising(Recorder):
    """Raises in everything it is asked to do."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def handle(self, event: Event) -> None:
        super().handle(event)
        raise self._error


class Stuck(Recorder):
    """Blocks until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def handle(self, event: Event) -> None:
        self.let_go.wait(30)
        super().handle(event)


class Ticker(Recorder):
    """Says when it was called while nothing happened."""

    def __init__(self) -> None:
        super().__init__()
        self.ticked = threading.Event()

    def tick(self) -> None:
        self.ticked.set()


def test_every_reporter_gets_every_event_in_order_in_one_other_thread() -> None:
    first, second = Recorder(), Recorder()
    warnings: list[str] = []
    thread = ReporterThread((("a", first), ("b", second)), warnings.append)
    for number in range(500):
        thread.put(_event(number))
    assert thread.close()
    assert first.seen == second.seen == list(range(500))
    assert (first.closed, second.closed) == (1, 1)
    assert first.threads == second.threads
    assert threading.get_ident() not in first.threads
    assert warnings == []


def test_one_that_raises_is_named_once_and_not_called_again() -> None:
    for error in (ValueError("no such colour"), SystemExit(3)):
        bad, good = Raising(error), Recorder()
        warnings: list[str] = []
        thread = ReporterThread((("bad", bad), ("good", good)), warnings.append)
        for number in range(3):
            thread.put(_event(number))
        assert thread.close()
        assert (bad.seen, bad.closed) == ([0], 0)
        assert (good.seen, good.closed) == ([0, 1, 2], 1)
        (warning,) = warnings
        assert warning.startswith("plugin bad: ")
        assert f"raised {type(error).__name__}: {error}; it hears no more of this run" in warning


def test_one_with_other_parameters_is_to_blame_itself() -> None:
    class Odd:
        def handle(self) -> None: ...

        def close(self) -> None: ...

    warnings: list[str] = []
    thread = ReporterThread((("odd", cast("Reporter", Odd())),), warnings.append)
    thread.put(_event(1))
    thread.close()
    (warning,) = warnings
    assert warning.startswith("plugin odd: it cannot be called as reporters are: TypeError")


def test_one_that_blocks_cannot_hold_up_the_run() -> None:
    stuck = Stuck()
    warnings: list[str] = []
    thread = ReporterThread((("stuck", stuck),), warnings.append)
    for number in range(100):
        thread.put(_event(number))
    assert not thread.close(timeout=0.05)
    assert warnings == ["plugin stuck: not done 0.05 s after the run's end: left behind"]
    stuck.let_go.set()
    assert thread.close()
    assert stuck.seen == list(range(100))


def test_a_reporter_that_ticks_is_called_while_nothing_happens() -> None:
    ticker, other = Ticker(), Recorder()
    thread = ReporterThread((("other", other), ("ticker", ticker)), print)
    assert ticker.ticked.wait(10)
    assert thread.close()
    assert ticker.closed == 1


def test_closing_twice_closes_reporters_once() -> None:
    recorder = Recorder()
    thread = ReporterThread((("a", recorder),), print)
    assert thread.close()
    assert thread.close()
    assert recorder.closed == 1


def test_a_warning_that_nobody_can_hear_does_not_end_the_others() -> None:
    def broken_stderr(_warning: str) -> None:
        raise BrokenPipeError

    bad, good = Raising(ValueError()), Recorder()
    thread = ReporterThread((("bad", bad), ("good", good)), broken_stderr)
    thread.put(_event(1))
    assert thread.close()
    assert good.seen == [1]
