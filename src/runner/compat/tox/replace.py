"""Substitution in the values of a tox config, as tox 4 does it; what differs by the kind of value is here.

What a reference to a raw section or a variable of the machine brings is read once more, up to a depth of 100.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from runner.compat.tox.errors import Budget, ToxError
from runner.compat.tox.expression import Expression, Parts, has_expressions, parse
from runner.compat.tox.lookup import Chain, Found, Scope, resolve

DEEPEST = 100
_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")

T = TypeVar("T")


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
        return type(self)(self._scope, depth=DEEPEST).fill_parts(parts, chain)

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
        if found.again and self._depth < DEEPEST and has_expressions(found.text):
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
