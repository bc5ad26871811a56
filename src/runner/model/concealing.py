"""Values without secrets: the texts in them that say something, not the names that hold them together."""

import operator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from runner.model.results import TestResult
from runner.model.secrets import Concealer

T = TypeVar("T", bound=Struct)

_TEXTS = frozenset({"argv", "artifacts", "detail", "lines", "message", "notices", "reason", "warnings"})
"""Fields for people. Ids, labels and outcomes stay: they come from the config, and must still fit. So do
paths, but for names of files that commands wrote."""

_TEXTS_OF_TESTS = frozenset({"file", "id", "message"})


def concealed(value: T, concealer: Concealer) -> T:
    """Return the event, result or other value with the secrets in its texts replaced."""
    return _struct(value, concealer) if concealer else value


def _struct(value: T, concealer: Concealer) -> T:
    texts = _TEXTS_OF_TESTS if isinstance(value, TestResult) else _TEXTS
    changed: dict[str, object] = {}
    for name in value.__struct_fields__:
        old: object = getattr(value, name)
        new = _value(old, concealer, text=name in texts)
        if new is not old:
            changed[name] = new
    return replace(value, **changed) if changed else value


def _value(value: object, concealer: Concealer, *, text: bool) -> object:
    if isinstance(value, Struct):
        return _struct(value, concealer)
    if isinstance(value, tuple):
        items = tuple(_value(item, concealer, text=text) for item in value)
        return value if all(map(operator.is_, items, value)) else items
    if isinstance(value, str) and text:
        return concealer.text(value)
    return value
