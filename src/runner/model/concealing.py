"""Values without secrets: the texts in them that say something, not the names that hold them together."""

from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.model.results import TestResult
from runner.model.secrets import Concealer

T = TypeVar("T", bound=Struct)

_TEXTS = frozenset({"argv", "detail", "lines", "message", "notices", "reason", "warnings"})
"""Fields for people. Ids, labels, outcomes and paths stay: they come from the config, and must still fit."""

_TEXTS_OF_TESTS = frozenset({"file", "id", "message"})


def concealed(value: T, concealer: Concealer) -> T:
    """Return the event, result or other value with the secrets in its texts replaced."""
    if not concealer or not concealer.finds((msgspec.json.encode(value).decode(),)):
        return value
    return _struct(value, concealer)


def _struct(value: T, concealer: Concealer) -> T:
    texts = _TEXTS_OF_TESTS if isinstance(value, TestResult) else _TEXTS
    fields = {
        name: _value(getattr(value, name), concealer, text=name in texts) for name in value.__struct_fields__
    }
    return replace(value, **fields)


def _value(value: object, concealer: Concealer, *, text: bool) -> object:
    if isinstance(value, Struct):
        return _struct(value, concealer)
    if isinstance(value, tuple):
        return tuple(_value(item, concealer, text=text) for item in value)
    if isinstance(value, str) and text:
        return concealer.text(value)
    return value
