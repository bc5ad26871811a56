"""Reporters in their threads: in order, and unable to hurt the run or one another."""

import threading
from typing import cast

import pytest

from runner.model.events import Event, Notice
from runner.model.plugins import Reporter
from runner.report import Reporters
from runner.report.target import Unwritten


class Heard:
    """Remembers what was complained of."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.errors: list[BaseException | None] = []

    def __call__(self, message: str, error: BaseException | None = None) -> None:
        self.messages.append(message)
        self.errors.append(error)


def _event(number: int) -> Event:
    return Event("r", number, 0.0, Notice(level="info", message="m"))


class Recorder:
    """Remembers what it was called with, and in which thread."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.threads: set[int] = set()
        self.closed = 0
        self.closing = threading.Event()

    def handle(self, event: Event) -> None:
        self.seen.append(event.seq)
        self.threads.add(threading.get_ident())

    def close(self) -> None:
        self.closed += 1
        self.closing.set()
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


def test_every_reporter_gets_every_event_in_order_each_in_a_thread_of_its_own() -> None:
    first, second, heard = Recorder(), Recorder(), Heard()
    reporters = Reporters((("a", first), ("b", second)), heard)
    for number in range(500):
        reporters.put(_event(number))
    assert reporters.close()
    assert first.seen == second.seen == list(range(500))
    assert (first.closed, second.closed) == (1, 1)
    assert len(first.threads) == len(second.threads) == 1
    assert len({*first.threads, *second.threads, threading.get_ident()}) == 3
    assert heard.messages == []


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        SystemExit(3),
        KeyboardInterrupt("no"),
        GeneratorExit(),
        MemoryError(),
        RecursionError(),
    ],
)
def test_one_that_raises_is_named_once_and_not_called_again(error: BaseException) -> None:
    bad, good, heard = Raising(error), Recorder(), Heard()
    reporters = Reporters((("bad", bad), ("good", good)), heard)
    for number in range(3):
        reporters.put(_event(number))
    assert reporters.close()
    assert (bad.seen, bad.closed) == ([0], 0)
    assert (good.seen, good.closed) == ([0, 1, 2], 1)
    (message,) = heard.messages
    assert heard.errors == [error]
    assert message.startswith("plugin bad: ")
    assert f"raised {type(error).__name__}" in message
    assert message.endswith("; it hears no more of this run")


def test_one_whose_exception_cannot_even_be_shown_is_named() -> None:
    class NamelessError(Exception):
        def __str__(self) -> str:
            raise ValueError

    good, heard = Recorder(), Heard()
    reporters = Reporters((("bad", Raising(NamelessError())), ("good", good)), heard)
    reporters.put(_event(1))
    assert reporters.close()
    assert "raised NamelessError: (its text cannot be had); it hears no more" in heard.messages[0]
    assert good.seen == [1]


def test_one_whose_attributes_raise_is_named() -> None:
    class Secretive:
        @property
        def handle(self) -> None:
            raise ValueError("no")

        def close(self) -> None: ...

    good, heard = Recorder(), Heard()
    reporters = Reporters((("bad", cast("Reporter", Secretive())), ("good", good)), heard)
    reporters.put(_event(1))
    assert reporters.close()
    assert "raised ValueError: no; it hears no more" in heard.messages[0]
    assert good.seen == [1]


def test_a_file_that_could_not_be_written_is_no_plugins_fault() -> None:
    heard = Heard()
    reporters = Reporters((("files", Raising(Unwritten("x.json could not be written: no"))),), heard)
    reporters.put(_event(1))
    assert reporters.close()
    assert (heard.messages, heard.errors) == (["x.json could not be written: no"], [None])


def test_one_with_other_parameters_is_to_blame_itself() -> None:
    class Odd:
        def handle(self) -> None: ...

        def close(self) -> None: ...

    heard = Heard()
    reporters = Reporters((("odd", cast("Reporter", Odd())),), heard)
    reporters.put(_event(1))
    reporters.close()
    assert heard.messages[0].startswith("plugin odd: it cannot be called as it should be: TypeError")


def test_one_that_blocks_holds_up_neither_the_run_nor_the_others() -> None:
    stuck, good, heard = Stuck(), Recorder(), Heard()
    reporters = Reporters((("stuck", stuck), ("good", good)), heard)
    for number in range(100):
        reporters.put(_event(number))
    assert not reporters.close(timeout=0.05)
    assert good.closing.wait(30)
    assert good.seen == list(range(100))
    assert heard.messages == [
        "plugin stuck: its reporter was not done 0.05 s after the run's end: left behind"
    ]
    stuck.let_go.set()
    assert reporters.close(timeout=30)
    assert stuck.seen == list(range(100))


def test_one_that_is_waited_for_patiently_gets_all_the_time_it_needs() -> None:
    stuck, heard = Stuck(), Heard()
    reporters = Reporters((("pager", stuck),), heard)
    reporters.put(_event(1))
    threading.Timer(0.2, stuck.let_go.set).start()
    assert reporters.close(timeout=0.01, patiently=("pager",))
    assert (stuck.seen, heard.messages) == ([1], [])


def test_a_hurry_ends_even_a_patient_wait() -> None:
    stuck, heard = Stuck(), Heard()
    reporters = Reporters((("pager", stuck),), heard)
    reporters.put(_event(1))
    threading.Timer(0.2, reporters.hurry).start()
    assert not reporters.close(timeout=0.01, patiently=("pager",))
    assert heard.messages == [
        "plugin pager: its reporter was not done when a signal ended the wait: left behind"
    ]
    stuck.let_go.set()


def test_a_last_warning_that_nobody_reads_holds_nobody_up() -> None:
    read = threading.Event()
    stuck = Stuck()

    def unread(message: str, error: BaseException | None = None) -> None:
        read.wait(30)

    reporters = Reporters((("stuck", stuck),), unread)
    reporters.put(_event(1))
    assert not reporters.close(timeout=0.01)
    read.set()
    stuck.let_go.set()


def test_a_reporter_that_ticks_is_called_while_nothing_happens() -> None:
    ticker, other, heard = Ticker(), Recorder(), Heard()
    reporters = Reporters((("other", other), ("ticker", ticker)), heard)
    assert ticker.ticked.wait(10)
    assert reporters.close()
    assert ticker.closed == 1


def test_closing_twice_closes_reporters_once() -> None:
    recorder = Recorder()
    reporters = Reporters((("a", recorder),), Heard())
    assert reporters.close()
    assert reporters.close()
    assert recorder.closed == 1
