"""Numbers, exits and foreign text in words."""

import pytest

from runner.report.style import settled
from runner.report.words import duration, first_line, plural


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00s"),
        (0.04, "0.04s"),
        (0.0999, "0.1s"),
        (1.25, "1.2s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (123, "2m03s"),
        (3599.7, "1h00m"),
        (3720, "1h02m"),
        (-1, "0.00s"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_plural() -> None:
    assert [plural(number, "cell") for number in (0, 1, 2)] == ["0 cells", "1 cell", "2 cells"]


def test_first_line_is_the_first_that_says_something() -> None:
    assert first_line("\n  \n  why \nmore") == "why"
    assert first_line("") == ""


@pytest.mark.parametrize(
    ("output", "plain", "coloured"),
    [
        ("\x1b[31mred\x1b[0m", "red", "\x1b[31mred\x1b[0m\x1b[0m"),
        ("\x1b[2J\x1b[1;1Hhome", "home", "home"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link", "textlink", "textlink"),
        ("10%\r50%\r100%\r\ndone\r", "100%\ndone", "100%\ndone"),
        ("bell\x07", "bell\\x07", "bell\\x07"),
        ("cut \x1b[3", "cut 3", "cut 3"),
    ],
)
def test_settled_output_is_what_a_terminal_would_have_left(output: str, plain: str, coloured: str) -> None:
    assert settled(output, colour=False) == plain
    assert settled(output, colour=True) == coloured
