"""Whether a setting of a session is the same everywhere, or on which axes it depends."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product

from msgspec import Struct

from runner.migrate.boxes import Axes, Point, cover, restricted
from runner.migrate.grouping import Group
from runner.migrate.naming import PYTHON
from runner.migrate.retexting import Retexting
from runner.migrate.values import COMMANDS, SETS, VARIABLE, Line, Value, built_in


class Block(Struct, frozen=True):
    """Settings for the points that have one of the labels on each of the axes named."""

    match: dict[str, tuple[str, ...]]
    settings: dict[str, Value]


class Explained(Struct, frozen=True):
    """The settings of a session: its own, those of labels by axis and label, and those of `when` blocks."""

    own: dict[str, Value]
    labels: dict[tuple[str, str], dict[str, Value]]
    when: tuple[Block, ...]


def explained(group: Group) -> Explained:
    """Return settings from which those of each member follow."""
    return _Explaining(group).result()


def holes(group: Group) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Return the points of the matrix that no environment is at, as entries of `exclude`."""
    axes = tuple(axis.labels for axis in group.axes)
    missing = [point for point in product(*axes) if point not in group.members]
    return tuple(_match(group, box, axes) for box in cover(missing, (), axes))


def _match(group: Group, box: Axes, axes: Axes) -> dict[str, tuple[str, ...]]:
    return {group.axes[at].name: box[at] for at in restricted(box, axes)}


class _Explaining:
    """Lives as long as one call of `explained`."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._axes: Axes = tuple(axis.labels for axis in group.axes)
        self._points = tuple(group.members)
        self._free = [point for point in product(*self._axes) if point not in group.members]
        self._retexting = Retexting(group.axes)
        self._own: dict[str, Value] = {}
        self._extra: dict[tuple[tuple[str, tuple[str, ...]], ...], dict[str, Value]] = {}

    def result(self) -> Explained:
        members = self._group.members.values()
        for key in dict.fromkeys(key for env in members for key in env.values):
            self._key(key)
        labels: dict[tuple[str, str], dict[str, Value]] = {}
        when = []
        for match, settings in self._extra.items():
            (axis, names), *more = match
            if more or axis == PYTHON or len(names) > 1:
                when.append(Block(dict(match), settings))
            else:
                labels[axis, names[0]] = settings
        return Explained(self._own, labels, tuple(when))

    def _key(self, key: str) -> None:
        values = {point: env.values.get(key, built_in(key)) for point, env in self._group.members.items()}
        if self._same(values):
            self._own[key] = next(iter(values.values()))
            return
        retexted = {point: self._retexting.value(point, value) for point, value in values.items()}
        if self._same(retexted):
            self._own[key] = next(iter(retexted.values()))
        elif key in SETS:
            self._set(key, values)
        elif key in COMMANDS:
            self._commands(key, values)
        else:
            fewer = len(set(retexted.values())) < len(set(values.values()))
            self._scalar(key, retexted if fewer else values)

    def _same(self, values: Mapping[Point, Value]) -> bool:
        return len(set(values.values())) == 1

    def _set(self, key: str, values: Mapping[Point, Value]) -> None:
        """Explain a list in which each item stands for itself: what is common, and where the others are."""
        where = self._items(values)
        common = tuple(item for item, points in where.items() if len(points) == len(self._points))
        rest = {
            point: tuple(item for item in _strings(value) if item not in common)
            for point, value in values.items()
        }
        general = self._generalized(rest)
        self._own[key] = (*common, *general)
        if general:
            rest = {
                point: tuple(item for item in left if self._retexting.text(point, item) not in general)
                for point, left in rest.items()
            }
        together: dict[tuple[Point, ...], list[str]] = {}
        for item, points in self._items(rest).items():
            together.setdefault(points, []).append(item)
        for points, items in together.items():
            self._tell(points, f"extra-{key}", tuple(items))

    def _items(self, values: Mapping[Point, Value]) -> dict[str, tuple[Point, ...]]:
        found: dict[str, dict[Point, None]] = {}
        for point, value in values.items():
            for item in _strings(value):
                found.setdefault(item, {})[point] = None
        return {item: tuple(points) for item, points in found.items()}

    def _generalized(self, rest: Mapping[Point, tuple[str, ...]]) -> tuple[str, ...]:
        """Return items that are at every point once factors in them are written as substitutions."""
        texts = [{self._retexting.text(point, item) for item in items} for point, items in rest.items()]
        return tuple(sorted(set.intersection(*texts))) if texts else ()

    def _commands(self, key: str, values: Mapping[Point, Value]) -> None:
        """Explain commands: lists that begin alike are the beginning and more, others are each their own."""
        retexted = {point: _lines(self._retexting.value(point, value)) for point, value in values.items()}
        distinct = set(retexted.values())
        shortest = min(distinct, key=len)
        if shortest and all(lines[: len(shortest)] == shortest for lines in distinct):
            self._own[key] = shortest
            more = {point: lines[len(shortest) :] for point, lines in retexted.items()}
            self._each({point: lines for point, lines in more.items() if lines}, f"extra-{key}")
        elif len(distinct) < len(set(values.values())):
            self._scalar(key, retexted)
        else:
            self._scalar(key, values)

    def _scalar(self, key: str, values: Mapping[Point, Value]) -> None:
        """Explain a value that is one whole: the commonest is the session's, unless it is unset somewhere."""
        base: Value = None
        if not (key.startswith(VARIABLE) and None in values.values()):
            base = Counter(values.values()).most_common(1)[0][0]
            self._own[key] = base
        self._each({point: value for point, value in values.items() if value != base}, key)

    def _each(self, values: Mapping[Point, Value], key: str) -> None:
        for value in dict.fromkeys(values.values()):
            self._tell([point for point, other in values.items() if other == value], key, value)

    def _tell(self, points: Iterable[Point], key: str, value: Value) -> None:
        """Write a setting into the blocks that hold just these points."""
        for box in cover(list(points), self._free, self._axes):
            match = tuple(_match(self._group, box, self._axes).items())
            settings = self._extra.setdefault(match, {})
            settings[key] = _joined(settings.get(key), value)


def _joined(there: Value, value: Value) -> Value:
    """Return a list with what is there before it; any other value as it is."""
    if isinstance(there, tuple) and isinstance(value, tuple):
        return (*there, *value)
    return value


def _strings(value: Value) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def _lines(value: Value) -> tuple[Line, ...]:
    return tuple(item for item in value if isinstance(item, Line)) if isinstance(value, tuple) else ()
