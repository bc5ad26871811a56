"""Signals are routed to a callback, and given back."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from runner.process import StopSwitch, SystemProcesses, signals_to

NAMES = ("INT", "TERM", "HUP")


def current() -> list[object]:
    return [signal.getsignal(signal.Signals[f"SIG{name}"]) for name in NAMES]


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_becomes_its_name(name: str) -> None:
    names: SimpleQueue[str] = SimpleQueue()
    with signals_to(names.put):
        os.kill(os.getpid(), signal.Signals[f"SIG{name}"])
        assert names.get(timeout=30) == name


def test_handlers_are_restored_even_after_an_error() -> None:
    def fail() -> None:
        assert before != current()
        raise ZeroDivisionError

    before = current()
    with pytest.raises(ZeroDivisionError), signals_to(print):
        fail()
    assert current() == before


@pytest.mark.parametrize("name", ["INT", "HUP"])
def test_a_signal_that_was_ignored_stays_ignored(name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    signal.signal(number, signal.SIG_IGN)
    names: SimpleQueue[str] = SimpleQueue()
    with signals_to(names.put):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGTERM)
        assert names.get(timeout=30) == "TERM"
        assert names.empty()
    assert signal.getsignal(number) == signal.SIG_IGN


def test_children_can_be_interrupted_even_if_we_ignore_it(tmp_path: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    with signals_to(print):
        captured = SystemProcesses().capture(
            (sys.executable, "-c", code), cwd=str(tmp_path), env={}, stop=StopSwitch()
        )
    assert captured.stdout == "True\n"


def test_other_threads_are_told_that_they_cannot() -> None:
    def enter() -> None:
        with signals_to(print):
            pass

    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="main thread"):
        pool.submit(enter).result()
