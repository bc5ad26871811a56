"""Values of a TOML file made the values that keys take; unlike in an ini file, types are strict."""

from collections.abc import Callable, Mapping, Sequence

from runner.compat.tox.errors import ToxError
from runner.compat.tox.kinds import Kind
from runner.compat.tox.matrix import group_of, matrix
from runner.compat.tox.values import (
    CommandLine,
    Names,
    distinct,
    marked,
    sensible,
    to_constraints,
    to_path,
    to_requirements,
)


def converted(kind: Kind, value: object) -> object:
    """Return the value of a kind that a TOML value stands for. Raises ToxError."""
    return _READERS[kind](value)


def to_names(value: object) -> Names:
    """Return environments: text, `{prefix, start, stop}`, `{product, exclude}` or `{label = factors}`."""
    return distinct(name for item in _list(value, "a list of environments") for name in _names(item))


def _names(item: object) -> Sequence[str]:
    if isinstance(item, str):
        return (item,)
    if isinstance(item, Mapping) and "product" in item:
        return _product(item)
    return group_of(item).values


def _product(table: Mapping[str, object]) -> list[str]:
    if "prefix" in table:
        raise ToxError("product and prefix cannot stand together")
    groups = [group_of(group) for group in _list(table["product"], "a list of factors")]
    excluded = set(_texts(table.get("exclude") or []))
    return [name for name, _ in matrix(groups) if name not in excluded]


def _command(value: object) -> CommandLine:
    words = _texts(value)
    if not words:
        raise ToxError("a command cannot be empty")
    return marked(words)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ToxError(f"expected a number, not {_shown(value)}")
    return sensible(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ToxError(f"expected text in quotes, not {_shown(value)}")
    return value


def _list(value: object, expected: str) -> list[object]:
    if not isinstance(value, list):
        raise ToxError(f"expected {expected}, not {_shown(value)}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _list(value, "a list of texts"))


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ToxError(f"expected a table, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    kinds = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date")


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ToxError(f"expected true or false, not {_shown(value)}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ToxError(f"expected a whole number, not {_shown(value)}")
    return sensible(value)


def _lines(value: object) -> str:
    return value if isinstance(value, str) else "\n".join(_texts(value))


_READERS: dict[Kind, Callable[[object], object]] = {
    Kind.TEXT: _text,
    Kind.OPTIONAL_TEXT: _text,
    Kind.BOOL: _bool,
    Kind.OPTIONAL_BOOL: _bool,
    Kind.INTEGER: _whole,
    Kind.NUMBER: lambda value: float(_number(value)),
    Kind.PATH: lambda value: to_path(_text(value)),
    Kind.LIST: _texts,
    Kind.SET: lambda value: tuple(sorted(set(_texts(value)))),
    Kind.LIST_OR_TEXT: lambda value: (value,) if isinstance(value, str) else _texts(value),
    Kind.COMMAND: _command,
    Kind.COMMANDS: lambda value: tuple(_command(line) for line in _list(value, "a list of commands") if line),
    Kind.NAMES: to_names,
    Kind.TABLE: lambda value: {key: _text(item) for key, item in _mapping(value).items()},
    Kind.TABLE_OF_NAMES: lambda value: {key: to_names(item) for key, item in _mapping(value).items()},
    Kind.REQUIREMENTS: lambda value: to_requirements(_lines(value)),
    Kind.CONSTRAINTS: lambda value: to_constraints(_lines(value)),
}
