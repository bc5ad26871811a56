"""The walk and the schema, held to each other: what the one accepts, the other does."""

import json
import tempfile
from pathlib import Path

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.unit.types import OWN

from runner.config import convert, find, read, schema
from runner.model.errors import ConfigError

Value = bool | int | float | str | list["Value"] | dict[str, "Value"]
Values = st.SearchStrategy[Value]

VALIDATOR = jsonschema.Draft202012Validator(schema())

TEXTS = ["", "x", "a b", "{py}", ">=4,<5", "<3.x", "3.11", "3", "./p", "10m", "10 m", "1x", "2026-01-31"]
WORDS = [
    "wheel",
    "uv",
    "none",
    "venv",
    "highest",
    "skip",
    "python",
    "linux",
    "Windows",
    "tests",
    "ALL",
    "pytest -x",
]
texts: Values = st.sampled_from(TEXTS + WORDS)
numbers: Values = st.sampled_from([0, 1, -1, 2, 0.5, -0.5])
scalars: Values = texts | numbers | st.booleans()


def listed(strategy: Values) -> Values:
    return st.lists(strategy, max_size=3).map(lambda items: items)


def table(**strategies: Values) -> Values:
    """A table with any of these keys, now and then with one that nobody knows."""
    names = {name.replace("_", "-"): strategy for name, strategy in strategies.items()}
    return st.fixed_dictionaries({}, optional={**names, "nonsense": scalars}).map(
        lambda keys: {key: value for key, value in keys.items() if key != "nonsense" or value == "x"}
    )


variables: Values = st.dictionaries(
    st.sampled_from(["A", "B", "", "C="]), texts | st.just(False) | numbers, max_size=2
)
patterns: Values = texts | listed(texts) | numbers
commands: Values = listed(
    texts
    | listed(texts)
    | table(run=texts | listed(texts), ok_codes=listed(numbers), timeout=scalars, env=variables)
)
SETTINGS: dict[str, Values] = {
    "deps": listed(texts) | texts,
    "extra_deps": listed(scalars),
    "backend": scalars,
    "package": texts,
    "resolution": texts,
    "prerelease": scalars,
    "timeout": scalars,
    "retries": numbers,
    "cpus": numbers,
    "env": variables | texts,
    "junit": scalars,
    "commands": commands,
    "extra_setup": commands,
}
points: Values = table(python=patterns, platform=patterns, db=patterns)
labels: Values = st.dictionaries(
    st.sampled_from(["a", "4.2", "a b"]), table(value=scalars, **SETTINGS), max_size=2
)
axis: Values = listed(texts) | labels | texts
SHAPE: dict[str, Values] = {
    "type": texts,
    "python": texts | listed(texts) | numbers,
    "matrix": table(db=axis, resolution=axis, platform=axis, python=axis, timeout=axis),
    "include": listed(table(python=patterns, db=patterns, **SETTINGS)),
    "exclude": listed(points),
    "when": listed(table(match=points, **SETTINGS)),
    "tags": listed(scalars),
    "needs": listed(texts),
    "platforms": listed(texts),
}


def one_of(*words: Value) -> Values:
    return st.sampled_from(words)


def well_formed() -> Values:
    """A file of values that are mostly right, so that many are accepted as a whole."""
    text = one_of("x", "{py}", "a-{db}")
    some = listed(text)
    settings_: dict[str, Values] = {
        "deps": some,
        "extra_deps": some,
        "backend": one_of("venv", "{b}", "virtualenv"),
        "package": one_of("wheel", "none", "{p}"),
        "timeout": one_of(1, 0.5, "10m", "90"),
        "env": st.dictionaries(one_of("A", "B").map(str), one_of("x", False, ""), max_size=2),
        "junit": one_of(False, "*.xml"),
        "commands": listed(one_of("pytest", ["x", "-v"], {"run": "x", "ok-codes": [1]}, {"run": ["x"]})),
    }
    label = table(value=one_of("x", ">=4,<5", ""), **settings_)
    matcher = table(python=one_of("3.11", "<3.12", ["3.*"]), platform=one_of("linux", ["win32", "*"]))
    shape: dict[str, Values] = {
        "python": one_of("3.11", ["3.11", "pypy3.10"], ["3.13t"]),
        "matrix": table(
            db=listed(one_of("a", "4.2")) | st.dictionaries(one_of("a", "4.2").map(str), label, max_size=2)
        ),
        "exclude": listed(matcher),
        "when": listed(st.tuples(matcher, table(**settings_)).map(with_match)),
        "tags": some,
        "needs": some,
        "platforms": listed(one_of("linux", "darwin")),
    }
    own = {"description": text, "default": st.booleans(), "extends": one_of("a")}
    entry = table(python=one_of("3.14", "3.1*", [">=3.11"]), **settings_)
    session = table(include=listed(entry), **settings_, **shape, **own)
    return st.tuples(
        st.dictionaries(one_of("a", "b.c").map(str), session, min_size=1, max_size=2),
        table(
            default=some,
            work_dir=one_of("a/b", "/elsewhere"),
            lock_max_age=one_of(0, 3600, "12h", "1d"),
            exclude_newer=one_of("2026-01-31", "2026-01-31T10:00:00Z"),
            limits=st.just({"a": 1}),
            package=table(env=st.just({"A": False}), config_settings=st.just({"a": ["b"], "c": "d"})),
            defaults=table(**settings_, **shape),
        ),
    ).map(lambda two: {"sessions": two[0], **_dict(two[1])})


def with_match(pair: tuple[Value, Value]) -> Value:
    return {"match": pair[0], **_dict(pair[1])}


def _dict(value: Value) -> dict[str, Value]:
    assert isinstance(value, dict)
    return value


def toml(value: Value) -> str:
    """Write a value of TOML."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {toml(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


def accepted(data: Value) -> bool:
    assert isinstance(data, dict)
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{json.dumps(key)} = {toml(value)}\n" for key, value in data.items()]
        Path(folder, "runner.toml").write_text("".join(lines), encoding="utf-8")
        try:
            convert(
                read(find(Path(folder))),
                version="0.1.0",
                lookups=OWN,
            )
        except ConfigError as error:
            placed = [one.origin is not None and one.origin.line <= len(lines) for one in error.problems]
        else:
            return True
    assert placed
    assert all(placed)
    return False


@effort(300)
@given(well_formed())
def test_whole_files_that_are_accepted_are_valid(data: Value) -> None:
    if accepted(data):
        VALIDATOR.validate(data)


@effort(500)
@given(
    st.sampled_from([*SETTINGS, *SHAPE]).flatmap(
        lambda key: st.tuples(st.just(key), {**SETTINGS, **SHAPE}[key])
    )
)
def test_single_keys_that_are_accepted_are_valid(pair: tuple[str, Value]) -> None:
    key, value = pair
    data: Value = {"sessions": {"x": {key.replace("_", "-"): value}}}
    if accepted(data):
        VALIDATOR.validate(data)


@effort(100)
@given(
    st.sampled_from([(), ("package",), ("defaults",), ("sessions", "x"), ("defaults", "matrix", "a", "b")]),
    st.text("abcdefghij", min_size=7, max_size=9),
)
def test_unknown_keys_are_refused_by_both(path: tuple[str, ...], key: str) -> None:
    data: dict[str, Value] = {"sessions": {"x": {}}}
    place = data
    for step in path:
        inner = place.setdefault(step, {})
        assert isinstance(inner, dict)
        place = inner
    place[key] = "x"
    assert not accepted(data)
    assert not VALIDATOR.is_valid(data)
