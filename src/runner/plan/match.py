"""The one matcher of `match`, `exclude` and `include`: patterns against labels and the platform. Pure."""

from functools import lru_cache

from msgspec import Struct

from runner.model.comparison import Numbers, is_comparison, parse_comparison, parse_numbers
from runner.model.config import Axis, Condition, Match
from runner.model.errors import Problem
from runner.model.globs import is_glob, matches_glob
from runner.model.plan import Point
from runner.model.python import PythonSpec, parse_python


class Rule(Struct, frozen=True):
    """A match made ready for one session: `fixed` is what platform and a single Python say for all points.

    `axes` has, for each other condition, the index of the axis in a point, the labels that it names, and
    its other patterns: most name labels, and are looked up.
    """

    fixed: bool
    axes: tuple[tuple[int, frozenset[str], tuple[str, ...]], ...]

    def holds(self, point: Point) -> bool:
        """Say whether the point matches."""
        return self.fixed and all(
            point[index].label in labels
            or (patterns and matches(patterns, point[index].label, is_python=point[index].axis == "python"))
            for index, labels, patterns in self.axes
        )


class Matchable(Struct, frozen=True):
    """What a session's matches may speak of. `python` is that of a session without a python axis."""

    session: str
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
                patterns = tuple(each for each in condition.patterns if is_comparison(each) or is_glob(each))
                labels = frozenset(condition.patterns).difference(patterns)
                axes.append((index[condition.key], labels, patterns))
            elif condition.key == "platform":
                fixed = fixed and any(matches_glob(self.platform, pattern) for pattern in condition.patterns)
            elif self.python is not None:
                fixed = fixed and matches(condition.patterns, self.python.text, is_python=True)
        return Rule(fixed, tuple(axes)), tuple(problems)

    def _problem(self, condition: Condition, index: dict[str, int]) -> Problem | None:
        key = condition.key
        if key not in index and key not in ("platform", "python"):
            known = ", ".join([*index, "platform", *(() if "python" in index else ("python",))])
            return Problem(
                f"{key!r} is no axis of session {self.session!r}", condition.origin, f"known here: {known}"
            )
        if key == "python" and key not in index and self.python is not None and not self.python.version:
            return Problem(
                f"session {self.session!r} pins its Python by path, which has no version while planning",
                condition.origin,
                "match on something else, or ask for a version",
            )
        for pattern in condition.patterns:
            if is_comparison(pattern) and (key == "platform" or parse_comparison(pattern) is None):
                return Problem(
                    f"{pattern!r} compares nothing",
                    condition.origin,
                    'compare dotted numbers, as in "<3.11" or ">=4,<5"; the platform is text such as "linux"',
                )
        return None


@lru_cache(maxsize=65536)
def matches(patterns: tuple[str, ...], label: str, *, is_python: bool) -> bool:
    """Say whether any of the patterns holds for a label. `pypy3.10` and `3.13t` compare as their version."""
    return any(
        _compares(pattern, label, is_python=is_python)
        if is_comparison(pattern)
        else matches_glob(label, pattern)
        for pattern in patterns
    )


def _compares(pattern: str, label: str, *, is_python: bool) -> bool:
    bounds = parse_comparison(pattern)
    if bounds is None:
        return False
    numbers = _version(label) if is_python else parse_numbers(label)
    if numbers is None:  # no number is unequal to every number, and in no other relation
        return all(bound.sign == "!=" for bound in bounds)
    return all(bound.holds(numbers) for bound in bounds)


def _version(label: str) -> Numbers | None:
    spec = parse_python(label)
    return None if spec is None else spec.version
