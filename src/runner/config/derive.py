"""From the types of the model to the kinds of values: the model's fields are the only list of such keys."""

import typing
from types import NoneType, UnionType

import msgspec

from runner.config.kinds import (
    ENV,
    BackendKind,
    Duration,
    Flag,
    ListOf,
    LockFileText,
    TextKind,
    TextOf,
    TextOrFalse,
    Whole,
)
from runner.config.walk import Kind
from runner.model.settings import BACKENDS, CHOICES, T
from runner.model.text import Literal, Template


def kind_of(key: str, annotation: object) -> Kind[object]:
    """Return how the values of a key are read. Raises TypeError for a type that no key has so far."""
    options = _options(annotation)
    if options == {"text"}:
        return _text_kind(key)
    if options == {"text", "false"}:
        return LockFileText() if key == "lock-from" else TextOrFalse()
    if len(options) == 1:
        (option,) = options
        kind = _plain_kind(key, option)
        if kind is not None:
            return kind
    raise TypeError(f"{key}: no kind of value for {annotation}")


def _options(annotation: object) -> set[object]:
    """Return the alternatives of a type, None left out; text is "text", and false alone is "false"."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        return {option for part in typing.get_args(annotation) for option in _options(part)}
    if annotation is T or annotation in (Literal, Template):
        return {"text"}
    if annotation is NoneType:
        return set()
    if typing.get_origin(annotation) is typing.Literal:
        return {"false"}
    return {annotation}


def _text_kind(key: str) -> Kind[object]:
    if key == "backend":
        return BackendKind(BACKENDS)
    return TextOf(CHOICES[key]) if key in CHOICES else TextKind()


def _plain_kind(key: str, annotation: object) -> Kind[object] | None:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        item = kind_of(key, arguments[0])
        return ListOf(item, "a list of whole numbers" if isinstance(item, Whole) else "a list of strings")
    if origin is dict:
        return ENV
    if origin is typing.Annotated:
        return Duration() if arguments[0] is float else Whole(_least(arguments[1]))
    if annotation is int:
        return Whole(0)
    return Flag() if annotation is bool else None


def _least(meta: object) -> int:
    return int(meta.ge or 0) if isinstance(meta, msgspec.Meta) else 0
