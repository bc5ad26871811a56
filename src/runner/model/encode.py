"""Canonical JSON of values, and values of JSON."""

from typing import TypeVar, cast

import msgspec

T = TypeVar("T")


def canonical(value: object) -> bytes:
    r"""Return `value` as JSON, byte-identical for equal values.

    File names and arguments may hold bytes that are no text (lone surrogates in Python); JSON cannot, so
    these are written as `\udcXX`.
    """
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return msgspec.json.encode(_valid(msgspec.to_builtins(value, order="deterministic")))


def decoded(data: bytes, kind: type[T]) -> T:
    """Return the value that JSON says. Raises ValueError, and nothing else: the bytes may be anything."""
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _valid(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        return {_valid(key): _valid(item) for key, item in pairs.items()}
    if isinstance(value, list | tuple):
        return [_valid(item) for item in cast("list[object]", value)]
    return value
