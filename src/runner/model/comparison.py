"""Comparisons of dotted numbers, as in `<3.11` or `>=4,<5`: what matchers and `requires-runner` hold."""

import operator
import re
from collections.abc import Callable
from itertools import zip_longest
from typing import NamedTuple

Numbers = tuple[int, ...]

_DOTTED = r"[0-9]{1,18}(?:\.[0-9]{1,18})*"
_CLAUSE = rf"\s*([<>]=?|[=!]=)\s*({_DOTTED})\s*"
COMPARISON = rf"{_CLAUSE}(,{_CLAUSE})*"
"""What a whole comparison looks like."""

_IS_NUMBERS = re.compile(_DOTTED)
_IS_CLAUSE = re.compile(_CLAUSE)
_OPERATORS: dict[str, Callable[[list[int], list[int]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Bound(NamedTuple):
    """One clause of a comparison: `<` and (3, 11)."""

    sign: str
    numbers: Numbers

    def holds(self, numbers: Numbers) -> bool:
        """Say whether the numbers are within this bound; missing ones count as 0."""
        pairs = list(zip_longest(numbers, self.numbers, fillvalue=0))
        return _OPERATORS[self.sign]([left for left, _ in pairs], [right for _, right in pairs])


def is_comparison(pattern: str) -> bool:
    """Say whether a pattern compares numbers, or tries to, rather than being a glob."""
    return pattern[:1] in ("<", ">", "=", "!")


def parse_comparison(text: str) -> tuple[Bound, ...] | None:
    """Read `>=4,<5`; None when it is something else."""
    clauses = [_IS_CLAUSE.fullmatch(piece) for piece in text.split(",")]
    if not all(clauses):
        return None
    return tuple(Bound(clause[1], _numbers(clause[2])) for clause in clauses if clause)


def parse_numbers(text: str) -> Numbers | None:
    """Read `3.11`; None when it is something else."""
    return _numbers(text) if _IS_NUMBERS.fullmatch(text) else None


def _numbers(dotted: str) -> Numbers:
    return tuple(map(int, dotted.split(".")))
