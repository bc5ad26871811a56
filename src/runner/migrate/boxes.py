"""Points of a matrix as boxes: products of some values of each axis."""

from collections.abc import Collection, Iterator
from itertools import product

Point = tuple[str, ...]
Axes = tuple[tuple[str, ...], ...]
"""The values of each axis, in order."""


def cover(wanted: Collection[Point], free: Collection[Point], axes: Axes) -> list[Axes]:
    """Return boxes that hold each wanted point once, and beside them only points that are free."""
    left = dict.fromkeys(wanted)
    found: list[Axes] = []
    while left:
        allowed = {*left, *free}
        first = next(iter(left))
        boxes = [_widened(first, allowed, axes, turn) for turn in range(len(axes))] or [()]
        best = max(boxes, key=lambda box: sum(point in left for point in product(*box)))
        found.append(best)
        for point in product(*best):
            left.pop(point, None)
    return found


def _widened(point: Point, allowed: Collection[Point], axes: Axes, turn: int) -> Axes:
    """Return the box around a point as wide as it can be; the axis number `turn` is tried first."""
    box: list[tuple[str, ...]] = [(label,) for label in point]
    for at in (*range(turn, len(axes)), *range(turn)):
        box[at] = tuple(label for label in axes[at] if _fits(box, at, label, allowed))
    return tuple(box)


def _fits(box: list[tuple[str, ...]], at: int, label: str, allowed: Collection[Point]) -> bool:
    return all(point in allowed for point in product(*box[:at], (label,), *box[at + 1 :]))


def restricted(box: Axes, axes: Axes) -> Iterator[int]:
    """Yield the numbers of the axes of which the box has not all values."""
    return (at for at, labels in enumerate(box) if len(labels) < len(axes[at]))
