"""The one matcher of `match`, `exclude` and `include`: patterns against labels and the platform. Pure."""

import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import zip_longest

from msgspec import Struct

from runner.model.config import Axis, Condition, Match
from runner.model.errors import Problem
from runner.model.plan import Point
from runner.model.python import PythonSpec, parse_python

Numbers = tuple[int, ...]

_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_COMPARISON = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*([0-9]+(?:\.[0-9]+)*)\s*")
_OPERATORS: dict[str, Callable[[list[int], list[int]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Rule(Struct, frozen=True):
    """A match made ready for one session: `fixed` is what platform and a single Python say for all points.

    `axes` has, for each other condition, the index of the axis in a point and its patterns.
    """

    fixed: bool
    axes: tuple[tuple[int, tuple[str, ...]], ...]

    def holds(self, point: Point) -> bool:
        """Say whether the point matches."""
        return self.fixed and all(
            matches(patterns, point[index].label, is_python=point[index].axis == "python")
            for index, patterns in self.axes
        )


class Matchable(Struct, frozen=True):
    """What a session's matches may speak of. `python` is that of a session without a python axis."""

    axes: tuple[Axis, ...]
    python: PythonSpec | None
    platform: str

    def rule(self, match: Match) -> tuple[Rule, tuple[Problem, ...]]:
        """Make a match ready, and say what is wrong with it."""
        index = {axis.name: at for at, axis in enumerate(self.axes)}
        fixed, axes, problems = True, [], []
        for condition in match.conditions:
            problem = self._problem(condition, index)
            if problem is not None:
                problems.append(problem)
            elif condition.key in index:
                axes.append((index[condition.key], condition.patterns))
            elif condition.key == "platform":
                fixed = fixed and any(fnmatchcase(self.platform, pattern) for pattern in condition.patterns)
            elif self.python is not None:
                fixed = fixed and matches(condition.patterns, self.python.text, is_python=True)
        return Rule(fixed, tuple(axes)), tuple(problems)

    def _problem(self, condition: Condition, index: dict[str, int]) -> Problem | None:
        key = condition.key
        if key not in index and key not in ("platform", "python"):
            known = ", ".join([*index, "platform", *(() if "python" in index else ("python",))])
            return Problem(f"{key!r} is no axis of this session", condition.origin, f"known here: {known}")
        if key == "python" and key not in index and self.python is not None and not self.python.version:
            return Problem(
                "this session's Python is a path, which has no version while planning",
                condition.origin,
                "match on something else, or ask for a version",
            )
        for pattern in condition.patterns:
            if is_comparison(pattern) and (key == "platform" or _comparisons(pattern) is None):
                return Problem(
                    f"{pattern!r} compares nothing",
                    condition.origin,
                    'compare dotted numbers, as in "<3.11" or ">=4,<5"; the platform is text such as "linux"',
                )
        return None


def is_comparison(pattern: str) -> bool:
    """Say whether the pattern compares numbers, rather than being a glob."""
    return pattern[:1] in ("<", ">", "=", "!")


@lru_cache(maxsize=65536)
def matches(patterns: tuple[str, ...], label: str, *, is_python: bool) -> bool:
    """Say whether any of the patterns holds for a label. `pypy3.10` and `3.13t` compare as their version."""
    return any(
        _compares(pattern, label, is_python=is_python)
        if is_comparison(pattern)
        else fnmatchcase(label, pattern)
        for pattern in patterns
    )


def _compares(pattern: str, label: str, *, is_python: bool) -> bool:
    comparisons = _comparisons(pattern)
    if comparisons is None:
        return False
    numbers = _numbers(label, is_python=is_python)
    if numbers is None:  # no number is unequal to every number, and in no other relation
        return all(sign == "!=" for sign, _ in comparisons)
    return all(_holds(sign, numbers, bound) for sign, bound in comparisons)


def _numbers(label: str, *, is_python: bool) -> Numbers | None:
    if is_python:
        spec = parse_python(label)
        return spec.version if spec is not None else None
    return tuple(map(int, label.split("."))) if _DOTTED.fullmatch(label) else None


def _holds(sign: str, numbers: Numbers, bound: Numbers) -> bool:
    pairs = list(zip_longest(numbers, bound, fillvalue=0))
    return _OPERATORS[sign]([left for left, _ in pairs], [right for _, right in pairs])


def _comparisons(pattern: str) -> tuple[tuple[str, Numbers], ...] | None:
    """Read `>=4,<5`; None when it is something else."""
    found = [_COMPARISON.fullmatch(piece) for piece in pattern.split(",")]
    if not all(found):
        return None
    return tuple((hit[1], tuple(map(int, hit[2].split(".")))) for hit in found if hit)
