"""Walking over a config file: nodes that know where they stand, and the problems found on the way."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from functools import lru_cache
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from runner.config.positions import KeyPath, Positions, Step
from runner.config.syntax import WrittenFloat
from runner.model.errors import MOST_PROBLEMS, ConfigError, Problem
from runner.model.nearest import closest
from runner.model.text import Origin

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN_LENGTH = 60
_SHOWN_BITS = 200
_SHOWN_KEY = 200

T_co = TypeVar("T_co", covariant=True)
Schema = dict[str, object]
Known = Callable[[str], bool]


def anything(_: str) -> bool:
    """Know every name: before plugins are loaded."""
    return True


class Dialect(Struct, frozen=True):
    """What can be said in a table beside runner's own keys: those that its session type adds.

    `elsewhere` says of keys of other types why they are none here. `lenient`: the type is not known, so other
    keys may be right.
    """

    kinds: "Mapping[str, Kind[object]]" = {}
    elsewhere: Mapping[str, str] = {}
    lenient: bool = False


class Walk:
    """One walk over a file: where things stand, which names are known, and all that is wrong."""

    def __init__(
        self,
        shown: str,
        prefix: KeyPath,
        positions: Positions,
        known_type: Known,
        known_backend: Known,
    ) -> None:
        self.known_type = known_type
        self.known_backend = known_backend
        self._shown = shown
        self._prefix = prefix
        self._positions = positions
        self._problems: dict[Problem, None] = {}
        self.dialect = Dialect()

    def speaking(self, dialect: Dialect) -> "Walk":
        """Return the same walk for tables in which more can be said."""
        walk = copy(self)
        walk.dialect = dialect
        return walk

    def origin(self, path: KeyPath) -> Origin:
        """Return the place of a key; one that is not written stands where its table does."""
        whole = (*self._prefix, *path)
        nearest = whole
        while nearest and nearest not in self._positions:
            nearest = nearest[:-1]
        return Origin(self._shown, self._positions.get(nearest, 0), dotted(whole))

    def add(self, problem: Problem) -> None:
        """Keep a problem; the same one found twice (an inherited table) counts once.

        Raises ConfigError when there are too many for anybody to read.
        """
        if len(self._problems) == MOST_PROBLEMS and problem not in self._problems:
            raise ConfigError(*self._in_order(), problem)
        self._problems[problem] = None

    def finish(self) -> None:
        """Raise ConfigError with every problem found, in the order of their lines."""
        if self._problems:
            raise ConfigError(*self._in_order())

    def _in_order(self) -> list[Problem]:
        return sorted(self._problems, key=lambda p: p.origin.line if p.origin else 0)


class Node(Struct, frozen=True):
    """A value of the file and its path below the table that holds our keys."""

    walk: Walk
    path: KeyPath
    value: object

    @property
    def origin(self) -> Origin:
        return self.walk.origin(self.path)

    @property
    def key(self) -> str:
        """The last key of the path."""
        return str(self.path[-1])

    @property
    def label(self) -> str:
        """The path as people call it, without `tool.runner`: the name of a layer."""
        return dotted(self.path)

    def child(self, step: str) -> "Node | None":
        """Return the value of a key of this table, if it is there."""
        if not isinstance(self.value, dict) or step not in self.value:
            return None
        return Node(self.walk, (*self.path, step), self.value[step])

    def children(self) -> "Mapping[str, Node]":
        """Return the values of this table by key; nothing when it is none."""
        if not isinstance(self.value, dict):
            return {}
        return {step: Node(self.walk, (*self.path, step), value) for step, value in self.value.items()}

    def elements(self) -> "Iterator[Node]":
        """Yield the elements of this list; nothing when it is none."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Node(self.walk, (*self.path, index), value)

    def speaking(self, dialect: Dialect) -> "Node":
        """Return the same value where more can be said."""
        return Node(self.walk.speaking(dialect), self.path, self.value)

    def wrong(self, message: str, hint: str = "") -> None:
        """Keep a problem with this value."""
        self.walk.add(Problem(message, self.origin, hint))

    def expected(self, what: str, hint: str = "") -> None:
        """Keep the problem that this value is not `what`."""
        self.wrong(f"expected {what}; got {described(self.value)}", hint)


class Kind(Protocol[T_co]):
    """A kind of value: how it is read, and what JSON Schema says of it."""

    def read(self, node: Node) -> T_co | None:
        """Return the value, or None once what is wrong with it was kept."""
        ...

    def schema(self) -> Schema: ...


def ref(definition: str) -> Schema:
    """Return the schema that stands for one of the schema's definitions, or for what is inside of it."""
    return {"$ref": f"#/$defs/{definition}"}


def open_table(
    node: Node, known: Collection[str], elsewhere: Mapping[str, str], *, unknown: str = "unknown key"
) -> dict[str, Node]:
    """Return the known keys of a table; the others are problems, with the nearest name.

    `elsewhere` says of keys that are known in other tables where they belong; `unknown` is said of the rest.
    """
    if not isinstance(node.value, dict):
        node.expected("a table")
        return {}
    children = node.children()
    dialect = node.walk.dialect
    for name, child in children.items():
        if name in known:
            continue
        plain = name.removeprefix("extra-")
        told = elsewhere.get(name) or dialect.elsewhere.get(name)
        if told:
            child.wrong(told)
        elif plain != name and (plain in known or plain in elsewhere):
            child.wrong(f"unknown key: of `{plain}` there is no `extra-`, only of settings that are lists")
        elif not dialect.lenient:
            child.wrong(f"{unknown}{nearest(name, known)}")
    return {name: child for name, child in children.items() if name in known}


def nearest(name: str, known: Collection[str], *, listed: int = 12) -> str:
    """Return the end of a sentence that names the nearest known names, or all when they are few."""
    wanted = name.replace("_", "-").lower()
    close = closest(wanted, known)
    if close:
        return f"; did you mean {quoted(close[0])}?"
    if 0 < len(known) <= listed:
        return f"; expected {either(known)}"
    far = closest(wanted, known, cutoff=0.0) if listed else []
    return f"; the nearest is {quoted(far[0])}" if far else ""


def either(names: Collection[str]) -> str:
    """Return names as people list alternatives: `"a", "b" or "c"`."""
    *most, last = map(quoted, names)
    return f"{', '.join(most)} or {last}" if most else last


def quoted(text: str) -> str:
    """Return text in quotes, as TOML has it."""
    return msgspec.json.encode(text).decode()


def dotted(path: KeyPath) -> str:
    """Return a path as people write it: `sessions.tests.deps[0]`."""
    return "".join(_shown_step(step) for step in path).removeprefix(".")


@lru_cache(maxsize=4096)
def _shown_step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    shown = step if len(step) <= _SHOWN_KEY else f"{step[:_SHOWN_KEY]}..."
    return f".{shown if _BARE.fullmatch(shown) else quoted(shown)}"


def described(value: object) -> str:
    """Say what a value is: `"x"`, `the number 3.10`, `true`, `a list`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value if len(value) <= _SHOWN_LENGTH else f"{value[:_SHOWN_LENGTH]}...")
    if isinstance(value, int | float):
        return f"the number {written(value)}"
    if isinstance(value, list | dict):
        what = "list" if isinstance(value, list) else "table"
        return f"a {what}" if value else f"an empty {what}"
    if value is None:  # not in TOML, but in other formats
        return "nothing"
    return f"the time {value}" if isinstance(value, dt.datetime | dt.time) else f"the date {value}"


def written(number: float) -> str:
    """Return a number as it was written."""
    if isinstance(number, int) and number.bit_length() > _SHOWN_BITS:
        return "of too many digits"
    text = number.text if isinstance(number, WrittenFloat) else str(number)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."
