"""The points of a session's matrix: product, `exclude`, `include`, and how many there would be. Pure."""

import math
import re
from collections.abc import Iterator
from itertools import product

import msgspec
from msgspec import Struct

from runner.model.comparison import is_comparison
from runner.model.config import Axis, AxisValue, Condition, Config, Match, Session, When, factor_of
from runner.model.errors import ConfigError, Problem
from runner.model.globs import is_glob
from runner.model.nearest import enumerated
from runner.model.plan import Coordinate, Point
from runner.model.python import PythonSpec, parse_python
from runner.model.settings import Layer
from runner.model.text import LONGEST_NAME
from runner.plan.match import Matchable, matches

_LABEL = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST_NAME - 1}}}")

MOST_COMPARED = 5_000_000
"""Cells of a session times its entries of `exclude`, `include` and `when`: some seconds."""

_HUGE = 10**40

Columns = tuple[tuple[Coordinate, ...], ...]

ASKED_FOR = Layer(name="command line", values={}, origins={})
"""The layer of a Python that `-p` added to an axis: it sets nothing else."""

_NO_POINTS: Columns = ((),)


class Spot(Struct, frozen=True):
    """A point, and the settings that `include` entries give it, in file order."""

    point: Point
    layers: tuple[Layer, ...] = ()


def with_pythons(session: Session, specs: tuple[PythonSpec, ...]) -> Session:
    """Return the session with `specs` added to its Python axis, if it has one."""
    if not session.axes or session.axes[0].name != "python":
        return session
    axis = session.axes[0]
    there = [spec for spec in (parse_python(value.value) for value in axis.values) if spec]
    new = [spec for spec in specs if not any(same_python(spec, other) for other in there)]
    added = tuple(AxisValue(spec.text, spec.text, spec.factor, ASKED_FOR) for spec in new)
    axes = (msgspec.structs.replace(axis, values=axis.values + added), *session.axes[1:])
    return msgspec.structs.replace(session, axes=axes)


def same_python(one: PythonSpec, other: PythonSpec) -> bool:
    """Say whether two requests are for the same Python, however they are written. A path is like no other."""
    return one.path is other.path is None and msgspec.structs.replace(one, text=other.text) == other


def check_size(config: Config, sessions: tuple[Session, ...]) -> None:
    """Raise ConfigError when there would be too much to expand; nothing is expanded for that.

    That is when the products alone make more than `max-cells`, or when comparing all that with every
    `exclude`, `include` and `when` would take more than MOST_COMPARED steps.
    """
    sizes = [math.prod(len(axis.values) for axis in session.axes) for session in sessions]
    check_total(config, sessions, sizes)
    for session, size in zip(sessions, sizes, strict=True):
        entries = len(session.exclude) + len(session.include) + len(session.when)
        if size * entries > MOST_COMPARED:
            raise ConfigError(
                Problem(
                    f"session {session.name!r} has {size:,} cells and {entries:,} entries of `exclude`,"
                    f" `include` and `when`: multiplied, these may be at most {MOST_COMPARED:,}",
                    session.origin,
                    "write fewer entries, by lists of labels and globs, or split the session",
                )
            )


def check_total(config: Config, sessions: tuple[Session, ...], sizes: list[int]) -> None:
    """Raise ConfigError when the sessions have more cells together than `max-cells`."""
    total = sum(sizes)
    if total <= config.max_cells:
        return
    size, largest = max(zip(sizes, sessions, strict=True), key=lambda pair: pair[0])
    part = "all" if size == total else _counted(size)
    raise ConfigError(
        Problem(
            f"the matrix has {_counted(total)} cells, {part} of them in session {largest.name!r}; "
            f"max-cells is {config.max_cells:,}",
            largest.origin,
            "shorten an axis, split the session, or raise max-cells at the top of the file",
        )
    )


def _counted(number: int) -> str:
    """Return a number of cells; of a huge one how long it is, since Python writes no number at any length."""
    return f"{number:,}" if number < _HUGE else f"about 10^{round(math.log10(number))}"


def spots(
    config: Config, session: Session, matchable: Matchable
) -> tuple[tuple[Spot, ...], tuple[Problem, ...]]:
    """Return the session's points in the order of their axes, then the new ones of `include`.

    An `include` entry for a point that is there gives its settings to it. Raises ConfigError when one entry
    alone makes more than `max-cells`.
    """
    problems = [_no_values(axis) for axis in session.axes if not axis.values]
    excludes = []
    for match in session.exclude:
        rule, wrong = matchable.rule(match)
        problems.extend(wrong)
        excludes.append(rule)
    columns = tuple(tuple(_coordinate(axis.name, value) for value in axis.values) for axis in session.axes)
    found: dict[Point, tuple[Layer, ...]] = {
        point: () for point in product(*columns) if not any(rule.holds(point) for rule in excludes)
    }
    for entry in session.include:
        chosen, wrong = _included(session, entry, columns, matchable)
        problems.extend(wrong)
        check_total(config, (session,), [math.prod(map(len, chosen))])
        for point in product(*chosen):
            found[point] = (*found.get(point, ()), entry.layer)
        check_total(config, (session,), [len(found)])
    if not found and not problems:
        problems.append(_no_cells(session))
    return tuple(Spot(point, layers) for point, layers in found.items()), tuple(problems)


def _coordinate(axis: str, value: AxisValue) -> Coordinate:
    return Coordinate(axis, value.label, value.value, value.factor)


def _included(
    session: Session, entry: When, columns: Columns, matchable: Matchable
) -> tuple[Columns, tuple[Problem, ...]]:
    """Return the coordinates that an entry names, axis by axis; the axes that it leaves out give all."""
    chosen = {axis.name: column for axis, column in zip(session.axes, columns, strict=True)}
    problems: list[Problem] = []
    is_here = True
    for condition in entry.match.conditions:
        if condition.key == "platform":
            rule, wrong = matchable.rule(Match((condition,), condition.origin))
            problems.extend(wrong)
            is_here = rule.fixed
        elif condition.key not in chosen:
            problems.append(_no_axis(session, condition))
        else:
            column = chosen[condition.key]
            named = dict.fromkeys(
                at for pattern in condition.patterns for at in _named(condition, pattern, column, problems)
            )
            chosen[condition.key] = tuple(named)
    return (tuple(chosen.values()) if is_here and not problems else _NO_POINTS), tuple(problems)


def _named(
    condition: Condition, pattern: str, column: tuple[Coordinate, ...], problems: list[Problem]
) -> Iterator[Coordinate]:
    """Yield the values that a pattern of an entry means: known ones, or a new one."""
    is_python = condition.key == "python"
    if is_comparison(pattern) or is_glob(pattern):
        hits = [at for at in column if matches((pattern,), at.label, is_python=is_python)]
        if not hits:
            labels = enumerated(at.label for at in column)
            problems.append(
                Problem(f"{pattern!r} matches no value", condition.origin, f"the values: {labels}")
            )
        yield from hits
        return
    known = next((at for at in column if at.label == pattern), None)
    if known is not None:
        yield known
    elif _LABEL.fullmatch(pattern) and (not is_python or parse_python(pattern)):
        yield Coordinate(condition.key, pattern, pattern, factor_of(condition.key, pattern))
    else:
        expected = (
            "a Python is X.Y, X.Y.Z or pypyX.Y, each optionally with t"
            if is_python
            else "a label starts with a letter or digit; letters, digits and . _ + - follow"
        )
        problems.append(Problem(f"{pattern!r} cannot be a value here", condition.origin, expected))


def _no_axis(session: Session, condition: Condition) -> Problem:
    axes = enumerated(axis.name for axis in session.axes) or "none"
    return Problem(
        f"{condition.key!r} is no axis of session {session.name!r}",
        condition.origin,
        f"its axes: {axes}; make an axis with a list, as in {condition.key} = [...]",
    )


def _no_values(axis: Axis) -> Problem:
    return Problem(f"the axis {axis.name!r} has no values", axis.origin, "give it one, or remove it")


def _no_cells(session: Session) -> Problem:
    return Problem(
        f"session {session.name!r} has no cells: `exclude` leaves none",
        session.origin,
        "exclude less, or remove the session",
    )
