"""The cells of one session: points with their settings merged. Pure."""

import msgspec

from runner.model.config import Config, Session
from runner.model.errors import Problem
from runner.model.layout import folder_name
from runner.model.plan import Cell, Coordinate, Host, Point
from runner.model.python import PythonSpec, parse_python
from runner.model.settings import BUILT_IN, CHOICES, STEP_KEYS, CommandText, Layer
from runner.model.text import Literal
from runner.plan.match import Matchable, Rule
from runner.plan.merge import LIST_KEYS, TEXT_KEYS, Merged, Merger
from runner.plan.points import ASKED_FOR, Spot, spots

_SETTABLE = "only keys of text or lists can be set by an axis"
_SHAPE = ("type", "python", "description", "tags", "default", "platforms", "needs", "after")


def host_python(host: Host) -> PythonSpec:
    """Return what a session without a Python asks for: the one that runs runner, known here by its X.Y."""
    spec = parse_python(host.python)
    return PythonSpec(text=host.python, version=spec.version if spec else (), path=host.executable)


def python_factor(spec: PythonSpec) -> str:
    """Return what `{py}` means: the factor of the version asked for; empty for a mere path."""
    known = parse_python(spec.text)
    return known.factor if known else ""


class SessionCells:
    """Makes the cells of one session; cells with equal layers share their settings.

    Lives as long as one call of `expand`. `problems` holds all that is wrong, once `cells` was read.
    """

    def __init__(self, config: Config, session: Session, host: Host, merger: Merger) -> None:
        self.problems: list[Problem] = []
        self._config = config
        self._session = session
        self._merger = merger
        self._has_python = bool(session.axes) and session.axes[0].name == "python"
        self._python = session.python or host_python(host)
        pinned = None if self._has_python else self._python
        matchable = Matchable(session.name, session.axes, pinned, host.platform)
        self._when = self._ready_when(matchable)
        self._spots, wrong = spots(config, session, matchable)
        self.problems.extend(wrong)
        self._table = {
            (axis.name, value.label): value.layer for axis in session.axes for value in axis.values
        }
        self._labels: dict[Coordinate, tuple[Layer, ...]] = {}
        self._merged: dict[tuple[str, tuple[int, ...]], Merged] = {}

    def cells(self, *, default: bool) -> tuple[Cell, ...]:
        """Return the cells in the order of their points; `needs` and `after` are not resolved yet."""
        return tuple(self._cell(spot, default=default) for spot in self._spots)

    def _ready_when(self, matchable: Matchable) -> tuple[tuple[Rule, Layer], ...]:
        ready = []
        for block in self._session.when:
            rule, wrong = matchable.rule(block.match)
            self.problems.extend(wrong)
            ready.append((rule, block.layer))
        return tuple(ready)

    def _cell(self, spot: Spot, *, default: bool) -> Cell:
        session, point = self._session, spot.point
        merged = self._settings(spot)
        foreign = session.foreign
        factors = foreign.factors if foreign else tuple(at.factor for at in point)
        id_ = session.name if foreign else "-".join((session.name, *factors))
        return Cell(
            id=id_,
            session=session.name,
            type=session.type,
            folder=folder_name(id_),
            point=point,
            python=self._asked(point),
            factors=factors,
            description=session.description,
            tags=session.tags,
            default=default,
            platforms=session.platforms,
            needs=(),
            after=(),
            alone=len(self._spots) == 1,
            settings=merged.settings,
            steps=merged.steps,
            sources=merged.sources,
            keys=merged.keys,
            key_origins=merged.origins,
            origin=session.origin,
            foreign=foreign,
        )

    def _asked(self, point: Point) -> PythonSpec:
        if not self._has_python:
            return self._python
        return parse_python(point[0].value) or PythonSpec(text=point[0].value, path=point[0].value)

    def _settings(self, spot: Spot) -> Merged:
        labels = tuple(layer for at in spot.point for layer in self._of_label(at))
        when = tuple(layer for rule, layer in self._when if rule.holds(spot.point))
        own = (*self._session.layers[-1:], *labels, *when, *spot.layers)
        python = self._source_of_python(spot)
        same = (python, tuple(map(id, own)))
        merged = self._merged.get(same)
        if merged is None:
            keys = tuple(self._session.keys)
            merged = self._merger.merged(self._session.layers[:-1], own, keys)
            sources = {**self._sources_of_shape(), "python": (python,), **merged.sources}
            merged = msgspec.structs.replace(merged, sources=sources)
            self._merged[same] = merged
            self.problems.extend(merged.problems)
        return merged

    def _sources_of_shape(self) -> dict[str, tuple[str, ...]]:
        sources = dict(self._session.sources)
        if self._config.default is not None:
            sources["default"] = "the top's default"
        return {key: (sources.get(key, BUILT_IN.name),) for key in _SHAPE}

    def _source_of_python(self, spot: Spot) -> str:
        if self._has_python:
            at = spot.point[0]
            if (at.axis, at.label) not in self._table:
                return spot.layers[0].name
            if self._table[at.axis, at.label] is ASKED_FOR:
                return ASKED_FOR.name
        return self._session.sources.get("python", BUILT_IN.name)

    def _of_label(self, at: Coordinate) -> tuple[Layer, ...]:
        known = self._labels.get(at)
        if known is None:
            known = tuple(filter(None, (self._named_like_key(at), self._table.get((at.axis, at.label)))))
            self._labels[at] = known
        return known

    def _named_like_key(self, at: Coordinate) -> Layer | None:
        """Return what an axis named like a key sets: the key, to its value."""
        key = at.axis
        shape = self._session.keys.get(key)
        if key not in TEXT_KEYS and key not in LIST_KEYS and shape is None:
            return None
        origin = next(axis.origin for axis in self._session.axes if axis.name == key)
        if key in CHOICES and at.value not in CHOICES[key]:
            expected = ", ".join(CHOICES[key])
            self.problems.append(Problem(f"{at.value!r} is no {key}", origin, f"expected one of: {expected}"))
            return None
        text = Literal(at.value)
        value: object = text
        if key in STEP_KEYS:
            value = (CommandText(run=text, origin=origin),)
        elif key in LIST_KEYS or shape == "list":
            value = (text,)
        elif shape == "other":
            self.problems.append(Problem(f"an axis cannot be called `{key}`: {_SETTABLE}", origin))
            return None
        return Layer(f"axis {key} = {at.label}", {key: value}, {key: origin})
