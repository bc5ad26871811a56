"""Ends of processes and chosen times, in words."""

import pytest

from runner.model.results import Exit, Exited, NotStarted, Signalled, TimedOut
from runner.model.words import chosen_time, exit_words


@pytest.mark.parametrize(
    ("seconds", "words"), [(600, "10m"), (90, "1m30s"), (0.5, "0.5s"), (0, "0s"), (3600, "1h"), (5, "5s")]
)
def test_chosen_times_have_no_needless_digits(seconds: float, words: str) -> None:
    assert chosen_time(seconds) == words


@pytest.mark.parametrize(
    ("exit_", "words"),
    [
        (Exited(3), "exited with code 3"),
        (Signalled(9), "was killed by SIGKILL"),
        (Signalled(200), "was killed by signal 200"),
        (TimedOut(600), "timed out after 10m"),
        (NotStarted("no pytest here"), "was not started: no pytest here"),
        (NotStarted(""), "was not started"),
    ],
)
def test_exits(exit_: Exit, words: str) -> None:
    assert exit_words(exit_) == words
