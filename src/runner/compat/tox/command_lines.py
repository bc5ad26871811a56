"""Filling in command lines: what is filled in stays the words that it was, quoted or not."""

import re
import shlex
from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct

from runner.compat.tox.errors import Budget
from runner.compat.tox.expression import Expression, Parts, has_expressions, parse
from runner.compat.tox.lookup import Chain, Scope, resolve
from runner.compat.tox.replace import DEEPEST, Replacer

_IN_DOUBLE_QUOTES = re.compile(r'\\(?!\#)|"')
_SECOND_WORD = re.compile(r"\S\s")
_BEGINNING = re.compile(r"\s*([-!]*)(\s*)(\S*)(\s?)")


class _Piece(Struct, frozen=True):
    """Something that was filled in: its text, and what it is within quotes, None: the same."""

    text: str
    quoted: str | None = None
    words: tuple[str, ...] | None = None
    argument: bool = False


class CommandsReplacer(Replacer):
    """Fills in command lines, so that what is filled in stays the words that it was, quoted or not."""

    def __init__(
        self, scope: Scope, *, depth: int = 0, budget: Budget | None = None, in_program: bool = True
    ) -> None:
        super().__init__(scope, depth=depth, budget=budget)
        self._in_program = in_program

    def _join(self, parts: Parts, chain: Chain) -> str:
        return _written(self.pieces(parts, chain))

    def pieces(self, parts: Parts, chain: Chain) -> list["str | _Piece"]:
        """Return the parts, those that were filled in marked as such."""
        outer = self._in_program
        pieces: list[str | _Piece] = []
        line = ""
        for part in parts:
            self._in_program = outer and _within_first_word(line)
            made: list[str | _Piece] = [part] if isinstance(part, str) else self._of_expression(part, chain)
            line = _begun(line, _plain(made))
            pieces += made
        self._in_program = outer
        return _merged(pieces)

    def _of_expression(self, expression: Expression, chain: Chain) -> list[str | _Piece]:
        arguments = [self.pieces(argument, chain) for argument in expression.arguments]
        texts = [_plain(argument) for argument in arguments]
        found = self._paid(resolve(self._scope, texts, chain, program=self._in_program))
        if found is None:
            return ["{", *_between(arguments), "}"]
        if found.fallback is not None:
            return _between(arguments[found.fallback : found.until])
        if found.again and self._depth < DEEPEST and has_expressions(found.text):
            deeper = CommandsReplacer(
                self._scope, depth=self._depth + 1, budget=self._budget, in_program=self._in_program
            )
            pieces = deeper.pieces(parse(found.text), chain)
            quoted = "".join(
                piece if isinstance(piece, str) else piece.text if piece.quoted is None else piece.quoted
                for piece in pieces
            )
            return [_Piece(_written(pieces), quoted)]
        return [_Piece(found.text, found.quoted, found.words, found.argument)]


def _begun(line: str, added: str) -> str:
    """Return the beginning of the last line after more text, marks, blanks and first word cut short."""
    _, newline, last = added.rpartition("\n")
    beginning = _BEGINNING.match(last if newline else line + last)
    return "".join(part[:1] for part in beginning.groups()) if beginning else ""


def _within_first_word(line: str) -> bool:
    return not _SECOND_WORD.search(line.lstrip().lstrip("-!"))


def _plain(pieces: list[str | _Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


def _between(arguments: Sequence[list[str | _Piece]]) -> list[str | _Piece]:
    """Return the arguments with the colons that stood between them."""
    pieces: list[str | _Piece] = []
    for number, argument in enumerate(arguments):
        pieces += [":"] if number else []
        pieces += argument
    return pieces


def _merged(pieces: list[str | _Piece]) -> list[str | _Piece]:
    merged: list[str | _Piece] = []
    for is_text, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        found = list(group)
        merged += ["".join(map(str, found))] if is_text else found
    return merged


def _written(pieces: list[str | _Piece]) -> str:
    """Return the command lines: what was filled in cannot end the quotes that it stands in."""
    written: list[str] = []
    quote = ""
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            quote = _open_quote(quote, piece)
            written.append(piece)
            continue
        text = _worded(piece, quote)
        if quote or _shares_line(pieces, at):
            text = " ".join(text.splitlines())
        if quote:
            text = _within(quote, text)
        else:
            quote = _open_quote(quote, text)
        written.append(text)
    return "".join(written)


def _worded(piece: _Piece, quote: str) -> str:
    if quote:
        return piece.text if piece.quoted is None else piece.quoted
    if piece.argument:
        return "\n".join(shlex.quote(line) if line else line for line in piece.text.split("\n"))
    return piece.text if piece.words is None else shlex.join(piece.words)


def _shares_line(pieces: Sequence[str | _Piece], at: int) -> bool:
    before = pieces[at - 1] if at else ""
    after = pieces[at + 1] if at + 1 < len(pieces) else ""
    if isinstance(before, _Piece) or isinstance(after, _Piece):
        return True
    return bool(before.rpartition("\n")[2].strip() or after.partition("\n")[0].strip())


def _within(quote: str, text: str) -> str:
    if quote == "'":
        return text.replace("'", "'\"'\"'")
    return _IN_DOUBLE_QUOTES.sub(r"\\\g<0>", text)


def _open_quote(quote: str, text: str) -> str:
    """Return the quote that is open after the text; one never reaches beyond its line."""
    escaped = False
    for character in text:
        if character == "\n":
            quote, escaped = "", False
        elif escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
    return quote
