"""From a file to text, and from text to TOML values, with errors that say where and what was expected."""

import re
from pathlib import Path

from runner.model import toml
from runner.model.errors import ConfigError, Problem
from runner.model.text import Origin

LARGEST = 8 * 1024 * 1024
"""Bytes: a config beyond this is a mistake."""

_BOMS = (
    (b"\xff\xfe", "the byte order mark of UTF-16"),
    (b"\xfe\xff", "the byte order mark of UTF-16"),
)
_PLACE = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_DECLARED_TWICE = re.compile(r"Cannot declare \((.*)\) twice")
_QUOTED = re.compile(r"'([^']*)'")
_SHOWN_WIDTH = 120

_IN_OTHER_WORDS = {
    "Invalid value": "expected a value: text in quotes, a number, true, false, a [list] or a {table}",
    "Invalid statement": "expected `key = value`, or a [table]",
    "Invalid initial character for a key part": "expected a key; quote it beyond A-Z a-z 0-9 _ -",
    "Expected '=' after a key in a key/value pair": "expected `=` after the key",
    "Expected newline or end of document after a statement": "expected the end of the line",
    "Expected ']' at the end of a table declaration": "expected `]` (quote names beyond A-Z a-z 0-9 _ -)",
    "Expected ']]' at the end of an array declaration": "expected `]]` (quote names beyond A-Z a-z 0-9 _ -)",
    "Unclosed array": "expected `,` or `]`: the list is not closed",
    "Unclosed inline table": "expected `,` or `}`: the table is not closed",
    "Unterminated string": "expected a closing quote",
    "Cannot overwrite a value": "this key is set twice",
}


class WrittenFloat(float):
    """A number that remembers how it was written: 3.10 is 3.1, and whoever wrote it should read that."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_text(path: Path, shown: str) -> str:
    """Read a config file. Raises ConfigError, naming it `shown`, when that cannot be."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(Problem("is not a file", Origin(shown, 0, "")))
        size = path.stat().st_size
        if size > LARGEST:
            raise ConfigError(
                Problem(f"has {size:,} bytes: a config has at most {LARGEST:,}", Origin(shown, 0, ""))
            )
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(Problem(f"cannot be read: {why}", Origin(shown, 0, ""))) from error
    return _decode(data, shown)


def _decode(data: bytes, shown: str) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            message = f"begins with {name}: a config is UTF-8"
            raise ConfigError(Problem(message, Origin(shown, 1, ""), "save the file as UTF-8"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{data[error.start]:02x} does not belong here"
        raise ConfigError(Problem(message, Origin(shown, line, ""), "save the file as UTF-8")) from error


def parse(text: str, shown: str) -> dict[str, object]:
    """Return the values of a TOML document; numbers with a point are `WrittenFloat`. Raises ConfigError."""
    try:
        return toml.parse(text, parse_float=WrittenFloat)
    except toml.TOMLError as error:
        raise ConfigError(_syntax_problem(error, text, shown)) from error


def _syntax_problem(error: toml.TOMLError, text: str, shown: str) -> Problem:
    place = _PLACE.fullmatch(str(error))
    what = place["what"] if place else str(error)
    kind = "is not usable" if isinstance(error, toml.TOMLLimitError) else "not valid TOML"
    message = f"{kind}: {_in_other_words(what)}"
    if place is None:
        return Problem(message, Origin(shown, 0, ""))
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if place["line"] is None or int(place["line"]) > len(lines):
        ending = ", and the file ends here" if message.startswith("not valid TOML: expected") else ""
        return Problem(message + ending, Origin(shown, len(lines), ""))
    line, column = int(place["line"]), int(place["column"])
    return Problem(message, Origin(shown, line, ""), _pointed(lines[line - 1], column))


def _in_other_words(what: str) -> str:
    twice = _DECLARED_TWICE.fullmatch(what)
    if twice:
        return f"[{'.'.join(_QUOTED.findall(twice[1]))}] is declared twice"
    return _IN_OTHER_WORDS.get(what, what[:1].lower() + what[1:])


def _pointed(line: str, column: int) -> str:
    """Return the line with a caret below the column (from 1), or nothing where that would not be readable."""
    if len(line) > _SHOWN_WIDTH:
        return ""
    printable = "".join(char if char.isprintable() else "?" for char in line.replace("\t", " "))
    return f"{printable}\n{' ' * (column - 1)}^"
