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
        self._plain: list[str] = []
        self._plain_start = self._plain_end = 0

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
            self._add(char, span)

    def unit(self, part: Part) -> None:
        """Take a substitution: part of the current word, whatever it holds."""
        if self._backslash is not None and self._quote is not None:
            self._add("\\", self._backslash)
        self._backslash = None
        self._begin_word()
        self._end_plain().append(part)

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
            self._add("\\", backslash)
        if char != "\n":
            self._begin_word(bare=False)
            self._add(char, span)

    def _in_quotes(self, char: str, span: Span, quote: str) -> None:
        if char == quote:
            self._quote = None
        elif char == "\\" and quote == '"':
            self._backslash = span
        else:
            self._add(char, span)

    def _begin_word(self, *, bare: bool = True) -> None:
        self._bare = self._bare and bare
        if self._parts is None:
            self._parts = []

    def _add(self, char: str, span: Span) -> None:
        self._begin_word()
        if not self._plain:
            self._plain_start = span.start
        self._plain.append(char)
        self._plain_end = span.end

    def _end_plain(self) -> list[Part]:
        """Make one part of the characters that stand for themselves, and return all parts of the word."""
        parts = self._parts or []
        if self._plain:
            parts.append(Plain("".join(self._plain), Span(self._plain_start, self._plain_end)))
            self._plain = []
        self._parts = parts
        return parts

    def _end_word(self) -> None:
        if self._parts is not None:
            self._words.append(Word(tuple(self._end_plain()), self._bare))
        self._parts, self._bare = None, True
