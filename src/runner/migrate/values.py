"""The values that a migration moves: an environment's settings by key, each as it stands in a file."""

from collections.abc import Mapping

from msgspec import Struct

from runner.model.settings import BUILT_IN, CommandText
from runner.model.text import Literal, Template

VARIABLE = "env."
"""Before the name of a variable that a session sets: each is a setting of its own here."""

SETS = ("deps", "constraints", "groups", "extras", "pass-env", "allow-external", "seed")
"""Lists in which the order says nothing."""

COMMANDS = ("setup", "commands", "teardown")
ORDER = (
    *("package", "package-file", "deps", "constraints", "groups", "extras", "seed", "resolution"),
    *("prerelease", "system-site-packages", "env", "pass-env", "allow-external", "cwd", "keep-going"),
    *("allow-failure", "interrupt-grace", "terminate-grace", *COMMANDS),
)
"""In which settings are written; those that are not named here come last."""


class Line(Struct, frozen=True):
    """One command: its words, and what is said of it."""

    words: tuple[str, ...]
    ok_codes: tuple[int, ...] = (0,)
    retries: int = 0
    ignore_failure: bool = False


Value = str | bool | float | tuple[str, ...] | tuple[Line, ...] | None
"""None: it is not set."""

Values = Mapping[str, Value]


class Shape(Struct, frozen=True):
    """What all cells of a session have in common. `after` and `needs` are names of environments."""

    python: str | None = None
    tags: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Env(Struct, frozen=True):
    """One environment. The text in `values` has substitutions as runner's own format writes them."""

    name: str
    shape: Shape = Shape()
    description: str = ""
    default: bool = True
    values: dict[str, Value] = {}


def place_in_order(key: str) -> tuple[int, str]:
    """Return what keys of settings are sorted by."""
    plain = "env" if key.startswith(VARIABLE) else key.removeprefix("extra-")
    return (ORDER.index(plain) if plain in ORDER else len(ORDER), key)


def built_in(key: str) -> Value:
    """Return the value of a setting that nobody sets."""
    return None if key == "package" else plain(BUILT_IN.values.get(key))


def plain(value: object) -> Value:
    """Return a setting of a layer as a plain value; text as it was written."""
    if isinstance(value, Literal | Template):
        return value.text
    if isinstance(value, tuple):
        lines = tuple(_line(item) for item in value if isinstance(item, CommandText))
        return lines or tuple(item.text for item in value if isinstance(item, Literal | Template))
    return value if isinstance(value, bool | int | float) else None


def _line(command: CommandText) -> Line:
    words = command.run if isinstance(command.run, tuple) else (command.run,)
    return Line(
        tuple(_unglobbed(word.text, command) for word in words),
        command.ok_codes,
        command.retries,
        command.ignore_failure,
    )


def _unglobbed(word: str, command: CommandText) -> str:
    """Return an argument; for one that stands for files, which runner's own format has not, the pattern."""
    return command.globs[word].pattern if word in command.globs else word
