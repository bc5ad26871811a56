"""Selectors of some of the cells that environments become."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product

from runner.migrate.boxes import Point, cover, restricted
from runner.migrate.grouping import Group
from runner.model.config import factor_of

Members = Mapping[str, frozenset[str]]
"""Of each cell, by id: the name of its session and its factors."""


def selectors(names: Iterable[str], groups: Sequence[Group]) -> tuple[str, ...]:
    """Return selectors of just the cells of these environments, as few as can be told apart from others."""
    chosen = frozenset(names)
    members = {
        group.id_of(point): frozenset((group.name, *_factors(group, point)))
        for group in groups
        for point in group.members
    }
    return tuple(text for group in groups for text in _of_group(group, chosen, members))


def _factors(group: Group, point: Point) -> tuple[str, ...]:
    return tuple(factor_of(axis.name, label) for axis, label in zip(group.axes, point, strict=True))


def _of_group(group: Group, chosen: Collection[str], members: Members) -> Iterator[str]:
    points = [point for point, env in group.members.items() if env.name in chosen]
    if not points:
        return
    ids = frozenset(group.id_of(point) for point in points)
    if len(points) == len(group.members) and _selected(group.name, members) == ids:
        yield group.name
        return
    axes = tuple(axis.labels for axis in group.axes)
    free = [point for point in product(*axes) if point not in group.members]
    for box in cover(points, free, axes):
        places = tuple(restricted(box, axes))
        within = [point for point in points if all(label in box[at] for at, label in enumerate(point))]
        texts = {
            point: "-".join((group.name, *(_factors(group, point)[at] for at in places))) for point in within
        }
        if all(_selected(text, members) <= ids for text in texts.values()):
            yield from dict.fromkeys(texts.values())
        else:
            yield from map(group.id_of, within)


def _selected(text: str, members: Members) -> frozenset[str]:
    """Return the cells that a selector may mean: the one of that id, or those of which it joins members."""
    if text in members:
        return frozenset((text,))
    return frozenset(id_ for id_, names in members.items() if _joins(text, names))


def _joins(text: str, names: frozenset[str]) -> bool:
    return any(
        text == name or (text.startswith(f"{name}-") and _joins(text[len(name) + 1 :], names - {name}))
        for name in names
    )
