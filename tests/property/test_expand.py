"""Random configs through expand, against a slow and obvious reading of the same rules."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.plan.builders import HOST, config, durations_of, factor, layer, match, plan, session, when

from runner.model.errors import ConfigError
from runner.model.text import Literal

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "pypy3.10", "3.13t")
AXES: Mapping[str, tuple[str, ...]] = {"db": ("pg", "my", "sqlite"), "n": ("1", "2.0", "10")}
PATTERNS: Mapping[str, tuple[str, ...]] = {
    "python": (*PYTHONS, "3.*", "pypy*", "<3.11", ">=3.10,<3.12", "!=3.9"),
    "db": ("pg", "p*", "*", "nope", "?y"),
    "n": ("1", "2.0", "<2", ">=2", "!=1", "1*"),
    "platform": ("linux", "win32", "l*"),
}

Entry = tuple[dict[str, list[str]], dict[str, object]]


@dataclass
class Shape:
    """One session as the reference sees it: plain dicts and lists."""

    pythons: list[str]
    axes: dict[str, list[str]]
    labels: dict[tuple[str, str], dict[str, object]]
    excludes: list[dict[str, list[str]]] = field(default_factory=list)
    whens: list[Entry] = field(default_factory=list)
    includes: list[Entry] = field(default_factory=list)
    defaults: dict[str, object] = field(default_factory=dict)
    own: dict[str, object] = field(default_factory=dict)
    overrides: dict[str, object] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, list[str]]:
        return ({"python": self.pythons} if self.pythons else {}) | self.axes


TABLES = st.fixed_dictionaries(
    {},
    optional={
        "deps": st.lists(st.sampled_from("abc"), max_size=2),
        "extra-deps": st.lists(st.sampled_from("xyz"), max_size=2),
        "env": st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["1", "2", False]), max_size=2),
        "retries": st.integers(0, 3),
    },
)


@st.composite
def matches(draw: st.DrawFn, names: Sequence[str]) -> dict[str, list[str]]:
    keys = draw(st.lists(st.sampled_from([*names, "python", "platform"]), unique=True, max_size=2))
    return {key: draw(st.lists(st.sampled_from(PATTERNS[key]), min_size=1, max_size=2)) for key in keys}


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    names = draw(st.lists(st.sampled_from(sorted(AXES)), unique=True))
    shape = Shape(
        pythons=draw(st.lists(st.sampled_from(PYTHONS), unique=True, max_size=3)),
        axes={name: draw(st.lists(st.sampled_from(AXES[name]), unique=True, min_size=1)) for name in names},
        labels={},
        defaults=draw(TABLES),
        own=draw(TABLES),
        overrides=draw(TABLES),
    )
    shape.labels = {(name, label): draw(TABLES) for name, labels in shape.axes.items() for label in labels}
    shape.excludes = draw(st.lists(matches(names), max_size=2))
    shape.whens = draw(st.lists(st.tuples(matches(names), TABLES), max_size=3))
    new = {"python": ("3.8", "3.11"), "db": ("pg", "oracle"), "n": ("1", "7")}
    for _ in range(draw(st.integers(0, 2))):
        keys = draw(st.lists(st.sampled_from(sorted(shape.columns)), unique=True)) if shape.columns else []
        wanted = {
            key: draw(st.lists(st.sampled_from(new[key]), min_size=1, max_size=2, unique=True))
            for key in keys
        }
        shape.includes.append((wanted, draw(TABLES)))
    return shape


def version(label: str) -> list[int] | None:
    digits = label.removeprefix("pypy").removesuffix("t")
    return [int(part) for part in digits.split(".")] if digits.replace(".", "").isdigit() else None


def pattern_holds(pattern: str, label: str) -> bool:
    if pattern[0] in "<>!":
        numbers = version(label)
        if numbers is None:
            return pattern.startswith("!=")
        for piece in pattern.split(","):
            sign = piece.rstrip("0123456789.")
            bound = [int(part) for part in piece[len(sign) :].split(".")]
            left = numbers + [0] * (5 - len(numbers))
            right = bound + [0] * (5 - len(bound))
            if not {"<": left < right, ">=": left >= right, "!=": left != right}[sign]:
                return False
        return True
    if pattern.endswith("*"):
        return label.startswith(pattern[:-1])
    if pattern.startswith("?"):
        return label[1:] == pattern[1:]
    return label == pattern


def point_holds(wanted: Mapping[str, Sequence[str]], point: Mapping[str, str]) -> bool:
    around = {"python": HOST.python, "platform": HOST.platform} | dict(point)
    return all(any(pattern_holds(pattern, around[key]) for pattern in wanted[key]) for key in wanted)


def reference(shape: Shape) -> dict[str, dict[str, object]]:
    """Return what each cell's settings must be, by id, in order."""
    columns = shape.columns
    points: list[tuple[dict[str, str], list[dict[str, object]]]] = []
    for labels in itertools.product(*columns.values()):
        point = dict(zip(columns, labels, strict=True))
        if not any(point_holds(exclude, point) for exclude in shape.excludes):
            points.append((point, []))
    for wanted, table in shape.includes:
        for labels in itertools.product(*(wanted.get(name, columns[name]) for name in columns)):
            point = dict(zip(columns, labels, strict=True))
            known = [tables for other, tables in points if other == point]
            if known:
                known[0].append(table)
            else:
                points.append((point, [table]))
    found = {}
    for point, included in points:
        id_ = "-".join(["t", *(factor(name, label) for name, label in point.items())])
        tables = [shape.defaults, shape.own]
        tables += [shape.labels.get((name, label), {}) for name, label in point.items()]
        tables += [table for wanted, table in shape.whens if point_holds(wanted, point)]
        tables += [*included, shape.overrides]
        found[id_] = merged(tables)
    return found


def merged(tables: list[dict[str, object]]) -> dict[str, object]:
    deps: list[str] = []
    env: dict[str, object] = {}
    retries: object = 0
    for table in tables:
        deps = table.get("deps", deps)  # type: ignore[assignment] # a list
        env = env | table.get("env", {})  # type: ignore[operator] # a dict
        retries = table.get("retries", retries)
    for table in tables:
        deps = deps + table.get("extra-deps", [])  # type: ignore[operator] # a list
    return {"deps": deps, "env": env, "retries": retries}


def built(shape: Shape) -> object:
    matrix = {
        name: {label: shape.labels[name, label] for label in labels} for name, labels in shape.axes.items()
    }
    return session(
        "t",
        python=shape.pythons or None,
        matrix=matrix,
        settings=shape.own,
        defaults=shape.defaults,
        exclude=tuple(match(**exclude) for exclude in shape.excludes),
        when=tuple(when(match(**wanted), table) for wanted, table in shape.whens),
        include=tuple(when(match(**wanted), table) for wanted, table in shape.includes),
    )


def plain(value: object) -> object:
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@given(shapes())
def test_expand_makes_the_cells_and_settings_of_the_reference(shape: Shape) -> None:
    expected = reference(shape)
    made = config(built(shape))  # type: ignore[arg-type] # a session
    if not expected:
        with pytest.raises(ConfigError, match="has no cells"):
            plan(made)
        return
    found = plan(made, overrides=layer("command line", shape.overrides))
    settings = {
        cell.id: {name: plain(getattr(cell.settings, name)) for name in ("deps", "env", "retries")}
        for cell in found.cells
    }
    assert settings == expected
    assert list(settings) == list(expected)
    assert {cell.alone for cell in found.cells} == {len(expected) == 1}


@given(shapes())
def test_equal_arguments_give_an_identical_plan(shape: Shape) -> None:
    if not reference(shape):
        return
    one, other = (
        plan(config(built(shape)), durations=durations_of(reference(shape)))  # type: ignore[arg-type] # a session
        for _ in range(2)
    )
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
