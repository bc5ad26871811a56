"""Text of an ini file made the values that keys take, as tox 4 does it."""

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from runner.compat.tox.errors import ToxError
from runner.compat.tox.factors import NotFactorsError, names
from runner.model.braces import MOST_NAMES

_BLANKS = " \t\r\n"
_PIECES = r"""[^ \t\r\n'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\."""
_PIECE = re.compile(rf"[^'\"\\]+|{_PIECES}", re.DOTALL)
_WORD = re.compile(rf"[ \t\r\n]*((?:{_PIECES})+)(?:[ \t\r\n]|\Z)", re.DOTALL)
_IN_DOUBLE_QUOTES = re.compile(r"""\\(["\\])""")

_LARGEST = 1_000_000_000
Number = TypeVar("Number", int, float)

_TRUE = frozenset(("true", "1", "yes", "on"))
_FALSE = frozenset(("false", "0", "no", "off", ""))


class CommandLine(Struct, frozen=True):
    """A command. `ignored`: its failure does not count; `inverted`: it has to fail."""

    argv: tuple[str, ...]
    ignored: bool = False
    inverted: bool = False

    def __str__(self) -> str:
        mark = "- " if self.ignored else "! " if self.inverted else ""
        return mark + shlex.join(self.argv)


class Names(Struct, frozen=True):
    """Names of environments, each once."""

    names: tuple[str, ...] = ()


class Requirements(Struct, frozen=True):
    """Lines in requirements-file syntax."""

    lines: tuple[str, ...] = ()


def to_bool(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ToxError(f"{text.strip()!r} is neither true nor false; write true or false")


def to_number(text: str, kind: type[int] | type[float]) -> int | float:
    try:
        return sensible(kind(text.strip()))
    except ValueError as error:
        raise ToxError(f"{text.strip()!r} is not a number") from error


def sensible(number: Number) -> Number:
    """Return the number. Raises ToxError for one that no machine can count or wait to."""
    if not -_LARGEST <= number <= _LARGEST:
        raise ToxError(f"the number is too large; at most {_LARGEST:,} is possible")
    return number


def to_path(text: str) -> str:
    if not text.strip():
        raise ToxError("the path is empty; is a variable in it not set?")
    return text.strip()


def to_list(text: str) -> tuple[str, ...]:
    """Split at the ends of lines, if there are any, else at commas."""
    parts = text.split("\n" if "\n" in text else ",")
    return tuple(part.strip() for part in parts if part.strip())


def to_table(text: str) -> dict[str, str]:
    table = {}
    for line in text.split("\n"):
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ToxError(f"expected `key = value`, not {line.strip()!r}")
        table[key.strip()] = value.strip()
    return table


def distinct(envs: Iterable[str]) -> Names:
    """Return names, each once. Raises ToxError for more than anybody can want."""
    found: dict[str, None] = {}
    for name in envs:
        found[name] = None
        if len(found) > MOST_NAMES:
            raise ToxError(f"there are more than {MOST_NAMES:,} environments")
    return Names(tuple(found))


def to_names(text: str) -> Names:
    try:
        return distinct(name for line in text.split("\n") for name in names(line))
    except NotFactorsError as error:
        raise ToxError(f"{str(error)!r} cannot be the name of an environment") from error


def to_commands(text: str) -> tuple[CommandLine, ...]:
    return tuple(to_command(line.strip()) for line in text.split("\n") if line.strip())


def to_command(text: str) -> CommandLine:
    """Split a line as a POSIX shell does; from a quote that nothing closes on, it is one argument."""
    words = tuple(_words(text))
    if not words:
        raise ToxError(f"{text!r} is no command")
    if words[0].startswith("-") and words[0] != "-":
        words = ("-", words[0][1:], *words[1:])
    return marked(words)


def marked(words: tuple[str, ...]) -> CommandLine:
    """Return the command of words of which the first may be `-` or `!`."""
    if words[0] in {"-", "!"}:
        return CommandLine(words[1:], ignored=words[0] == "-", inverted=words[0] == "!")
    return CommandLine(words)


def _words(text: str) -> Iterator[str]:
    at = 0
    while found := _WORD.match(text, at):
        yield "".join(_unquoted(piece[0]) for piece in _PIECE.finditer(found[1]))
        at = found.end()
    if text[at:].strip(_BLANKS):
        yield text[at:]


def _unquoted(piece: str) -> str:
    if piece[0] == "'":
        return piece[1:-1]
    if piece[0] == '"':
        return _IN_DOUBLE_QUOTES.sub(r"\1", piece[1:-1])
    return piece[1:] if piece[0] == "\\" else piece


_SHORT = ("-i", "-e", "-c", "-r", "-f")
_PATHS = ("-c", "--constraint", "-r", "--requirement", "-f", "--find-links", "-e", "--editable")
_UNESCAPED_BLANK = re.compile(r"(?<!\\)(\s)")


def to_requirements(text: str) -> Requirements:
    r"""Return the lines of a requirements file, joined at backslashes, `-rfile` written `-r file`."""
    joined = text.replace("\r", "").replace("\\\n", "")
    lines = (_requirement(line.strip()) for line in joined.splitlines())
    return Requirements(tuple(line for line in lines if line))


def to_constraints(text: str) -> Requirements:
    """Return the files, or URLs, that constraints are read from."""
    found = to_requirements(text)
    if any(line.startswith("-") for line in found.lines):
        raise ToxError("constraints are files or URLs, without options before them")
    return found


def _requirement(line: str) -> str:
    if line.startswith(_SHORT) and line[2:3] not in {"", "=", " ", "\t"}:
        line = f"{line[:2]} {line[2:]}"
    option, _, rest = line.partition(" ")
    if option in _SHORT and not rest.strip():
        raise ToxError(f"{option} needs something after it")
    if option in _PATHS and rest.strip()[:1] not in {"", "'", '"'}:
        return f"{option} {_UNESCAPED_BLANK.sub(lambda blank: chr(92) + blank[0], rest.strip())}"
    return line
