"""The session types and backends that a file names, and what can be said in each of its tables for them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from runner.config.added import Adder, Lookups, added_keys
from runner.config.kinds import Key, has_braces
from runner.config.places import OF_BACKENDS
from runner.config.read import Raw
from runner.config.walk import Dialect, Kind, Node, quoted
from runner.model.settings import BACKENDS

_TYPE = "python"
_CONDITIONAL = ("matrix", "when", "include")
"""The keys of a session with settings for some of its cells."""

_AXIS = re.compile(r"\{([\w-]+)\}")

_OF_OURS = {
    key: backend
    for backend, names in OF_BACKENDS.items()
    for name in names
    for key in (name, f"extra-{name}")
}


def adders_in(raw: Raw, lookups: Lookups) -> tuple[Adder, ...]:
    """Return the session types and backends that a file names, as far as there are such."""
    return InUse(Node(raw.walk(), (), raw.data), lookups).found()


class InUse:
    """Who adds keys to the tables of a file: each session has a type, and one or more backends."""

    def __init__(self, top: Node, lookups: Lookups) -> None:
        sessions = top.child("sessions")
        self._tables = {} if sessions is None else dict(sessions.children())
        self._defaults = top.child("defaults")
        self._types = {name: self._type_of(name) for name in self._tables}
        said = {name: self._backends_of(name) for name in self._tables}
        self._filled = {at: next(filter(has_braces, names), None) for at, names in said.items()}
        plain = dict.fromkeys(name for names in said.values() for name in names if not has_braces(name))
        self._backends = {at: tuple(plain) if self._filled[at] else names for at, names in said.items()}
        types = dict.fromkeys(self._types.values())
        self._adders = {("type", name): lookups.types(name) for name in types}
        self._adders |= {("backend", name): lookups.backends(name) for name in plain}
        self._keys = {at: {} if found is None else added_keys(found) for at, found in self._adders.items()}

    def found(self) -> tuple[Adder, ...]:
        """Return the types and backends that there are."""
        return tuple(found for found in self._adders.values() if found is not None)

    def keys(self, session: str) -> Mapping[str, Key[object]]:
        """Return the keys that a session's type and its backends add."""
        return {name: key for at in self._own(session) for name, key in self._keys[at].items()}

    def of_session(self, session: str) -> tuple[Adder, ...]:
        """Return the type and the backends of a session, as far as there are such."""
        return tuple(found for at in self._own(session) if (found := self._adders[at]) is not None)

    def dialect(self, session: str) -> Dialect:
        """Return what can be said in a session's table."""
        own = self._own(session)
        kinds, elsewhere = self._agreed(own)
        lenient = any(self._adders[at] is None for at in own)
        others = (
            {} if lenient else {key: self._not_here("backend", by, session) for key, by in _OF_OURS.items()}
        )
        for at, found in self._adders.items():
            if at not in own and found is not None:
                others |= dict.fromkeys(self._keys[at], self._not_here(found.kind, found.name, session))
        return Dialect(kinds, _less({**others, **elsewhere}, kinds), lenient)

    def dialect_of_defaults(self) -> Dialect:
        """Return what can be said in `[defaults]`: the keys of all of them, but for those that differ."""
        kinds, elsewhere = self._agreed(self._adders)
        lenient = None in self._adders.values()
        others = {} if lenient else {key: _no_backend(by, "no session") for key, by in _OF_OURS.items()}
        return Dialect(kinds, _less({**others, **elsewhere}, kinds), lenient)

    def _not_here(self, kind: str, name: str, session: str) -> str:
        """Say of a key whose it is, and why it is none of this session."""
        if kind == "session type":
            return f"is a key of the {kind} `{name}`, and this session's type is `{self._types[session]}`"
        filled = self._filled[session]
        if filled is None:
            return _no_backend(name, "no cell of this session")
        return (
            f"is a key of the backend `{name}`, and backend = {quoted(filled)} does not tell which cells have"
            ' that: name it, or make it an axis, as in matrix.backend = ["virtualenv", "conda"]'
        )

    def _own(self, session: str) -> tuple[tuple[str, str], ...]:
        backends = (("backend", name) for name in self._backends[session])
        return (("type", self._types[session]), *backends)

    def _agreed(self, at: Iterable[tuple[str, str]]) -> tuple[dict[str, Kind[object]], dict[str, str]]:
        """Return the kinds of keys that nobody of these adds in another sense, and why others have none."""
        kinds: dict[str, Kind[object]] = {}
        elsewhere: dict[str, str] = {}
        owners: dict[str, tuple[str, str]] = {}
        for each in at:
            for name, key in self._keys[each].items():
                owner = owners.setdefault(name, each)
                if kinds.setdefault(name, key.kind) != key.kind:
                    elsewhere[name] = f"means different things to {_both(owner, each)}"
        for name in elsewhere:
            del kinds[name]
        return kinds, elsewhere

    def _line(self, session: str) -> Iterator[Node]:
        """Yield the table of a session, those of its parents, nearest first, and `[defaults]`."""
        seen: set[str] = set()
        name: object = session
        while isinstance(name, str) and name in self._tables and name not in seen:
            seen.add(name)
            yield self._tables[name]
            parent = self._tables[name].child("extends")
            name = None if parent is None else parent.value
        if self._defaults is not None:
            yield self._defaults

    def _type_of(self, session: str) -> str:
        said = (_said(table, "type") for table in self._line(session))
        return next((name for name in said if name is not None), _TYPE)

    def _backends_of(self, session: str) -> tuple[str, ...]:
        """Return the backends that cells of a session may have, its usual one first.

        One that only rendering tells is as it is written, with its braces.
        """
        tables = tuple(self._line(session))
        said = (_said(table, "backend") for table in tables)
        usual = next((name for name in said if name), BACKENDS[0])
        written = (usual, *_in_conditional(tables, "backend"))
        return tuple(dict.fromkeys(name for text in written for name in _values_of(text, tables)))


def _values_of(text: str, tables: tuple[Node, ...]) -> tuple[str, ...]:
    """Return what a value may be when it is rendered: of `{axis}` each of the axis, else as it is written."""
    axis = _AXIS.fullmatch(text)
    return (axis and tuple(_in_conditional(tables, axis[1]))) or (text,)


def _no_backend(name: str, who: str) -> str:
    """Say that a key is one of a backend, and that it lacks that."""
    return f'is a key of the backend `{name}`, and {who} has that backend: set backend = "{name}"'


def _less(told: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    return {key: text for key, text in told.items() if key not in known}


def _both(one: tuple[str, str], other: tuple[str, str]) -> str:
    """Name two adders of a key."""
    if one[0] == other[0] == "type":
        return "two session types: it stands in sessions"
    return " and ".join(
        f"the {'session type' if kind == 'type' else kind} `{name}`" for kind, name in (one, other)
    )


def _said(table: Node, key: str) -> str | None:
    said = table.child(key)
    return said.value if said is not None and isinstance(said.value, str) else None


def _in_conditional(tables: Iterable[Node], key: str) -> Iterator[str]:
    """Yield what the tables for some cells give as values of a key, or of an axis."""
    for table in tables:
        for name in _CONDITIONAL:
            part = table.child(name)
            if part is not None:
                yield from _given(part.value, key)


def _given(value: object, wanted: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _given(item, wanted)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item) if key == wanted else _given(item, wanted)


def _texts(value: object) -> Iterator[str]:
    """Yield the values of an axis, or of a key, as they may be written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
    elif isinstance(value, dict):
        for label, item in value.items():
            said = item.get("value", label) if isinstance(item, dict) else item
            if isinstance(said, str):
                yield said
