"""From the tables of a file to sessions: `[defaults]` and `extends` applied to what shapes them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from runner.config.added import defaults_layer, keys_layer, shapes_of
from runner.config.axes import VERSIONS, below_root
from runner.config.in_use import InUse
from runner.config.matching import read_conditions, unknown_axis
from runner.config.names import label_problem
from runner.config.places import OUTSIDE_SETTINGS
from runner.config.sessions import EXTENDS, Part
from runner.config.settings import read_layer, settings_at
from runner.config.walk import Node, nearest, open_table, quoted
from runner.model.comparison import is_comparison
from runner.model.config import Axis, Condition, Match, Session, When
from runner.model.python import PythonSpec, parse_python
from runner.model.settings import Layer

T = TypeVar("T")

_DEEPEST = 100
"""Parents of a session, one above the other."""

_MOST_AXES = 100
"""Of a session: every cell has a value of each."""

_ALWAYS_KNOWN = ("python", "platform")
_INHERITED = ("type", "python", "tags", "needs", "after", "platforms")
_OWN = ("description", "default")


class Family:
    """All sessions of a file, and how they descend from each other."""

    def __init__(self, defaults: Part | None, sessions: Mapping[str, Part], in_use: InUse, root: str) -> None:
        self._defaults = () if defaults is None else (defaults,)
        self._sessions = sessions
        self._in_use = in_use
        self._root = root
        self._lines = {name: self._line(name) for name in sessions}
        self._axes = {name: _axes(line) for name, line in self._lines.items()}
        self._all_axes = dict.fromkeys(axis.name for axes in self._axes.values() for axis in axes)

    def resolved(self) -> tuple[Session, ...]:
        """Return the sessions, each with all that it inherits; what is wrong is kept at the nodes."""
        return tuple(self._session(name, part) for name, part in self._sessions.items())

    def _line(self, name: str) -> tuple[Part, ...]:
        """Return what a session is made of: defaults, its parents, farthest first, itself."""
        line = [self._sessions[name]]
        names = [name]
        while line[-1].extends is not None:
            parent = line[-1].extends
            if parent not in self._sessions:
                message = f"no session is called {quoted(parent)}{nearest(parent, self._sessions)}"
                _at_extends(line[-1]).wrong(message)
                break
            if parent in names:
                cycle = names[names.index(parent) :]
                if cycle[0] == min(cycle):  # each session of the cycle comes here: one tells
                    _at_extends(self._sessions[cycle[0]]).wrong(f"a cycle: {' -> '.join([*cycle, cycle[0]])}")
                break
            if len(names) > _DEEPEST:
                _at_extends(line[0]).wrong(f"more than {_DEEPEST} sessions start from each other")
                break
            names.append(parent)
            line.append(self._sessions[parent])
        return (*self._defaults, *reversed(line))

    def _session(self, name: str, part: Part) -> Session:
        line, axes = self._lines[name], self._axes[name]
        python = _highest(line, lambda p: p.python)
        pinned = below_root(python, self._root) if isinstance(python, PythonSpec) else None
        if len(axes) > _MOST_AXES:
            part.node.wrong(f"has {len(axes):,} axes: a session has at most {_MOST_AXES}")
        matters = _Matters(part, axes, self._all_axes)
        include = _highest(line, lambda p: _owned(p, p.include)) or ()
        exclude = _highest(line, lambda p: _owned(p, p.exclude)) or ()
        return Session(
            name=name,
            origin=part.node.origin,
            type=_highest(line, lambda p: p.type) or "python",
            description=part.description or "",
            default=part.default is not False,
            tags=_highest(line, lambda p: p.tags) or (),
            needs=_highest(line, lambda p: p.needs) or (),
            after=_highest(line, lambda p: p.after) or (),
            platforms=_highest(line, lambda p: p.platforms) or (),
            python=pinned,
            axes=axes,
            include=tuple(entry for owner, node in include for entry in matters.included(owner, node)),
            exclude=tuple(match for owner, match in exclude if matters.concerns(owner, match)),
            when=tuple(when for owner in line for when in owner.when if matters.concerns(owner, when.match)),
            layers=self._layers(name, part, line),
            sources=_sources(line),
            keys=shapes_of(self._in_use.keys(name)),
        )

    def _layers(self, name: str, part: Part, line: tuple[Part, ...]) -> tuple[Layer, ...]:
        """Return the layers of a session: its type's defaults beat those of sessions of any type."""
        layers = tuple(owner.layer for owner in line)
        adders = self._in_use.of_session(name)
        lowest = (keys_layer(adder, part.node.origin) for adder in adders)
        own = (defaults_layer(adder, part.node) for adder in adders)
        general = len(self._defaults)
        below = (*filter(_says, lowest), *layers[:general], *filter(_says, own))
        return (*below, *layers[general:])


def _says(layer: Layer) -> bool:
    return bool(layer.values)


class _Matters:
    """Which matchers are about a session: one that it inherits may name an axis that only others have."""

    def __init__(self, part: Part, axes: tuple[Axis, ...], all_axes: Collection[str]) -> None:
        self._part = part
        self._labels = {axis.name: [value.label for value in axis.values] for axis in axes}
        self._all_axes = all_axes

    def concerns(self, owner: Part, match: Match) -> bool:
        """Say whether a matcher can hold here; keep what is wrong with its keys."""
        known = [self._known(owner, condition) for condition in match.conditions]
        return all(known)

    def _known(self, owner: Part, condition: Condition) -> bool:
        key = condition.key
        if key in self._labels or key in _ALWAYS_KNOWN:
            return True
        if owner is self._part or key not in self._all_axes:
            axes = self._labels if owner is self._part else self._all_axes
            self._part.node.walk.add(unknown_axis(condition, (*axes,)))
        return False

    def included(self, owner: Part, node: Node) -> Iterable[When]:
        """Return an entry of `include`, split into its point and its settings."""
        elsewhere = {key: text for key, text in OUTSIDE_SETTINGS.items() if key not in _ALWAYS_KNOWN}
        inherited = owner is not self._part
        foreign = [
            key
            for key in node.children()
            if key in self._all_axes and key not in self._labels and key not in settings_at(node)
        ]
        if inherited and foreign:
            return
        unknown = "is neither an axis of this session nor a setting"
        known = (*self._labels, *_ALWAYS_KNOWN, *settings_at(node))
        children = open_table(node, known, elsewhere, unknown=unknown)
        point = {key: child for key, child in children.items() if key in self._labels or key in _ALWAYS_KNOWN}
        settings = {key: child for key, child in children.items() if key not in point}
        if "python" in point and "python" not in self._labels:
            if not inherited:
                children["python"].wrong(
                    "this session has no Python axis to add to", 'write python = ["..."], a list'
                )
            return
        conditions = read_conditions(point)
        for condition in conditions:
            self._check_new(condition, point[condition.key])
        yield When(Match(conditions, node.origin), read_layer(settings, node.label))

    def _check_new(self, condition: Condition, node: Node) -> None:
        """A value of `include` may be new, but must be one that its axis could have."""
        if condition.key == "platform":
            return
        for pattern in condition.patterns:
            if pattern in self._labels[condition.key] or is_comparison(pattern) or set(pattern) & set("*?["):
                continue
            if condition.key != "python":
                message = label_problem(pattern)
                if message:
                    node.wrong(message)
            elif parse_python(pattern) is None:
                node.wrong(f"expected a version: {VERSIONS}; got {quoted(pattern)}")


def _at_extends(part: Part) -> Node:
    return part.node.child(EXTENDS.name) or part.node


def _axes(line: tuple[Part, ...]) -> tuple[Axis, ...]:
    """Return the axes of a session: Python first, then the others as first written."""
    python = _highest(line, lambda part: part.python)
    others: dict[str, Axis] = {}
    for part in line:
        others.update(part.matrix)
    return (*((python,) if isinstance(python, Axis) else ()), *others.values())


def _highest(line: tuple[Part, ...], pick: Callable[[Part], T | None]) -> T | None:
    """Return what the last part that says something says."""
    return next((found for found in map(pick, reversed(line)) if found is not None), None)


def _sources(line: tuple[Part, ...]) -> dict[str, str]:
    """Return the name of the part that each shape key's value came from, for those that are set."""
    inherited = {key: owner for owner in line for key in _INHERITED if getattr(owner, key) is not None}
    own = {key: line[-1] for key in _OWN if getattr(line[-1], key) is not None}
    return {key: owner.node.label for key, owner in {**inherited, **own}.items()}


def _owned(part: Part, items: tuple[T, ...] | None) -> tuple[tuple[Part, T], ...] | None:
    return None if items is None else tuple((part, item) for item in items)
