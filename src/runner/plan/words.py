"""Command lines as words: split as a POSIX shell splits, with each `{…}` one unit. Pure."""

from functools import lru_cache

from msgspec import Struct

from runner.model.text import Literal, Text
from runner.plan.template import Part, Parts, Plain, Posargs, Span, TemplateError, parse

_BLANK = " \t\r\n"
_ESCAPED_IN_QUOTES = '$`"\\\n'


class Word(Struct, frozen=True):
    """One argument of a command. `bare` says that nothing in it was quoted."""

    parts: Parts
    bare: bool

    @property
    def posargs(self) -> Posargs | None:
        """The posargs that this word is as a whole, if it is."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first if isinstance(first, Posargs) else None


Words = tuple[Word, ...]


def words_of(text: Text, *, line: bool) -> Words:
    """Return the words of a line, or of one argument of a command written as a list. Raises TemplateError."""
    return _words(text.text, literal=isinstance(text, Literal), line=line)


@lru_cache(maxsize=8192)
def _words(text: str, *, literal: bool, line: bool) -> Words:
    parts = (Plain(text, Span(0, len(text))),) if literal else parse(text)
    return split(parts) if line else (Word(parts, bare=False),)


def split(parts: Parts) -> Words:
    """Split parts into words. Raises TemplateError for a quote that is not closed."""
    splitter = _Splitter()
    for part in parts:
        if not isinstance(part, Plain):
            splitter.unit(part)
        elif len(part.text) == part.span.end - part.span.start:
            for offset, char in enumerate(part.text):
                splitter.char(char, Span(part.span.start + offset, part.span.start + offset + 1))
        else:  # an escaped brace: one character, written as two
            splitter.char(part.text, part.span)
    return splitter.words()


class _Splitter:
    """The state of one split: finished words, the word being read, and what is quoted."""

    def __init__(self) -> None:
        self._words: list[Word] = []
        self._parts: list[Part] | None = None
        self._bare = True
        self._quote: tuple[str, Span] | None = None
        self._backslash: Span | None = None

    def char(self, char: str, span: Span) -> None:
        """Take the next character."""
        if self._backslash is not None:
            self._after_backslash(char, span)
        elif self._quote is not None:
            self._in_quotes(char, span, self._quote[0])
        elif char in _BLANK:
            self._end_word()
        elif char == "\\":
            self._backslash = span
        elif char in "'\"":
            self._quote = (char, span)
            self._begin_word(bare=False)
        else:
            self._add(Plain(char, span))

    def unit(self, part: Part) -> None:
        """Take a substitution: part of the current word, whatever it holds."""
        if self._backslash is not None and self._quote is not None:
            self._add(Plain("\\", self._backslash))
        self._backslash = None
        self._add(part)

    def words(self) -> Words:
        """End the line and return its words."""
        if self._backslash is not None:
            raise TemplateError(
                "nothing follows this backslash", self._backslash, r"for a backslash write \\"
            )
        if self._quote is not None:
            raise TemplateError("this quote is never closed", self._quote[1])
        self._end_word()
        return tuple(self._words)

    def _after_backslash(self, char: str, span: Span) -> None:
        backslash, self._backslash = self._backslash, None
        if self._quote is not None and char not in _ESCAPED_IN_QUOTES and backslash is not None:
            self._add(Plain("\\", backslash))
        if char != "\n":
            self._begin_word(bare=False)
            self._add(Plain(char, span))

    def _in_quotes(self, char: str, span: Span, quote: str) -> None:
        if char == quote:
            self._quote = None
        elif char == "\\" and quote == '"':
            self._backslash = span
        else:
            self._add(Plain(char, span))

    def _begin_word(self, *, bare: bool = True) -> list[Part]:
        self._bare = self._bare and bare
        if self._parts is None:
            self._parts = []
        return self._parts

    def _add(self, part: Part) -> None:
        parts = self._begin_word()
        last = parts[-1] if parts else None
        if isinstance(last, Plain) and isinstance(part, Plain):
            parts[-1] = Plain(last.text + part.text, Span(last.span.start, part.span.end))
        else:
            parts.append(part)

    def _end_word(self) -> None:
        if self._parts is not None:
            self._words.append(Word(tuple(self._parts), self._bare))
        self._parts, self._bare = None, True
