"""Text in which an environment's factors stand, written with the substitutions of its session's axes."""

import re
from collections.abc import Iterator

from runner.migrate.boxes import Point
from runner.migrate.naming import PYTHON, Axis
from runner.migrate.values import Line, Value


class Retexting:
    """Rewrites text of the environments of one session."""

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        self._axes = axes
        self._known: dict[Point, tuple[re.Pattern[str], dict[str, str]] | None] = {}

    def value(self, point: Point, value: Value) -> Value:
        """Return the value with factors of the point as substitutions."""
        if isinstance(value, str):
            return self.text(point, value)
        if not isinstance(value, tuple):
            return value
        return tuple(  # type: ignore[return-value] # all alike
            self._line(point, item) if isinstance(item, Line) else self.text(point, item) for item in value
        )

    def text(self, point: Point, text: str) -> str:
        """Return the text with factors of the point as substitutions."""
        if point not in self._known:
            names = dict(self._names(point))
            longest = sorted(names, key=len, reverse=True)
            found = "|".join(_not_within_a_version(name) + re.escape(name) for name in longest)
            self._known[point] = (re.compile(rf"(?<!\w)(?:{found})(?!\w|\.\d)"), names) if names else None
        known = self._known[point]
        return known[0].sub(lambda match: known[1][match[0]], text) if known else text

    def _line(self, point: Point, line: Line) -> Line:
        words = tuple(self.text(point, word) for word in line.words)
        return Line(words, line.ok_codes, line.retries, line.ignore_failure)

    def _names(self, point: Point) -> Iterator[tuple[str, str]]:
        for axis, label in zip(self._axes, point, strict=True):
            factor = axis.factors[label]
            if axis.name == PYTHON:
                yield label, "{python}"
                yield f"python{label}", "python{python}"
                yield factor, "{py}"
            elif factor.endswith(label):
                yield factor, f"{factor.removesuffix(label)}{{{axis.name}}}"


def _not_within_a_version(name: str) -> str:
    """Return what keeps a number from being found as the end of a longer one."""
    return r"(?<!\d\.)" if name[0].isdigit() else ""
