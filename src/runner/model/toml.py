"""TOML, read by Python's own parser behind limits: no text makes it slow, or ends in a foreign exception."""

import re
import sys
from collections.abc import Callable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["MOST_KEY_PARTS", "TOMLError", "TOMLLimitError", "parse", "tomllib"]

MOST_KEY_PARTS = 100
"""Of a dotted key: the parser takes time with the square of it."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_LONG_KEY = re.compile(
    rf"(?:^|[\[{{,])[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MOST_KEY_PARTS}}})", re.MULTILINE
)

_LONG_NUMBER = re.compile(r"0[xob][0-9A-Fa-f_]{1000}")


class TOMLError(ValueError):
    """The text is no TOML; mostly it ends in `(at line 3, column 14)`."""


class TOMLLimitError(TOMLError):
    """The text may be TOML, but is beyond what is read."""


def parse(text: str, *, parse_float: Callable[[str], object] = float) -> dict[str, object]:
    """Return the values of a TOML document. Raises TOMLError, and nothing else."""
    long = _LONG_KEY.search(text)
    if long:
        at = long.start(1)
        place = f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
        raise TOMLLimitError(f"A key has more than {MOST_KEY_PARTS} parts (at {place})")
    try:
        values = tomllib.loads(text, parse_float=parse_float)
        if _LONG_NUMBER.search(text):
            str(values)  # Python refuses to write such a number, wherever it turns up later
    except RecursionError as error:
        raise TOMLLimitError("Lists or tables are nested too deeply") from error
    except ValueError as error:  # a TOMLDecodeError, or Python's own on a number of thousands of digits
        if not isinstance(error, tomllib.TOMLDecodeError):
            raise TOMLLimitError("A number has too many digits") from error
        raise TOMLError(str(error)) from error
    return values
