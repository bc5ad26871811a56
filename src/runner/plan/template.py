"""The substitution language: text with `{…}` becomes parts, and parts with values become text. Pure.

Braces are as in `str.format`: `{{` and `}}` are braces, every other brace opens or closes a substitution.
Within a default, braces that pair up (`{{…}}`) are braces, and any other `}` closes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from runner.model.errors import Problem
from runner.model.text import Template


class Span(Struct, frozen=True):
    """Where something stands in its text: characters `start` to `end` (exclusive)."""

    start: int
    end: int


class Plain(Struct, frozen=True):
    """Text that stands for itself."""

    text: str
    span: Span


class Name(Struct, frozen=True):
    """`{name}`."""

    name: str
    span: Span


class Variable(Struct, frozen=True):
    """`{env:NAME}` or `{env:NAME:default}`."""

    name: str
    default: "Parts | None"
    span: Span


class Posargs(Struct, frozen=True):
    """`{posargs}` or `{posargs:default}`."""

    default: "Parts"
    span: Span


_DEEPEST = 20
_REST = re.compile(r"[^{}]{0,60}\}")
_SHOWN_BEFORE = 60
_SHOWN_WIDTH = 120
_LONGEST_NAME = 60

Part = Plain | Name | Variable | Posargs
Parts = tuple[Part, ...]


class TemplateError(Exception):
    """Text that cannot be read: what is wrong, where in it, and what to write instead."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


def explain(template: Template, error: TemplateError) -> Problem:
    """Make a problem of the error, with the line of the text and a caret under what is wrong."""
    text, span = template.text, error.span
    start = max(text.rfind("\n", 0, span.start) + 1, span.start - _SHOWN_BEFORE)
    line_end = text.find("\n", span.start)
    end = min(len(text) if line_end < 0 else line_end, start + _SHOWN_WIDTH)
    width = max(1, min(span.end, end) - span.start)
    caret = " " * (span.start - start) + "^" * width
    shown = "".join(char if char.isprintable() else _shown(char) for char in text[start:end])
    return Problem(error.message, template.origin, "\n".join(filter(None, (shown, caret, error.hint))))


def _shown(char: str) -> str:
    return " " if char == "\t" else "?"  # as wide as the caret takes it


@lru_cache(maxsize=8192)
def parse(text: str) -> Parts:
    """Read text into its parts. Raises TemplateError."""
    return _Reader(text).parts()


class _Reader:
    """A cursor over one text; lives as long as one call of `parse`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def parts(self, *, in_default: bool = False) -> Parts:
        """Read up to the end of the text, or, in a default, up to the brace that closes it."""
        found: list[Part] = []
        pairs = 0
        while self.at < len(self.text):
            here, two = self.at, self.text[self.at : self.at + 2]
            if two == "{{":
                found.append(self._brace("{"))
                pairs += 1
            elif two == "}}" and (pairs or not in_default):
                found.append(self._brace("}"))
                pairs -= 1
            elif two[0] == "}":
                if in_default:
                    return tuple(found)
                raise TemplateError(
                    "a single } closes nothing", Span(here, here + 1), "for a literal brace write }}"
                )
            elif two[0] == "{":
                found.append(self._substitution())
            else:
                found.append(self._plain())
        return tuple(found)

    def _brace(self, char: str) -> Plain:
        self.at += 2
        return Plain(char, Span(self.at - 2, self.at))

    def _plain(self) -> Plain:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in "{}":
            self.at += 1
        return Plain(self.text[start : self.at], Span(start, self.at))

    def _substitution(self) -> Part:
        start = self.at
        self.at += 1
        name, closed = self._word(start)
        if name == "env":
            return self._variable(start, closed)
        if name == "posargs":
            default = () if closed else self._default(start)
            return Posargs(default, Span(start, self.at))
        if not closed or not name:
            raise self._unknown(start, name)
        return Name(name, Span(start, self.at))

    def _variable(self, start: int, closed: bool) -> Variable:
        name = ""
        if not closed:
            name, closed = self._word(start)
        if not name:
            raise TemplateError(
                "a substitution of a variable needs its name",
                Span(start, self.at),
                "write {env:NAME} or {env:NAME:default}",
            )
        default = None if closed else self._default(start)
        return Variable(name, default, Span(start, self.at))

    def _word(self, start: int) -> tuple[str, bool]:
        """Read a name and the `:` or `}` after it; says whether it was the brace."""
        begin = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in ":}":
                self.at += 1
                return self.text[begin : self.at - 1], char == "}"
            if char == "{":
                raise self._unknown(start, self.text[begin : self.at])
            self.at += 1
        raise self._unclosed(start)

    def _default(self, start: int) -> Parts:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TemplateError(f"defaults nest at most {_DEEPEST} deep", Span(start, self.at))
        parts = self.parts(in_default=True)
        if self.at >= len(self.text):
            raise self._unclosed(start)
        self.at += 1
        self.depth -= 1
        return parts

    def _unclosed(self, start: int) -> TemplateError:
        return TemplateError("this { is never closed", Span(start, start + 1), "for a literal brace write {{")

    def _unknown(self, start: int, name: str) -> TemplateError:
        if not name:
            return TemplateError(
                "a substitution needs a name", Span(start, self.at), "for literal braces write {{ and }}"
            )
        span = Span(start, start + len(name) + 1)
        rest = _REST.match(self.text, span.end)
        return unknown(name, span, (), rest[0] if rest else "")


def unknown(name: str, span: Span, nearest: Iterable[str], rest: str = "}") -> TemplateError:
    """Say that no substitution has this name, with the nearest names and the escaped spelling.

    `rest` is what follows the name, up to the brace that closes; empty when none does.
    """
    if len(name) > _LONGEST_NAME:
        name, rest = f"{name[:_LONGEST_NAME]}...", ""
    meant = " or ".join(f"{{{near}}}" for near in nearest)
    guess = f"did you mean {meant}? " if meant else ""
    escaped = f"{{{{{name}{rest}}}" if rest else "{{ and }}"
    return TemplateError(
        f"unknown substitution {{{name}}}", span, f"{guess}for literal braces write {escaped}"
    )


def walk(parts: Parts) -> Iterator[Part]:
    """Go through all parts, those of defaults included."""
    for part in parts:
        yield part
        if isinstance(part, Variable | Posargs) and part.default:
            yield from walk(part.default)


def fill(
    parts: Parts,
    values: Mapping[str, str],
    environ: Mapping[str, str],
    missing: Callable[[Variable], None],
) -> str:
    """Return the text of the parts. A variable that is not set and has no default is told to `missing`.

    The names must be known and posargs must not be among the parts: both were checked while planning.
    """
    filled: list[str] = []
    for part in parts:
        if isinstance(part, Plain):
            filled.append(part.text)
        elif isinstance(part, Name):
            filled.append(values[part.name])
        elif isinstance(part, Variable):
            if part.name in environ:
                filled.append(environ[part.name])
            elif part.default is not None:
                filled.append(fill(part.default, values, environ, missing))
            else:
                missing(part)
        else:
            raise TypeError("posargs stand only as a whole argument")
    return "".join(filled)


def not_set(variable: Variable) -> TemplateError:
    """Say that a variable is missing."""
    name = variable.name if len(variable.name) <= _LONGEST_NAME else f"{variable.name[:_LONGEST_NAME]}..."
    return TemplateError(
        f"the variable {name} is not set",
        variable.span,
        f"set it, or give a default: {{env:{name}:default}}",
    )
