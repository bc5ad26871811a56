"""The keys that session types and backends add: kinds of values from the fields of their structs."""

import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from runner.config.kinds import Duration, Flag, Key, ListOf, OneOf, TableOf, TextKind, Whole
from runner.config.places import BESIDE_SETTINGS, SHAPE, TOP
from runner.config.settings import SETTINGS, read_layer
from runner.config.walk import Kind, Node, Walk, anything, open_table, quoted
from runner.model.config import KeyShape
from runner.model.encode import canonical, converted, decoded
from runner.model.errors import ConfigError
from runner.model.plugins import AddsKeys, Backend, NoKeys, SessionType
from runner.model.settings import Layer
from runner.model.text import Origin, Template
from runner.model.unexpected import words_of

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class Adder(Struct, frozen=True):
    """Who adds keys, a session type or a backend; `defaults` are of keys that sessions have anyway."""

    kind: Literal["session type", "backend"]
    name: str
    keys: type[Struct] = NoKeys
    defaults: Mapping[str, object] = {}

    @property
    def label(self) -> str:
        """What people are told that a value comes from."""
        return f"{'type' if self.kind == 'session type' else self.kind} {self.name}"


Lookup = Callable[[str], Adder | None]
"""Gives who adds keys by name, None when there is none of that name."""


class Lookups(NamedTuple):
    """What gives session types, and what gives backends."""

    types: Lookup
    backends: Lookup


def adder_of_type(found: SessionType[Struct]) -> Adder:
    """Return a session type as one that adds keys."""
    return Adder("session type", found.name, found.keys, found.defaults)


def adder_of_backend(backend: Backend) -> Adder:
    """Return a backend as one that adds keys, if only none."""
    return Adder("backend", backend.name, backend.keys if isinstance(backend, AddsKeys) else NoKeys)


def added_keys(adder: Adder) -> dict[str, Key[object]]:
    """Return the keys that somebody adds by name, `extra-` of lists included.

    Raises ValueError, with the end of a sentence about the adder, for keys that cannot be.
    """
    found: dict[str, Key[object]] = {}
    for field in _fields(adder):
        name = field.encode_name
        if name in SETTINGS or name in SHAPE or name in TOP or name in BESIDE_SETTINGS:
            raise ValueError(f"its key `{name}` is one of runner's own: it needs another name")
        if name.startswith("extra-"):
            raise ValueError(f"its key `{name}` needs another name: `extra-` adds to keys that are lists")
        if not _NAME.fullmatch(name):
            raise ValueError(
                f'its key {quoted(name)} is not in kebab-case: a struct with rename="kebab" has such keys'
            )
        kind, about = _kind_of(name, field.type)
        found[name] = Key(name, kind, about or f"A key of the {adder.kind} {adder.name}")
        if isinstance(kind, ListOf):
            more = f"More of `{name}`, added to those of the layers below"
            found[f"extra-{name}"] = Key(f"extra-{name}", kind, more)
    return found


def check_adder(adder: Adder) -> None:
    """Raise ValueError, with the end of a sentence about the adder, if its keys or defaults cannot be."""
    added_keys(adder)
    for field in _fields(adder):
        _check_default(field)
    walk = Walk("", (), {}, anything, anything)
    _read_defaults(adder, Node(walk, (), None))
    try:
        walk.finish()
    except ConfigError as error:
        first = error.problems[0]
        key = first.origin.key if first.origin else ""
        raise ValueError(f"its default of `{key}`: {first.message}") from error


def shapes_of(keys: Mapping[str, Key[object]]) -> dict[str, KeyShape]:
    """Return what an axis of the same name could set, by key."""
    return {
        name: "list"
        if isinstance(key.kind, ListOf)
        else "text"
        if isinstance(key.kind, TextKind | OneOf)
        else "other"
        for name, key in keys.items()
        if not name.startswith("extra-")
    }


def keys_layer(adder: Adder, origin: Origin) -> Layer:
    """Return what the keys that somebody adds are where nothing sets them."""
    values: dict[str, object] = {}
    for field in _fields(adder):
        default = None if field.required else _default(field)
        if default is not None:
            values[field.encode_name] = _as_config(default, origin)
    return Layer(adder.label, values, {})


def defaults_layer(adder: Adder, node: Node) -> Layer:
    """Return what an adder's `defaults` set; they were checked, and stand at `node`, the session."""
    layer = _read_defaults(adder, node)
    return Layer(adder.label, layer.values, {})


def _fields(adder: Adder) -> tuple[msgspec.structs.FieldInfo, ...]:
    try:
        return msgspec.structs.fields(adder.keys)
    except Exception as error:
        raise ValueError(f"the types of its keys cannot be told: {words_of(error)}") from error


def _default(field: msgspec.structs.FieldInfo) -> object:
    """Return the default of a key that need not be there."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _check_default(field: msgspec.structs.FieldInfo) -> None:
    if field.required:
        return
    try:
        converted(msgspec.to_builtins(_default(field)), field.type)
    except (Exception, SystemExit) as error:
        said = f"its key `{field.encode_name}` has a default that cannot be used: {words_of(error)}"
        raise ValueError(said) from error


def _read_defaults(adder: Adder, node: Node) -> Layer:
    """Read an adder's `defaults` as if they stood at `node`."""
    try:
        written = decoded(canonical(dict(adder.defaults)), dict[str, object])
    except Exception as error:
        raise ValueError(f"its defaults cannot be used: {words_of(error)}") from error
    given = Node(node.walk, node.path, written)
    return read_layer(open_table(given, tuple(SETTINGS), {}), node.label)


def _kind_of(name: str, annotation: object) -> tuple[Kind[object], str]:
    """Return how the values of a field are read, and what its `Meta` says that it is for."""
    about = ""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *notes = typing.get_args(annotation)
        metas = [note for note in notes if isinstance(note, msgspec.Meta)]
        about = next((meta.description for meta in metas if meta.description), "")
        least = next((meta.ge for meta in metas if meta.ge is not None), None)
        if annotation is int and least is not None:
            return Whole(int(least)), about
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(annotation) if option is not types.NoneType]
        if len(options) == 1:
            kind, inner = _kind_of(name, options[0])
            return kind, about or inner
    kind_ = _plain_kind(annotation)
    if kind_ is None:
        raise ValueError(
            f"its key `{name}` is declared as {_shown(annotation)}: expected str, bool, int, float, a Literal"
            " of words, tuple[str, ...] or dict[str, str]"
        )
    return kind_, about


def _plain_kind(annotation: object) -> Kind[object] | None:
    simple: dict[object, Kind[object]] = {
        str: TextKind(),
        bool: Flag(),
        int: Whole(0),
        float: Duration(),
        tuple[str, ...]: ListOf(TextKind()),
        dict[str, str]: TableOf(TextKind(), "a table of strings"),
    }
    words = typing.get_args(annotation)
    if typing.get_origin(annotation) is Literal and all(isinstance(word, str) for word in words):
        return OneOf(words)
    return simple.get(annotation)


def _shown(annotation: object) -> str:
    return quoted(annotation.__name__ if isinstance(annotation, type) else str(annotation))


def _as_config(value: object, origin: Origin) -> object:
    """Return a default as it would be read from the file."""
    if isinstance(value, str):
        return Template(value, origin)
    if isinstance(value, tuple):
        return tuple(_as_config(item, origin) for item in value)
    if isinstance(value, Mapping):
        return {key: _as_config(item, origin) for key, item in value.items()}
    return value
