"""What the scheduler knows of a run before it starts, laid out for quick answers."""

from collections import defaultdict

from msgspec import Struct

from runner.run.scheduler.cellset import mask


class Want(Struct, frozen=True, kw_only=True):
    """What one cell asks of the scheduler. `needs` and `after` are ids of other cells of the run."""

    id: str
    cpus: int = 1
    limits: tuple[str, ...] = ()
    exclusive: bool = False
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Gate(Struct, frozen=True):
    """Cells that wait for the same cells, `needs` being those of `waits` that must be met."""

    waits: int
    needs: int
    cells: int


class Board(Struct, frozen=True, kw_only=True):
    """The cells of a run in starting order, their sizes and gates. Sets are those of `cellset`.

    `widths` are the slots that each takes: an exclusive cell takes all, so it runs alone. `wide` has, for
    each width, the cells that take at least so much. `behind` has the gates that wait for a cell.
    `demanding` are those that narrower cells could keep out for ever.
    """

    slots: int
    fail_fast: bool
    ids: tuple[str, ...]
    index: dict[str, int]
    widths: tuple[int, ...]
    limits: tuple[tuple[str, ...], ...]
    sizes: dict[str, int]
    wide: tuple[tuple[int, int], ...]
    limited: dict[str, int]
    demanding: int
    gates: tuple[Gate, ...]
    behind: dict[int, tuple[int, ...]]


def lay_out(wants: tuple[Want, ...], *, slots: int, sizes: dict[str, int], fail_fast: bool) -> Board:
    """Return the board for `wants`, given in starting order.

    `sizes` are those of named limits; others are 1. Raises ValueError when slots or a size is below 1, as
    such a run could never end, and KeyError for an edge to a cell that is not in the run.
    """
    small = [name for name, size in sizes.items() if size < 1]
    if slots < 1 or small:
        raise ValueError(f"slots and limits start at 1: slots = {slots}, limits {', '.join(small)}")
    count = len(wants)
    index = {want.id: at for at, want in enumerate(wants)}
    widths = tuple(slots if want.exclusive else min(want.cpus, slots) for want in wants)
    limits = tuple(tuple(sorted(set(want.limits))) for want in wants)
    gates, behind = _gates(wants, index)
    demanding = (at for at in range(count) if widths[at] > 1 or len(limits[at]) > 1)
    return Board(
        slots=slots,
        fail_fast=fail_fast,
        ids=tuple(index),
        index=index,
        widths=widths,
        limits=limits,
        sizes={name: sizes.get(name, 1) for names in limits for name in names},
        wide=_wide(widths),
        limited=_limited(limits),
        demanding=mask(demanding, count),
        gates=gates,
        behind=behind,
    )


def _wide(widths: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    by_width: dict[int, list[int]] = defaultdict(list)
    for at, width in enumerate(widths):
        by_width[width].append(at)
    result: list[tuple[int, int]] = []
    at_least = 0
    for width in sorted(by_width, reverse=True):
        at_least |= mask(by_width[width], len(widths))
        result.append((width, at_least))
    return tuple(reversed(result))


def _limited(limits: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    by_name: dict[str, list[int]] = defaultdict(list)
    for at, names in enumerate(limits):
        for name in names:
            by_name[name].append(at)
    return {name: mask(members, len(limits)) for name, members in by_name.items()}


def _gates(
    wants: tuple[Want, ...], index: dict[str, int]
) -> tuple[tuple[Gate, ...], dict[int, tuple[int, ...]]]:
    waiting: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = defaultdict(list)
    for at, want in enumerate(wants):
        waiting[want.needs, want.after].append(at)
    gates: list[Gate] = []
    behind: dict[int, list[int]] = defaultdict(list)
    for (needs, after), cells in waiting.items():
        waits = {index[id_] for id_ in (*needs, *after)}
        for awaited in waits:
            behind[awaited].append(len(gates))
        needed = mask((index[id_] for id_ in needs), len(wants))
        gates.append(Gate(mask(waits, len(wants)), needed, mask(cells, len(wants))))
    return tuple(gates), {at: tuple(members) for at, members in behind.items()}
