"""Environments whose names share a pattern become one session with axes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from runner.migrate.boxes import Point
from runner.migrate.naming import PYTHON, Axis, axis_of, python_axis, safe_name
from runner.migrate.reading import lines
from runner.migrate.values import Env, Shape
from runner.model.config import factor_of
from runner.model.python import parse_python

_PLAIN_NAME = "tests"
"""Of a session whose environments have nothing in common but their axes."""

_NUMBERED = re.compile(r"(?P<family>[A-Za-z](?:[\w]*[A-Za-z_])?)[_.]?(?P<number>\d[\w.+]*)", re.ASCII)
_UNNUMBERED = frozenset(
    ("main", "master", "dev", "devel", "latest", "stable", "lts", "nightly", "trunk", "head", "next")
)
"""What stands in the place of a number: `djangomain` is of the family of `django52`."""


class Group(Struct, frozen=True):
    """A session to be: `members` are its environments by their points, in the order of the old config."""

    name: str
    shape: Shape
    axes: tuple[Axis, ...]
    members: dict[Point, Env]

    def ids(self) -> dict[str, str]:
        """Return the id of the cell that each environment becomes."""
        return {env.name: self.id_of(point) for point, env in self.members.items()}

    def id_of(self, point: Point) -> str:
        factors = (factor_of(axis.name, label) for axis, label in zip(self.axes, point, strict=True))
        return "-".join((self.name, *factors))


class _Parts(NamedTuple):
    """An environment's name taken apart: its Python, if it names one, and its other factors."""

    env: Env
    python: str | None
    factors: tuple[str, ...]


class _Column(NamedTuple):
    """What stands in one place of a name: factors of one family, or one plain word."""

    name: str
    is_axis: bool


def groups(envs: Sequence[Env], taken: Iterable[str] = ()) -> tuple[Group, ...]:
    """Return sessions that have each environment as one cell; `taken` are names that they may not have."""
    parts = [_parts(env) for env in envs]
    families = _families(parts)
    found: dict[tuple[object, ...], list[_Parts]] = {}
    for each in parts:
        shape = each.env.shape if each.python is None else _without_python(each.env.shape)
        columns = tuple(_column(factor, families) for factor in each.factors)
        found.setdefault((each.python is not None, shape, columns), []).append(each)
    merged = _merged(found)
    namer = _Namer(taken)
    return tuple(group for each in merged for group in _made(each, families, namer))


def _parts(env: Env) -> _Parts:
    factors = tuple(dict.fromkeys(filter(None, env.name.split("-"))))
    spec = parse_python(env.shape.python or "")
    if spec is None:
        return _Parts(env, None, factors)
    names = {
        spec.factor,
        spec.text,
        spec.factor.replace("py", "cpython", 1),
        spec.factor.replace("py", "py3"),
    }
    dotted = {factor for factor in factors if factor.replace(".", "") == spec.factor}
    own = next((factor for factor in factors if factor in names | dotted), None)
    if own is None:
        return _Parts(env, None, factors)
    at = factors.index(own)
    return _Parts(env, spec.text, (*factors[:at], *factors[at + 1 :]))


def _without_python(shape: Shape) -> Shape:
    return Shape(None, shape.tags, shape.platforms, shape.needs, shape.after)


def _families(parts: Iterable[_Parts]) -> Mapping[str, str]:
    """Return the family of each factor that has one: `django` of `django42`, and then of `djangomain`."""
    factors = dict.fromkeys(factor for each in parts for factor in each.factors)
    numbered = {factor: match["family"] for factor in factors if (match := _NUMBERED.fullmatch(factor))}
    found = dict(numbered)
    for family in set(numbered.values()):
        found |= {
            factor: family for factor in factors if factor.removeprefix(family).strip("_") in _UNNUMBERED
        }
    members = list(found.values())
    return {factor: family for factor, family in found.items() if members.count(family) > 1}


def _column(factor: str, families: Mapping[str, str]) -> _Column:
    return _Column(families[factor], True) if factor in families else _Column(factor, False)


def _merged(found: Mapping[tuple[object, ...], list[_Parts]]) -> list[list[_Parts]]:
    """Join groups that differ in one plain word, have the same other points, and begin alike."""
    left = list(found.values())
    at = 0
    while at < len(left):
        others = [each for each in left[at + 1 :] if _alike(left[at], each)]
        for each in others:
            left[at] = [*left[at], *each]
            left.remove(each)
        at += 1
    return left


def _alike(one: list[_Parts], other: list[_Parts]) -> bool:
    """Say whether the two differ in one plain word only: in the same place, with the same commands."""
    first, second = one[0], other[0]
    if (first.python is None) is not (second.python is None) or len(first.factors) != len(second.factors):
        return False
    places = [at for at in range(len(first.factors)) if _words(one, at).isdisjoint(_words(other, at))]
    if len(places) != 1 or (first.python is None and len(first.factors) == 1):
        return False
    (at,) = places
    if len(_words(other, at)) > 1 or _is_python_like(first.factors[at]):
        return False
    mine = {word: _others(one, at, word) for word in _words(one, at)}
    return all(points == _others(other, at, second.factors[at]) for points in mine.values())


def _words(parts: list[_Parts], at: int) -> set[str]:
    return {each.factors[at] for each in parts if len(each.factors) > at}


def _is_python_like(factor: str) -> bool:
    return factor.startswith("py") and not factor[2:3].isalpha()


def _others(parts: list[_Parts], at: int, word: str) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Return what the environments with a word at a place are, but for the word: points, and what they do."""
    return {
        (each.python, *each.factors[:at], *each.factors[at + 1 :]): (
            lines(each.env.values.get("commands"))[:1],
            each.env.values.get("package"),
            each.env.shape if each.python is None else _without_python(each.env.shape),
        )
        for each in parts
        if each.factors[at : at + 1] == (word,)
    }


class _Namer:
    """Gives sessions names, and sees to it that no two cells have one id."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._names = {name.lower() for name in taken}
        self._ids: set[str] = set()

    def named(self, group: Group, wanted: Iterable[str]) -> Group:
        """Return the group with the first of the names that is free, or with a number behind the last."""
        name = ""
        for name in wanted:
            if self._takes(group, name):
                return _renamed(group, name)
        number = 2
        while not self._takes(group, f"{name}-{number}"):
            number += 1
        return _renamed(group, f"{name}-{number}")

    def _takes(self, group: Group, name: str) -> bool:
        ids = {id_.lower() for id_ in _renamed(group, name).ids().values()}
        free = name.lower() not in self._names and self._ids.isdisjoint(ids)
        if free and len(ids) == len(group.members):
            self._names.add(name.lower())
            self._ids |= ids
            return True
        return False


def _renamed(group: Group, name: str) -> Group:
    return Group(name, group.shape, group.axes, group.members)


def _made(parts: list[_Parts], families: Mapping[str, str], namer: _Namer) -> list[Group]:
    """Make a session of environments that share a pattern; of those that do not fit, one each."""
    first = parts[0]
    shape = first.env.shape if first.python is None else _without_python(first.env.shape)
    axes = (
        [python_axis(tuple(dict.fromkeys(each.python for each in parts if each.python is not None)))]
        if first.python is not None
        else []
    )
    constant = []
    varying = []
    for at, factor in enumerate(first.factors):
        words = tuple(dict.fromkeys(each.factors[at] for each in parts))
        if len(words) == 1:
            constant.append(factor)
        else:
            varying.append(at)
            axes.append(axis_of(words, families, [axis.name for axis in axes]))
    members: dict[Point, Env] = {}
    alone: list[_Parts] = []
    for each in parts:
        labels = [each.python] if each.python is not None else []
        for at, axis in zip(varying, axes[len(labels) :], strict=True):
            factor = each.factors[at]
            labels.append(next(label for label, old in axis.factors.items() if old == factor))
        point = tuple(filter(None, labels))
        if point in members:
            alone.append(each)
        else:
            members[point] = each.env
    group = Group("", shape, tuple(axes), members)
    made = namer.named(group, _names(constant, group))
    return [made, *(_single(each, namer) for each in alone)]


def _names(constant: list[str], group: Group) -> tuple[str, ...]:
    """Return what the session may be called, the best first."""
    if not group.axes:
        return (safe_name(next(iter(group.members.values())).name),)
    name = safe_name("-".join(constant)) if constant else _PLAIN_NAME
    more = (*(axis.name for axis in group.axes if axis.name != PYTHON), *group.shape.tags)
    return (name, *(safe_name(f"{name}-{each}") for each in more))


def _single(parts: _Parts, namer: _Namer) -> Group:
    group = Group("", parts.env.shape, (), {(): parts.env})
    return namer.named(group, (safe_name(parts.env.name),))
