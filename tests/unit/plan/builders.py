"""Builds configs by hand, as a front end would, and plans them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from runner.model.config import Axis, AxisValue, Condition, Config, Match, Session, When
from runner.model.plan import Cell, Host, Place, Plan, ReadyCell, Selection
from runner.model.python import parse_python
from runner.model.settings import CommandText, Layer
from runner.model.text import Literal, Origin, Template, Text
from runner.plan import PythonType, expand, render

HOST = Host(platform="linux", python="3.12", executable="/usr/bin/python3.12", cpus=4, ci=False)


def origin(key: str, line: int = 1) -> Origin:
    return Origin("runner.toml", line, key)


def text(value: str) -> Text:
    return Template(value, origin("text")) if "{" in value or "}" in value else Literal(value)


def setting(key: str, value: object) -> object:
    """Type a value as the config reader does."""
    name = key.removeprefix("extra-")
    if name in ("setup", "commands", "teardown") and isinstance(value, list):
        return tuple(command(item) for item in value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return tuple(text(item) for item in value)
    if isinstance(value, dict):
        return {name: item if item is False else text(item) for name, item in value.items()}
    return value


def command(value: object) -> CommandText:
    at = origin("commands", 7)
    if isinstance(value, CommandText):
        return value
    if isinstance(value, list):
        return CommandText(run=tuple(text(item) for item in value), origin=at)
    assert isinstance(value, str)
    return CommandText(run=text(value), origin=at)


def layer(name: str, values: Mapping[str, object]) -> Layer:
    return Layer(
        name=name,
        values={key: setting(key, value) for key, value in values.items()},
        origins={key: origin(f"{name}.{key}") for key in values},
    )


def match(**patterns: str | Sequence[str]) -> Match:
    return Match(
        tuple(
            Condition(key, (value,) if isinstance(value, str) else tuple(value), origin(f"match.{key}"))
            for key, value in patterns.items()
        ),
        origin("match"),
    )


def when(match_: Match, values: Mapping[str, object], name: str = "when") -> When:
    return When(match_, layer(name, values))


def factor(axis: str, label: str) -> str:
    if axis == "python":
        spec = parse_python(label)
        assert spec is not None
        return spec.factor
    return label if label[0].isalpha() else axis + label


def axis(name: str, values: Sequence[str] | Mapping[str, Mapping[str, object]]) -> Axis:
    """Make an axis of labels; a mapping gives each label its table, in which `value` is the value."""
    made = []
    for label in values:
        table = dict(values[label]) if isinstance(values, Mapping) else {}
        value = str(table.pop("value", label))
        own = layer(f"matrix.{name}.{label}", table) if table else None
        made.append(AxisValue(label, value, factor(name, label), own))
    return Axis(name, tuple(made), origin(f"matrix.{name}"))


def session(
    name: str,
    *,
    python: Sequence[str] | str | None = None,
    matrix: Mapping[str, Sequence[str] | Mapping[str, Mapping[str, object]]] | None = None,
    settings: Mapping[str, object] | None = None,
    defaults: Mapping[str, object] | None = None,
    **shape: object,
) -> Session:
    axes = [axis("python", python)] if python is not None and not isinstance(python, str) else []
    axes += [axis(key, values) for key, values in (matrix or {}).items()]
    base = Session(
        name=name,
        origin=origin(f"sessions.{name}", 3),
        axes=tuple(axes),
        python=parse_python(python) if isinstance(python, str) else None,
        layers=(layer("defaults", defaults or {}), layer(f"sessions.{name}", settings or {})),
    )
    for key in ("needs", "after"):
        if key in shape:
            shape[key] = tuple(text(str(item)) for item in shape[key])  # type: ignore[attr-defined] # a list
    return msgspec.structs.replace(base, **shape)


def config(*sessions: Session, **top: object) -> Config:
    base = Config(file="/project/runner.toml", root="/project", sessions=sessions)
    return msgspec.structs.replace(base, **top)


def python_type(_: str) -> PythonType:
    return PythonType()


def plan(
    config_: Config, *, host: Host = HOST, durations: Mapping[str, float] | None = None, **asked: object
) -> Plan:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in asked.items()}
    selection = msgspec.structs.replace(Selection(), **values)
    return expand(config_, selection, host, python_type, durations or {})


def cells(config_: Config, **asked: object) -> dict[str, Cell]:
    return {cell.id: cell for cell in plan(config_, **asked).cells}  # type: ignore[arg-type] # as plan's


def chosen(config_: Config, **asked: object) -> set[str]:
    return set(plan(config_, **asked).chosen)  # type: ignore[arg-type] # as plan's


def place(**given: object) -> Place:
    base = Place(
        root="/project",
        work_dir="/project/.runner",
        environ={"PATH": "/usr/bin"},
        posargs=None,
        cpus=1,
        colour=False,
    )
    return msgspec.structs.replace(base, **given)


def ready(config_: Config, **given: object) -> dict[str, ReadyCell]:
    """Plan and render all sessions, whatever their `default`."""
    asked = plan(config_, select=("ALL",))
    return {cell.id: cell for cell in render(config_, asked, place(**given))}


def durations_of(ids: Iterable[str]) -> dict[str, float]:
    """Give every other cell a duration."""
    return {id_: float(len(id_) % 5) for number, id_ in enumerate(ids) if number % 2}
