"""The kinds of values that keys have: each reads a node and describes itself as JSON Schema."""

import re
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from runner.config.duration import EXPECTED, PATTERN, parse_duration
from runner.config.walk import Kind, Node, Schema, described, either, nearest, quoted, ref, written
from runner.model.lock_files import LOCK_FILES, lock_file_kind
from runner.model.text import Literal as LiteralText
from runner.model.text import Template, Text
from runner.model.variable_names import variable_problem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BRACES = "[{}]"
_MOST = 2**31 - 1
"""Of a whole number: what is beyond is a mistake, and not a number to every program."""

_ONE_LINE = 80

TEXT: Schema = {"type": "string"}


class Flag(Struct, frozen=True):
    """True or false."""

    def read(self, node: Node) -> bool | None:
        if isinstance(node.value, bool):
            return node.value
        in_quotes = node.value in ("true", "false")
        node.expected("true or false", "write it without quotes" if in_quotes else "")
        return None

    def schema(self) -> Schema:
        return {"type": "boolean"}


class Whole(Struct, frozen=True):
    """A whole number from `least` up, below 2**31."""

    least: int

    def read(self, node: Node) -> int | None:
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool):
            if self.least <= value <= _MOST:
                return value
            if value > _MOST:
                node.expected(f"a whole number, at most {_MOST}")
                return None
        node.expected(f"a whole number, at least {self.least}")
        return None

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": _MOST}


class Duration(Struct, frozen=True):
    """Seconds, or text with a unit; read to seconds."""

    def read(self, node: Node) -> float | None:
        value = node.value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                return parse_duration(value)
            except ValueError as error:
                node.wrong(str(error))
                return None
        node.expected(EXPECTED)
        return None

    def schema(self) -> Schema:
        return ref("duration")

    def definition(self) -> Schema:
        """Return what a duration is."""
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": PATTERN}]}


class Word(Struct, frozen=True):
    """Text that is taken literally. `problem` says what is wrong with some text, or returns nothing."""

    what: str = "a string"
    problem: Callable[[str], str] | None = None
    pattern: str = ""

    def read(self, node: Node) -> str | None:
        value = plain_text(node, self.what)
        if value is None:
            return None
        if not value.strip():
            node.wrong(f"expected {self.what}; got an empty one")
            return None
        if _CONTROL.search(value):
            node.wrong(
                f"expected {self.what} on one line, without control characters; got {described(value)}"
            )
            return None
        message = self.problem(value) if self.problem else ""
        if message:
            node.wrong(message)
            return None
        return value

    def schema(self) -> Schema:
        return {**TEXT, "pattern": self.pattern} if self.pattern else {**TEXT, "minLength": 1}


class TextKind(Struct, frozen=True):
    """Text with substitutions, filled in when a cell is rendered."""

    what: str = "a string"

    def read(self, node: Node) -> Template | None:
        value = plain_text(node, self.what)
        return None if value is None else Template(value, node.origin)

    def schema(self) -> Schema:
        return TEXT


class OneOf(Struct, frozen=True):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node) -> LiteralText | None:
        value = node.value
        if not isinstance(value, str):
            node.expected(either(self.words))
            return None
        if value not in self.words:
            node.wrong(unknown_word(value, self.words))
            return None
        return LiteralText(value)

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


class TextOf(Struct, frozen=True):
    """Text with substitutions that becomes one of a few words: without braces it is one already."""

    words: tuple[str, ...]

    def read(self, node: Node) -> Text | None:
        if isinstance(node.value, str) and has_braces(node.value):
            return Template(node.value, node.origin)
        return OneOf(self.words).read(node)

    def schema(self) -> Schema:
        return {"anyOf": [OneOf(self.words).schema(), {**TEXT, "pattern": _BRACES}]}


class BackendKind(Struct, frozen=True):
    """The name of a backend, which a plugin may bring."""

    built_in: tuple[str, ...]

    def read(self, node: Node) -> Text | None:
        value = plain_text(node, "the name of a backend")
        if value is None:
            return None
        if has_braces(value):
            return Template(value, node.origin)
        if not node.walk.known_backend(value):
            hint = "if a plugin brings it, install that beside runner, or name its file in `plugins`"
            node.wrong(f"no backend is called {described(value)}{nearest(value, self.built_in)}", hint)
            return None
        return LiteralText(value)

    def schema(self) -> Schema:
        return {**TEXT, "examples": list(self.built_in)}


class TextOrFalse(Struct, frozen=True):
    """Text with substitutions, or false: off. With `as_text`, another bare value may be meant as text."""

    what: str = "a string, or false"
    as_text: bool = False

    def read(self, node: Node) -> Template | Literal[False] | None:
        value = node.value
        if value is False:
            return False
        if isinstance(value, str):
            return TextKind().read(node)
        hint = ""
        if self.as_text and isinstance(value, int | float):
            text = "true" if value is True else written(value)
            hint = f"write it in quotes: {node.key} = {quoted(text)}"
        node.expected(self.what, hint)
        return None

    def schema(self) -> Schema:
        return {"anyOf": [TEXT, {"const": False}]}


class LockFileText(Struct, frozen=True):
    """The path of a lock file of another tool, or false: none. Its name says whose it is."""

    def read(self, node: Node) -> Text | Literal[False] | None:
        path = TextOrFalse("the path of a lock file, or false").read(node)
        if isinstance(path, Template) and not has_braces(path.text) and lock_file_kind(path.text) is None:
            node.expected(LOCK_FILES)
            return None
        return path

    def schema(self) -> Schema:
        return TextOrFalse().schema()


class ListOf(Struct, Generic[T], frozen=True):
    """A list of values of one kind."""

    item: Kind[T]
    what: str = "a list of strings"

    def read(self, node: Node) -> tuple[T, ...] | None:
        if not isinstance(node.value, list):
            alone = node.value
            hint = (
                f"write {node.key} = [{quoted(alone)}]"
                if isinstance(alone, str) and len(alone) < _ONE_LINE
                else ""
            )
            node.expected(self.what, hint)
            return None
        values = [self.item.read(element) for element in node.elements()]
        return tuple(value for value in values if value is not None)

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema()}


class TableOf(Struct, Generic[T], frozen=True):
    """A table of values of one kind, under names that the user chooses. `problem` is of a name."""

    item: Kind[T]
    what: str
    problem: Callable[[str], str] | None = None

    def read(self, node: Node) -> dict[str, T] | None:
        if not isinstance(node.value, dict):
            node.expected(self.what)
            return None
        values: dict[str, T] = {}
        for name, child in node.children().items():
            message = self.problem(name) if self.problem else ""
            if message:
                child.wrong(message)
                continue
            value = self.item.read(child)
            if value is not None:
                values[name] = value
        return values

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.item.schema()}


class Key(Struct, Generic[T_co], frozen=True):
    """A key of a table: its name, the kind of its value, and what it is for."""

    name: str
    kind: Kind[T_co]
    about: str

    def read(self, children: dict[str, Node]) -> T_co | None:
        """Return the key's value; None when it is not there, or wrong, which was kept then."""
        node = children.get(self.name)
        return None if node is None else self.kind.read(node)

    def schema(self) -> Schema:
        return {"description": self.about, **self.kind.schema()}


def plain_text(node: Node, what: str) -> str | None:
    """Return text that can stand in a command line or a variable."""
    value = node.value
    if not isinstance(value, str):
        node.expected(what, number_hint(value))
        return None
    if "\0" in value:
        node.wrong("text cannot hold a NUL character: no program or variable can")
        return None
    return value


def number_hint(value: object) -> str:
    """Say how to write a number as text; nothing when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    remark = " (as a number, 3.10 is 3.1)" if isinstance(value, float) else ""
    return f"write it in quotes: {quoted(written(value))}{remark}"


def has_braces(text: str) -> bool:
    """Say whether text may change when it is rendered."""
    return "{" in text or "}" in text


def unknown_word(word: str, words: tuple[str, ...]) -> str:
    """Say that a word is none of those that are valid here, which are named."""
    near = nearest(word, words, listed=0)
    return f"expected {either(words)}; got {described(word)}{near}"


ENV: TableOf[Text | Literal[False]] = TableOf(
    TextOrFalse(as_text=True), "a table of variables", variable_problem
)
STRINGS = ListOf(TextKind())
