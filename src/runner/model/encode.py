"""Canonical JSON of values, and values of JSON and of what other formats were read into.

msgspec looks at a type when it first makes a value of it, and when two threads do so at the same moment the
process crashes. So values are made here, where that is done by one thread at a time.
"""

from threading import Lock
from typing import TypeVar, cast

import msgspec

T = TypeVar("T")

_known: set[object] = set()
_learning = Lock()


def canonical(value: object) -> bytes:
    r"""Return `value` as JSON, byte-identical for equal values.

    File names and arguments may hold bytes that are no text (lone surrogates in Python); JSON cannot, so
    these are written as `\udcXX`.
    """
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return msgspec.json.encode(_valid(msgspec.to_builtins(value, order="deterministic")))


def decoded(data: bytes | str, kind: type[T]) -> T:
    """Return the value that JSON says. Raises ValueError, and nothing else: the bytes may be anything."""
    _learn(kind)
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def converted(value: object, kind: type[T]) -> T:
    """Return what `value`, made of dicts, lists and the like, says. Raises msgspec.ValidationError."""
    _learn(kind)
    return msgspec.convert(value, kind)


def remade(value: object, kind: type[T], *, str_keys: bool = False) -> T:
    """Return a value that a plugin made, anew: plugins are not type-checked, so any field may be anything.

    With `str_keys` keys of tables that are no text become text. Raises ValueError.
    """
    try:
        return converted(msgspec.to_builtins(value, str_keys=str_keys), kind)
    except (msgspec.MsgspecError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _learn(kind: object) -> None:
    """Let msgspec look at a type, and at all that it is made of, before any value of it is made."""
    if kind not in _known:
        with _learning:
            msgspec.json.Decoder(kind)
            _known.add(kind)


def _valid(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        return {_valid(key): _valid(item) for key, item in pairs.items()}
    if isinstance(value, list | tuple):
        return [_valid(item) for item in cast("list[object]", value)]
    return value
