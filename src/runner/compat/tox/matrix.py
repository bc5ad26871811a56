"""Groups of factors in a TOML file, and the environments that their products are."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from msgspec import Struct

from runner.compat.tox.errors import ToxError
from runner.model.braces import FIRST_MINOR, LAST_MINOR, MOST_NAMES

_LARGEST = 1_000_000
_RESERVED = frozenset(("env", "posargs", "tty", "glob", "factor"))


class Group(Struct, frozen=True):
    """Factors of which each environment of a matrix has one; `default` serves where it has none."""

    values: tuple[str, ...]
    label: str | None = None
    default: str | None = None


def group_of(item: object) -> Group:
    """Return the factors that a list, a range, or a table with a label stands for. Raises ToxError."""
    if isinstance(item, list):
        if not all(isinstance(factor, str) for factor in item):
            raise ToxError(
                "the factors of a list must be text; ranges and labels stand beside it, not within"
            )
        return Group(tuple(item))
    if isinstance(item, Mapping) and "prefix" in item:
        return _with_default(_range(item), item, None)
    if isinstance(item, Mapping) and len(item) == 1:
        return _labelled(*next(iter(item.items())))
    raise ToxError("expected a list of factors, a range with prefix, or a table with one label")


def _labelled(label: str, values: object) -> Group:
    if label in _RESERVED:
        raise ToxError(f"{label!r} cannot be the label of factors")
    if isinstance(values, Mapping) and "prefix" in values:
        return _with_default(_range(values), values, label)
    if isinstance(values, Mapping) and isinstance(values.get("values"), list):
        return _with_default(tuple(map(str, values["values"])), values, label)
    if isinstance(values, list):
        return Group(tuple(map(str, values)), label)
    raise ToxError(f"the factors of {label!r} must be a list, a range with prefix, or a table with values")


def _with_default(values: tuple[str, ...], table: Mapping[str, object], label: str | None) -> Group:
    default = table.get("default")
    if default is not None and default not in values:
        raise ToxError(f"the default {default!r} is none of the factors: {', '.join(values)}")
    return Group(values, label, None if default is None else str(default))


def _range(table: Mapping[str, object]) -> tuple[str, ...]:
    first, last = table.get("start"), table.get("stop")
    if first is None and last is None:
        raise ToxError("a range needs start or stop")
    for bound in (first, last):
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
            raise ToxError(f"the bounds of a range are whole numbers, not {bound!r}")
        if isinstance(bound, int) and not 0 <= bound <= _LARGEST:
            raise ToxError(f"the bounds of a range are from 0 to {_LARGEST:,}")
    start = first if isinstance(first, int) else FIRST_MINOR
    stop = last if isinstance(last, int) else LAST_MINOR
    if stop - start > MOST_NAMES:
        raise ToxError(f"a range of {stop - start:,} is too large")
    numbers = range(start, stop + 1)
    if not numbers and (first is None or last is None):
        numbers = range(*((stop, stop + 1) if first is None else (start, start + 1)))
    return tuple(f"{table['prefix']}{number}" for number in numbers)


def matrix(groups: list[Group]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the names of a product, each with its labels and positions. Raises ToxError."""
    if not groups:
        return
    size = prod(len(group.values) for group in groups)
    if size > MOST_NAMES:
        raise ToxError(f"a product has more than {MOST_NAMES:,} environments; make it smaller")
    for chosen in product(*(group.values for group in groups)):
        values: dict[str, str] = {}
        for at, (group, value) in enumerate(zip(groups, chosen, strict=True)):
            values[str(at)] = value
            if group.label is not None:
                values[group.label] = value
        yield "-".join(chosen), values


def by_label(groups: list[Group]) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for at, group in enumerate(groups):
        found[str(at)] = group
        if group.label is not None:
            found[group.label] = group
    return found
