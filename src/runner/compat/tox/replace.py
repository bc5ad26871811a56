"""Substitution in the values of a tox config, as tox 4 does it; what differs by the kind of value is here.

What a reference to a raw section or a variable of the machine brings is read once more, up to a depth of 100.
"""

import glob
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct

from runner.compat.tox.errors import Budget, ToxError
from runner.compat.tox.expression import Expression, Parts, has_expressions, parse
from runner.model.settings import Glob

_DEEPEST = 100
_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_IN_DOUBLE_QUOTES = re.compile(r'\\(?!\#)|"')
_SECOND_WORD = re.compile(r"\S\s")
_BEGINNING = re.compile(r"\s*([-!]*)(\s*)(\S*)(\s?)")

T = TypeVar("T")

Chain = tuple[str, ...]
"""The keys that are being read, outermost first: one that comes twice is a circle."""


class Found(Struct, frozen=True):
    """What an expression stands for.

    `again`: its own expressions count. `argument`: it is one argument of a command as it is. `fallback`: it
    is the part of the expression from this argument on (to before `until`), as its author wrote it. `words`
    are several arguments; `quoted` is what they are within quotes.
    """

    text: str
    again: bool = False
    argument: bool = False
    words: tuple[str, ...] | None = None
    quoted: str | None = None
    fallback: int | None = None
    until: int | None = None


class Scope(Protocol):
    """Where expressions look: the environment, or the core, that a value is read for."""

    root: str
    """The folder of the config."""
    environ: dict[str, str]
    tty: bool
    saw_glob: bool
    """A value depends on which files there are."""
    late_globs: dict[str, Glob] | None
    """While commands are read, the words that stand for files that are looked for when they start."""

    def set_variable(self, name: str, chain: Chain) -> str | None:
        """Return a variable that `set_env` sets, or None."""

    def reference(self, text: str, chain: Chain) -> Found | None:
        """Return what `key`, `[section]key` or either with `:default` stands for, None when nothing does."""

    def posargs(self, chain: Chain, *, program: bool) -> tuple[str, ...] | None:
        """Return what stands after `--`; `program`: the first of them is one."""

    def factor(self, label: str, default: str | None) -> Found:
        """Return the value of a label in this environment."""


def resolve(scope: Scope, arguments: Sequence[str], chain: Chain, *, program: bool = False) -> Found | None:
    """Return what an expression stands for, or None: then it is plain text. Raises ToxError."""
    kind, rest = arguments[0], arguments[1:]
    if kind == "posargs":
        return _posargs(scope, rest, scope.posargs(chain, program=program))
    if kind == "env":
        return _variable(scope, rest, chain)
    known = _KNOWN.get(kind)
    if known is not None and (kind or list(rest) == [""]):
        return known(scope, rest)
    return scope.reference(":".join(arguments), chain)


def _posargs(_: Scope, default: Sequence[str], given: tuple[str, ...] | None) -> Found:
    if given is None:
        return Found(":".join(default), fallback=1)
    lines = [" ".join(word.splitlines()) for word in given]
    return Found(shlex.join(lines), quoted=" ".join(given))


def _tty(scope: Scope, choices: Sequence[str]) -> Found:
    at = 0 if scope.tty else 1
    return Found(choices[at] if len(choices) > at else "", fallback=at + 1, until=at + 2)


def _factor(scope: Scope, arguments: Sequence[str]) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no label in {factor:…}")
    return scope.factor(arguments[0], ":".join(arguments[1:]) if len(arguments) > 1 else None)


def _variable(scope: Scope, arguments: Sequence[str], chain: Chain) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no name of a variable in {env:…}")
    name = arguments[0]
    link = f"env:{name}"
    if link not in chain:
        value = scope.set_variable(name, (*chain, link))
        if value is not None:
            return Found(value)
    elif chain[-1] != link:
        circle = ", ".join(part.removeprefix("env:") for part in chain[chain.index(link) :])
        raise ToxError(f"variables of set_env refer to each other in a circle: {circle}")
    if name in scope.environ:
        return Found(scope.environ[name], again=True)
    return Found(":".join(arguments[1:]), fallback=2)


def _glob(scope: Scope, arguments: Sequence[str]) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no pattern in {glob:…}")
    pattern = below_root(arguments[0], scope)
    if scope.late_globs is not None:
        word = "{glob:" + ":".join(arguments) + "}"
        scope.late_globs[word] = Glob(pattern, tuple(shlex.split(":".join(arguments[1:]))))
        return Found(word, argument=True)
    scope.saw_glob = True
    matches = tuple(sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207 - names as they are spelled
    if matches:
        return Found(" ".join(matches), words=matches)
    return Found(":".join(arguments[1:]), fallback=2)


def below_root(pattern: str, scope: Scope) -> str:
    """Return a pattern as an absolute one."""
    if os.path.isabs(pattern):  # noqa: PTH117 - on text
        return pattern
    return str(Path(glob.escape(scope.root)) / pattern)


_KNOWN: dict[str, Callable[[Scope, Sequence[str]], Found]] = {
    "/": lambda _, __: Found(os.sep),
    "": lambda _, __: Found(os.pathsep),
    "tty": _tty,
    "glob": _glob,
    "factor": _factor,
}


class Replacer:
    """Fills in plain text: each expression becomes what it stands for, or stays as it is."""

    def __init__(self, scope: Scope, *, depth: int = 0, budget: Budget | None = None) -> None:
        self._scope = scope
        self._depth = depth
        self._budget = budget or Budget()

    def fill(self, text: str, chain: Chain) -> str:
        """Return the text with its expressions filled in. Raises ToxError."""
        if "{" not in text and "[]" not in text and "\\" not in text:
            return text
        return self._join(parse(text), chain)

    def fill_parts(self, parts: Parts, chain: Chain) -> str:
        """Return parts of a text with the expressions among them filled in. Raises ToxError."""
        return self._join(parts, chain)

    def once(self, text: str, chain: Chain) -> str:
        """Return the text filled in, but for what it is filled in with."""
        return self.once_parts(parse(text), chain)

    def once_parts(self, parts: Parts, chain: Chain) -> str:
        """Return the parts filled in, but for what they are filled in with."""
        return type(self)(self._scope, depth=_DEEPEST).fill_parts(parts, chain)

    def _join(self, parts: Parts, chain: Chain) -> str:
        return "".join(self._filled(parts, chain))

    def _filled(self, parts: Parts, chain: Chain) -> list[str]:
        return [part if isinstance(part, str) else self._expression(part, chain)[0] for part in parts]

    def _expression(self, expression: Expression, chain: Chain) -> tuple[str, bool]:
        """Return what the expression becomes, and whether it stands for anything."""
        arguments = [self._join(argument, chain) for argument in expression.arguments]
        found = self._found(arguments, chain)
        if found is None:
            return "{" + ":".join(arguments) + "}", False
        if found.again and self._depth < _DEEPEST and has_expressions(found.text):
            return self._deeper().fill(found.text, chain), True
        return found.text, True

    def _found(self, arguments: list[str], chain: Chain) -> Found | None:
        return self._paid(resolve(self._scope, arguments, chain))

    def _paid(self, found: Found | None) -> Found | None:
        if found is not None and found.fallback is None:
            self._budget.spend(len(found.text))
        return found

    def _deeper(self) -> "Replacer":
        return type(self)(self._scope, depth=self._depth + 1, budget=self._budget)


class ProgramReplacer(Replacer):
    """Fills in a value that names a program: posargs may be one."""

    def _found(self, arguments: list[str], chain: Chain) -> Found | None:
        return self._paid(resolve(self._scope, arguments, chain, program=True))


class EntriesReplacer(Replacer):
    """Fills in a list, which what an expression stands for may not cut within an entry."""

    separators = ",\n"

    def _join(self, parts: Parts, chain: Chain) -> str:
        if self.separators == ",\n" and any("\n" in part for part in parts if isinstance(part, str)):
            self.separators = "\n"  # then a comma belongs to its entry
        filled = []
        for at, part in enumerate(parts):
            if isinstance(part, str):
                filled.append(part)
                continue
            text, known = self._expression(part, chain)
            if known and any(mark in text for mark in self.separators) and self._shares_entry(parts, at):
                raise ToxError(f"{text!r}, which is filled in within an entry of a list, would cut it in two")
            filled.append(text)
        return "".join(filled)

    def _deeper(self) -> Replacer:
        deeper = super()._deeper()
        if isinstance(deeper, EntriesReplacer):
            deeper.separators = self.separators
        return deeper

    def _shares_entry(self, parts: Parts, at: int) -> bool:
        return self._beside(_before(parts, at), -1) or self._beside(_after(parts, at), 0)

    def _beside(self, parts: Iterable[str | Expression], side: int) -> bool:
        for part in parts:
            if isinstance(part, Expression):
                return True
            text = re.split(f"[{self.separators}]", part)[side]
            if text.strip():
                return True
            if text != part:
                return False
        return False


class TableReplacer(EntriesReplacer):
    """Fills in `key = value` lines."""

    separators = "\n"


class NamesReplacer(EntriesReplacer):
    """Fills in a list of environments, in which braces and commas count."""

    separators = ",\n{}"


class RequirementsReplacer(Replacer):
    """Fills in lines of a requirements file: nothing that is filled in may add a line to another."""

    def _join(self, parts: Parts, chain: Chain) -> str:
        filled = self._filled(parts, chain)
        for at, part in enumerate(parts):
            if isinstance(part, str):
                continue
            text = filled[at]
            if text.endswith("\\"):
                following = next(filter(None, _after(filled, at)), "")
                if not following or _BREAKS.match(following):
                    raise ToxError("what is filled in cannot end the line of a requirement with a backslash")
            if _BREAKS.search(text) and self._shares_line(parts, at):
                raise ToxError("what is filled in within a requirement cannot add a line")
        return "".join(filled)

    @staticmethod
    def _shares_line(parts: Parts, at: int) -> bool:
        def beside(others: Iterable[str | Expression], side: int) -> bool:
            for part in others:
                if isinstance(part, Expression) or _BREAKS.split(part)[side].strip():
                    return True
                if _BREAKS.search(part):
                    return False
            return False

        return beside(_before(parts, at), -1) or beside(_after(parts, at), 0)


def _before(parts: Sequence[T], at: int) -> Iterator[T]:
    return (parts[other] for other in range(at - 1, -1, -1))


def _after(parts: Sequence[T], at: int) -> Iterator[T]:
    return (parts[other] for other in range(at + 1, len(parts)))


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
        if found.again and self._depth < _DEEPEST and has_expressions(found.text):
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
