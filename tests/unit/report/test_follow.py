"""Following logs, and reading their ends."""

from pathlib import Path

import pytest

from runner.report.follow import Follower
from runner.report.logs import Tail, tail


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def _append(log: Path, data: bytes) -> None:
    with log.open("ab") as stream:
        stream.write(data)


def test_what_is_written_is_shown_at_once_unfinished_lines_too(log: Path) -> None:
    shown: list[str] = []
    follower = Follower(str(log), shown.append)
    follower.poll()
    assert shown == []
    _append(log, b"$ pytest\n...")
    follower.poll()
    _append(log, b"...\nend")
    follower.poll()
    assert "".join(shown) == "$ pytest\n......\nend"
    follower.finish()
    assert "".join(shown) == "$ pytest\n......\nend\n"


def test_a_character_written_in_two_halves_is_one(log: Path) -> None:
    shown: list[str] = []
    follower = Follower(str(log), shown.append)
    first, second = "é".encode()[:1], "é".encode()[1:]
    _append(log, first)
    follower.poll()
    _append(log, second + b"\xc3")
    follower.finish()
    assert "".join(shown) == "é\ufffd\n"


def test_with_a_prefix_only_whole_lines_are_shown_and_none_steers_the_terminal(log: Path) -> None:
    shown: list[str] = []
    follower = Follower(str(log), shown.append, prefix="a | ")
    _append(log, b"one\ntw")
    follower.poll()
    assert shown == ["a | one\n"]
    _append(log, b"o\x1b[2J\n10%\r20%")
    follower.finish()
    assert shown == ["a | one\n", "a | two\n", "a | 20%\n"]


def test_with_a_prefix_a_line_without_end_is_shown_in_pieces(log: Path) -> None:
    shown: list[str] = []
    follower = Follower(str(log), shown.append, prefix="a | ")
    _append(log, b"x" * 1_000_000)
    follower.poll()
    assert sum(map(len, shown)) > 900_000
    follower.finish()
    assert "".join(line.removeprefix("a | ").rstrip("\n") for line in shown) == "x" * 1_000_000


def test_something_else_may_break_an_unfinished_line(log: Path) -> None:
    shown: list[str] = []
    follower = Follower(str(log), shown.append)
    _append(log, b"working")
    follower.poll()
    follower.break_line()
    follower.break_line()
    assert "".join(shown) == "working\n"
    follower.finish()
    assert "".join(shown) == "working\n"


def test_a_log_that_never_was_shows_nothing(log: Path) -> None:
    shown: list[str] = []
    Follower(str(log), shown.append).finish()
    assert shown == []


def test_a_short_log_is_its_own_tail(log: Path) -> None:
    log.write_text("a\nb\n")
    assert tail(str(log)) == Tail("a\nb\n", 0, 0)


@pytest.mark.parametrize("last", ["", "\n"])
def test_a_tail_says_how_many_lines_came_before(log: Path, last: str) -> None:
    log.write_text("\n".join(f"line {number}" for number in range(1000)) + last)
    end = tail(str(log), most_lines=3)
    assert end.text == "line 997\nline 998\nline 999" + last
    assert end.lines_before == 997


def test_a_line_longer_than_all_bytes_allowed_is_cut(log: Path) -> None:
    log.write_bytes(b"first\n" + b"x" * 1000)
    assert tail(str(log), most_bytes=100) == Tail("x" * 100, 1, 906)


def test_a_log_that_cannot_be_read_has_no_end(tmp_path: Path) -> None:
    assert tail(str(tmp_path / "no")) == Tail()
    assert tail(str(tmp_path)) == Tail()
