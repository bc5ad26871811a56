"""The keys that session types add: kinds of values from the fields of their structs."""

import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from runner.config.kinds import Duration, Flag, Key, ListOf, OneOf, TableOf, TextKind, Whole
from runner.config.places import BESIDE_SETTINGS, SHAPE, TOP
from runner.config.read import Raw
from runner.config.settings import SETTINGS, read_layer
from runner.config.walk import Dialect, Kind, Node, Walk, anything, open_table, quoted
from runner.model.config import KeyShape
from runner.model.encode import canonical, converted, decoded
from runner.model.errors import ConfigError
from runner.model.plugins import SessionType
from runner.model.settings import Layer
from runner.model.text import Origin, Template
from runner.model.unexpected import words_of

Lookup = Callable[[str], SessionType[Struct] | None]
"""Gives a session type by name, None when there is none."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def added_keys(session_type: SessionType[Struct]) -> dict[str, Key[object]]:
    """Return the keys that a type adds by name, `extra-` of its lists included.

    Raises ValueError, with the end of a sentence about the type, for keys that cannot be.
    """
    found: dict[str, Key[object]] = {}
    for field in _fields(session_type):
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
        found[name] = Key(name, kind, about or f"A key of sessions of the type {session_type.name}")
        if isinstance(kind, ListOf):
            more = f"More of `{name}`, added to those of the layers below"
            found[f"extra-{name}"] = Key(f"extra-{name}", kind, more)
    return found


def check_type(session_type: SessionType[Struct]) -> None:
    """Raise ValueError, with the end of a sentence about the type, if its keys or defaults cannot be."""
    added_keys(session_type)
    for field in _fields(session_type):
        _check_default(field)
    walk = Walk("", (), {}, anything, anything)
    _read_defaults(session_type, Node(walk, (), None))
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


def keys_layer(session_type: SessionType[Struct], origin: Origin) -> Layer:
    """Return what the keys that a type adds are where nothing sets them."""
    values: dict[str, object] = {}
    for field in _fields(session_type):
        default = None if field.required else _default(field)
        if default is not None:
            values[field.encode_name] = _as_config(default, origin)
    return Layer(_name_of(session_type), values, {})


def defaults_layer(session_type: SessionType[Struct], node: Node) -> Layer:
    """Return what a type's `defaults` set; they were checked, and stand at `node`, the session."""
    layer = _read_defaults(session_type, node)
    return Layer(_name_of(session_type), layer.values, {})


def _fields(session_type: SessionType[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    try:
        return msgspec.structs.fields(session_type.keys)
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


def _read_defaults(session_type: SessionType[Struct], node: Node) -> Layer:
    """Read a type's `defaults` as if they stood at `node`."""
    try:
        written = decoded(canonical(dict(session_type.defaults)), dict[str, object])
    except Exception as error:
        raise ValueError(f"its defaults cannot be used: {words_of(error)}") from error
    given = Node(node.walk, node.path, written)
    return read_layer(open_table(given, tuple(SETTINGS), {}), node.label)


def _name_of(session_type: SessionType[Struct]) -> str:
    return f"type {session_type.name}"


def types_in(raw: Raw, lookup: Lookup) -> tuple[SessionType[Struct], ...]:
    """Return the session types that a file names, as far as there are such."""
    return TypesInUse(Node(raw.walk(), (), raw.data), lookup).found()


class TypesInUse:
    """The session types that a file names, and what can be said in each of its tables.

    `lookup` gives a type by name, None when there is none.
    """

    def __init__(self, top: Node, lookup: Lookup) -> None:
        sessions = top.child("sessions")
        self._tables = {} if sessions is None else dict(sessions.children())
        self._default = _type_in(top.child("defaults")) or "python"
        self._names = {name: self._type_of(name) for name in self._tables}
        self._types = {name: lookup(name) for name in dict.fromkeys(self._names.values())}
        self._keys = {name: {} if found is None else added_keys(found) for name, found in self._types.items()}

    def found(self) -> tuple[SessionType[Struct], ...]:
        """Return the types that there are."""
        return tuple(found for found in self._types.values() if found is not None)

    def keys(self, session: str) -> Mapping[str, Key[object]]:
        """Return the keys that a session's type adds."""
        return self._keys[self._names[session]]

    def of_session(self, session: str) -> SessionType[Struct] | None:
        """Return the type of a session."""
        return self._types[self._names[session]]

    def dialect(self, session: str) -> Dialect:
        """Return what can be said in a session's table."""
        own = self._names[session]
        elsewhere = {
            key: f"is a key of the session type `{name}`, and this session's type is `{own}`"
            for name, keys in self._keys.items()
            for key in keys
            if key not in self._keys[own]
        }
        kinds = {name: key.kind for name, key in self._keys[own].items()}
        return Dialect(kinds, elsewhere, lenient=self._types[own] is None)

    def dialect_of_defaults(self) -> Dialect:
        """Return what can be said in `[defaults]`: the keys of all types, but for those that differ."""
        kinds: dict[str, Kind[object]] = {}
        elsewhere: dict[str, str] = {}
        for keys in self._keys.values():
            for name, key in keys.items():
                if kinds.setdefault(name, key.kind) != key.kind:
                    elsewhere[name] = "means different things to two session types: it stands in sessions"
        for name in elsewhere:
            del kinds[name]
        return Dialect(kinds, elsewhere, lenient=None in self._types.values())

    def _type_of(self, session: str) -> str:
        seen: set[str] = set()
        name: object = session
        while isinstance(name, str) and name in self._tables and name not in seen:
            seen.add(name)
            table = self._tables[name]
            said = _type_in(table)
            if said is not None:
                return said
            parent = table.child("extends")
            name = None if parent is None else parent.value
        return self._default


def _type_in(table: Node | None) -> str | None:
    said = None if table is None else table.child("type")
    return said.value if said is not None and isinstance(said.value, str) else None


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
