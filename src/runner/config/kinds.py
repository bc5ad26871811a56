"""The kinds of values that keys have: each reads a node and describes itself as JSON Schema."""

from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from runner.config.duration import EXPECTED, PATTERN, parse_duration
from runner.config.walk import Kind, Node, Schema, described, either, nearest, quoted, written
from runner.model.text import Template

T = TypeVar("T")
_BRACES = "[{}]"

TEXT: Schema = {"type": "string"}


class Flag(Struct, frozen=True):
    """True or false."""

    def read(self, node: Node) -> bool | None:
        if isinstance(node.value, bool):
            return node.value
        in_quotes = node.value in ("true", "false")
        return node.expected("true or false", "write it without quotes" if in_quotes else "")

    def schema(self) -> Schema:
        return {"type": "boolean"}


class Whole(Struct, frozen=True):
    """A whole number, at least `least`."""

    least: int

    def read(self, node: Node) -> int | None:
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool) and self.least <= value < 2**31:
            return value
        return node.expected(f"a whole number, at least {self.least}")

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least}


class Duration(Struct, frozen=True):
    """Seconds, or text with a unit; read to seconds."""

    def read(self, node: Node) -> float | None:
        value = node.value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                return parse_duration(value)
            except ValueError as error:
                return node.wrong(str(error))
        return node.expected(EXPECTED)

    def schema(self) -> Schema:
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
            return node.wrong(f"expected {self.what}; got an empty one")
        message = self.problem(value) if self.problem else ""
        if message:
            return node.wrong(message)
        return value

    def schema(self) -> Schema:
        return {**TEXT, "pattern": self.pattern} if self.pattern else {**TEXT, "minLength": 1}


class OneOf(Struct, frozen=True):
    """One of a few words, taken literally. `others` says what is wrong with words that people may expect."""

    words: tuple[str, ...]
    others: tuple[tuple[str, str], ...] = ()

    def read(self, node: Node) -> str | None:
        if isinstance(node.value, str):
            if node.value in self.words:
                return node.value
            special = dict(self.others).get(node.value)
            return node.wrong(special or unknown_word(node.value, self.words))
        return node.expected(either(self.words))

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


class TextKind(Struct, frozen=True):
    """Text with substitutions, filled in when a cell is rendered."""

    what: str = "a string"

    def read(self, node: Node) -> Template | None:
        value = plain_text(node, self.what)
        return None if value is None else Template(value, node.origin)

    def schema(self) -> Schema:
        return TEXT


class TextOf(Struct, frozen=True):
    """Text with substitutions that becomes one of a few words: without braces it is one already."""

    words: tuple[str, ...]

    def read(self, node: Node) -> Template | None:
        value = node.value
        if not isinstance(value, str):
            return node.expected(either(self.words))
        if not has_braces(value) and value not in self.words:
            return node.wrong(unknown_word(value, self.words))
        return Template(value, node.origin)

    def schema(self) -> Schema:
        return {"anyOf": [{"enum": list(self.words)}, {**TEXT, "pattern": _BRACES}]}


class TextOrFalse(Struct, frozen=True):
    """Text with substitutions, or false, which switches it off."""

    what: str = "a string, or false"

    def read(self, node: Node) -> Template | Literal[False] | None:
        value = node.value
        if value is False:
            return False
        if isinstance(value, str):
            return TextKind().read(node)
        if value is True or isinstance(value, int | float):
            as_text = "true" if value is True else written(value)
            return node.expected(self.what, f"write it in quotes: {node.key} = {quoted(as_text)}")
        return node.expected(self.what)

    def schema(self) -> Schema:
        return {"anyOf": [TEXT, {"const": False}]}


class ListOf(Struct, Generic[T], frozen=True):
    """A list of values of one kind."""

    item: Kind[T]
    what: str = "a list of strings"

    def read(self, node: Node) -> tuple[T, ...] | None:
        if not isinstance(node.value, list):
            alone = node.value
            hint = (
                f"write {node.key} = [{quoted(alone)}]" if isinstance(alone, str) and len(alone) < 80 else ""
            )  # noqa: PLR2004 - what fits a line
            return node.expected(self.what, hint)
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
            return node.expected(self.what)
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


class Key(Struct, Generic[T], frozen=True):
    """A key of a table: its name, the kind of its value, and what it is for."""

    name: str
    kind: Kind[T]
    about: str

    def read(self, children: dict[str, Node]) -> T | None:
        """Return the key's value; None when it is not there, or wrong, which was kept then."""
        node = children.get(self.name)
        return None if node is None else self.kind.read(node)

    def schema(self) -> Schema:
        return {"description": self.about, **self.kind.schema()}


def plain_text(node: Node, what: str) -> str | None:
    """Return text that can stand in a command line or a variable."""
    value = node.value
    if not isinstance(value, str):
        hint = f"write it in quotes: {quoted(written(value))}" if is_number(value) else ""
        return node.expected(what, hint)
    if "\0" in value:
        return node.wrong("text cannot hold a NUL character: no program or variable can")
    return value


def is_number(value: object) -> bool:
    """Say whether a value is a number, which true and false are not here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_braces(text: str) -> bool:
    """Say whether text may change when it is rendered."""
    return "{" in text or "}" in text


def unknown_word(word: str, words: tuple[str, ...]) -> str:
    """Say that a word is none of those that are valid here, which are named."""
    near = nearest(word, words, listed=0)
    return f"expected {either(words)}; got {described(word)}{near}"


def variable_problem(name: str) -> str:
    """Say what is wrong with the name of an environment variable."""
    if not name or "=" in name or "\0" in name:
        return "is no name for a variable: it may not be empty or hold `=`"
    return ""


ENV = TableOf(TextOrFalse(), "a table of variables", variable_problem)
STRINGS = ListOf(TextKind())
