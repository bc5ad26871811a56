"""Layers of config become the settings of a cell, and where each came from. Pure."""

import typing
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from runner.model.encode import converted
from runner.model.errors import Problem
from runner.model.settings import BUILT_IN, STEP_KEYS, Layer, Settings, Steps, T
from runner.model.text import Literal, Origin, Text

_FIELDS = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}
LIST_KEYS = frozenset(key for key, kind in _FIELDS.items() if typing.get_origin(kind) is tuple) | {*STEP_KEYS}
TABLE_KEYS = frozenset(key for key, kind in _FIELDS.items() if typing.get_origin(kind) is dict)
TEXT_KEYS = frozenset(key for key, kind in _FIELDS.items() if kind is T or T in typing.get_args(kind)) - (
    LIST_KEYS | TABLE_KEYS
)
KEYS = (*_FIELDS, *STEP_KEYS)

_REFUSED_WITHOUT_ENVIRONMENT = ("deps", "groups", "extras", "package", "package-file", "lock-from", "seed")
_NEEDS_ENVIRONMENT = (*_REFUSED_WITHOUT_ENVIRONMENT, "constraints")


class Merged(Struct, frozen=True):
    """What layers add up to; `keys` are those that the session's type adds, where they are set.

    `origins` are the places of those that the config sets.
    """

    settings: Settings[Text]
    steps: Steps
    sources: dict[str, tuple[str, ...]]
    keys: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    problems: tuple[Problem, ...] = ()


class Merger:
    """Merges layers, the same ones once. `overrides` and `buildable` are as `merge` takes them."""

    def __init__(self, overrides: Layer, *, buildable: bool) -> None:
        self._overrides = overrides
        self._buildable = buildable
        self._known: dict[tuple[object, ...], tuple[tuple[Layer, ...], Merged]] = {}

    def merged(
        self, inherited: tuple[Layer, ...], own: tuple[Layer, ...], keys: tuple[str, ...] = ()
    ) -> Merged:
        """Return what the layers of a cell whose type adds `keys` add up to."""
        layers = (*inherited, *own)
        key = (len(inherited), keys, *map(id, layers))
        if key not in self._known:
            made = merge(inherited, own, self._overrides, keys, buildable=self._buildable)
            self._known[key] = (layers, made)  # with the layers, so that no other gets the id of one
        return self._known[key][1]


def merge(
    inherited: tuple[Layer, ...],
    own: tuple[Layer, ...],
    overrides: Layer,
    keys: tuple[str, ...] = (),
    *,
    buildable: bool,
) -> Merged:
    """Merge built-in settings and the layers of one cell, each group lowest first.

    `own` begins with the session's layer, `inherited` are those below it, `overrides` is the command line's;
    `keys` are those that the session's type adds.
    `package` is decided by `buildable`, or by a `package-file`, where no layer sets it.
    """
    order = (BUILT_IN, *inherited, *own, overrides)
    problems: tuple[Problem, ...] = ()
    if _highest(order, "backend") == Literal("none"):
        # Nothing is installed: what is inherited for environments does not apply, what is set here is wrong.
        problems = tuple(_refused(own))
        without = map(_without_environment, inherited)
        order = (BUILT_IN, *without, *own, _without_environment(overrides))
        buildable = False
    default = Literal("wheel" if buildable or _highest(order, "package-file") else "none")
    values: dict[str, object] = {"package": default}
    sources: dict[str, tuple[str, ...]] = {"package": (BUILT_IN.name,)}
    for layer in order:
        _set(values, sources, layer)
    for layer in order:
        _append(values, sources, layer)
    return Merged(
        settings=converted(values, Settings[Text]),
        steps=converted({key: values[key] for key in STEP_KEYS}, Steps),
        sources={key: _in_order(sources[key], order) for key in (*KEYS, *keys) if key in sources},
        keys={key: values[key] for key in keys if key in values},
        origins={key: origin for key in keys if (origin := _origin(order, key)) is not None},
        problems=problems,
    )


def _set(values: dict[str, object], sources: dict[str, tuple[str, ...]], layer: Layer) -> None:
    for key, value in layer.values.items():
        below = values.get(key)
        if key.startswith("extra-"):
            continue
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            values[key] = {**below, **value}
            if value:
                sources[key] = (*sources[key], layer.name) if below else (layer.name,)
        else:
            values[key] = value
            sources[key] = (layer.name,)


def _append(values: dict[str, object], sources: dict[str, tuple[str, ...]], layer: Layer) -> None:
    for extra, more in layer.values.items():
        key = extra.removeprefix("extra-")
        if key == extra or not isinstance(more, tuple):
            continue
        below = values.get(key, ())
        if isinstance(below, tuple) and more:
            values[key] = below + more
            sources[key] = (*sources[key], layer.name) if below else (layer.name,)


def _in_order(names: tuple[str, ...], order: Iterable[Layer]) -> tuple[str, ...]:
    if len(names) == 1:
        return names
    return tuple(dict.fromkeys(layer.name for layer in order if layer.name in names))


def _highest(order: tuple[Layer, ...], key: str) -> object:
    return next((layer.values[key] for layer in reversed(order) if key in layer.values), None)


def _origin(order: tuple[Layer, ...], key: str) -> Origin | None:
    """Return where the highest layer that sets a key, or adds to it, does so."""
    names = (key, f"extra-{key}")
    return next((layer.origins[n] for layer in reversed(order) for n in names if n in layer.origins), None)


def _without_environment(layer: Layer) -> Layer:
    dropped = {name for key in _NEEDS_ENVIRONMENT for name in (key, f"extra-{key}")}
    if dropped.isdisjoint(layer.values):
        return layer
    kept = {key: value for key, value in layer.values.items() if key not in dropped}
    return msgspec.structs.replace(layer, values=kept)


def _refused(own: tuple[Layer, ...]) -> Iterable[Problem]:
    for layer in own:
        for key in _REFUSED_WITHOUT_ENVIRONMENT:
            for name in (key, f"extra-{key}"):
                value = layer.values.get(name)
                if value and value != Literal("none"):
                    yield Problem(
                        f'{name} cannot be used with backend = "none", which installs nothing',
                        layer.origins.get(name),
                        f"remove {name}, or choose a backend that makes an environment",
                    )
