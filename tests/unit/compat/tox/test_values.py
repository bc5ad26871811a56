"""Text made values."""

import pytest

from runner.compat.tox.errors import ToxError
from runner.compat.tox.values import (
    CommandLine,
    to_bool,
    to_command,
    to_commands,
    to_constraints,
    to_list,
    to_names,
    to_number,
    to_path,
    to_requirements,
    to_table,
)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        pytest.param("a  b\tc", ["a", "b", "c"], id="blanks"),
        pytest.param("a 'b c' \"d e\"", ["a", "b c", "d e"], id="quotes"),
        pytest.param("a'b'\"c\"d", ["abcd"], id="glued quotes"),
        pytest.param("a '' \"\"", ["a", "", ""], id="empty words"),
        pytest.param(r"a\ b \'c\" \\", ["a b", "'c\"", "\\"], id="escapes"),
        pytest.param(r'"a\"b\\c\d" ' + r"'a\b'", [r'a"b\c\d', r"a\b"], id="escapes in quotes"),
        pytest.param("a # b", ["a", "#", "b"], id="no comment"),
        pytest.param("a && b | c > $D *.py", ["a", "&&", "b", "|", "c", ">", "$D", "*.py"], id="no shell"),
        pytest.param("x 'open and on", ["x", "'open and on"], id="an open quote"),
        pytest.param('x y "a b', ["x", "y", '"a b'], id="the rest is one argument"),
        pytest.param("x y\\", ["x", "y\\"], id="a backslash at the end"),
        pytest.param("x\u2028y", ["x\u2028y"], id="only the blanks of a shell"),
    ],
)
def test_a_command_is_split_as_a_shell_does(text: str, argv: list[str]) -> None:
    assert to_command(text) == CommandLine(tuple(argv))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param("- x", CommandLine(("x",), ignored=True), id="ignored"),
        pytest.param("-x", CommandLine(("x",), ignored=True), id="ignored, glued"),
        pytest.param("! x", CommandLine(("x",), inverted=True), id="inverted"),
        pytest.param("!x", CommandLine(("!x",)), id="a program with a bang"),
        pytest.param("- ! x", CommandLine(("!", "x"), ignored=True), id="one mark"),
    ],
)
def test_marks_before_a_command(text: str, command: CommandLine) -> None:
    assert to_command(text) == command


def test_commands_are_lines() -> None:
    assert to_commands("a b\n\n  c, d") == (CommandLine(("a", "b")), CommandLine(("c,", "d")))


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        pytest.param("x, y,,z", ["x", "y", "z"], id="commas"),
        pytest.param("x, y\n z", ["x, y", "z"], id="lines, then commas are text"),
        pytest.param("", [], id="nothing"),
        pytest.param("\nx\n", ["x"], id="one line"),
    ],
)
def test_a_list_is_split_at_lines_or_else_at_commas(text: str, entries: list[str]) -> None:
    assert to_list(text) == tuple(entries)


@pytest.mark.parametrize("text", ["true", "1", "YES", " On "])
def test_true(text: str) -> None:
    assert to_bool(text) is True


@pytest.mark.parametrize("text", ["false", "0", "no", "Off", ""])
def test_false(text: str) -> None:
    assert to_bool(text) is False


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("six, idna", ["six, idna"], id="commas do not count"),
        pytest.param("-rfile\n-r  file", ["-r file", "-r file"], id="file"),
        pytest.param("-e .\n--pre\n.[x]", ["-e .", "--pre", ".[x]"], id="options"),
        pytest.param("-r a b.txt", ["-r a\\ b.txt"], id="a blank in a name"),
        pytest.param("six \\\n>1", ["six >1"], id="joined"),
        pytest.param("\n\n", [], id="nothing"),
    ],
)
def test_requirements_are_lines(text: str, lines: list[str]) -> None:
    assert to_requirements(text).lines == tuple(lines)


def test_tables_and_names() -> None:
    assert to_table("a = b=c\n\nd=") == {"a": "b=c", "d": ""}
    assert to_names("a, b\nc-{d,e}\na").names == ("a", "b", "c-d", "c-e")


@pytest.mark.parametrize(
    ("work", "message"),
    [
        pytest.param(lambda: to_bool("maybe"), "'maybe' is neither true nor false", id="bool"),
        pytest.param(lambda: to_number("x", int), "'x' is not a number", id="number"),
        pytest.param(lambda: to_number("1.5", int), "is not a number", id="no whole number"),
        pytest.param(lambda: to_number("inf", float), "too large", id="endless"),
        pytest.param(lambda: to_number("nan", float), "too large", id="not a number"),
        pytest.param(lambda: to_number("9" * 30, int), "too large", id="large"),
        pytest.param(lambda: to_path(" "), "the path is empty", id="path"),
        pytest.param(lambda: to_table("a"), "expected `key = value`, not 'a'", id="table"),
        pytest.param(lambda: to_names("a b"), "'a b' cannot be the name of an environment", id="names"),
        pytest.param(lambda: to_requirements("-r"), "-r needs something after it", id="option"),
        pytest.param(lambda: to_constraints("-c x"), "files or URLs", id="constraints"),
        pytest.param(lambda: to_command(""), "is no command", id="command"),
    ],
)
def test_what_is_no_such_value(work: object, message: str) -> None:
    assert callable(work)
    with pytest.raises(ToxError, match=message):
        work()


def test_a_message_is_never_very_long() -> None:
    assert len(str(ToxError("x" * 100_000))) < 3000
