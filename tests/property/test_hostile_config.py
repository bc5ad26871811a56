"""Any bytes as a config: read, checked, planned and rendered, or refused in words, with the place."""

import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.property.hostile import TOML_TOKENS, hostile_texts, mutated
from tests.unit.plan.builders import HOST
from tests.unit.types import OWN

from runner.config import convert, find, read
from runner.config.places import SHAPE as SHAPE_KEYS
from runner.config.places import TOP
from runner.config.settings import SETTINGS
from runner.model.errors import ConfigError, NothingSelected, Problem, UsageError
from runner.model.plan import Place, Selection
from runner.plan import PythonType, expand, render, render_package

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def written_configs() -> tuple[bytes, ...]:
    """Return the configs of the docs, of the examples and of the tests that mistakes are told by."""
    pages = (page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md"))
    found = [block for page in pages for block in _FENCED.findall(page)]
    found += [file.read_text("utf-8") for file in (ROOT / "tox-examples").rglob("runner.toml")]
    mistakes = (ROOT / "tests" / "unit" / "config" / "mistakes").glob("*.txt")
    found += [f"[sessions.x]\n{text}" for file in mistakes for text in file.read_text("utf-8").split("\n\n")]
    return tuple(text.encode() for text in found)


SEEDS = written_configs()
FOLDER = tempfile.TemporaryDirectory()


def told(
    data: bytes, name: str = "runner.toml", select: tuple[str, ...] | None = None
) -> tuple[Problem, ...]:
    """Take a file all the way to cells that could run, and return what is wrong with it."""
    folder = Path(FOLDER.name)
    (folder / name).write_bytes(data)
    try:
        config = convert(
            read(find(folder, Path(name))),
            version="0.1",
            lookups=OWN,
        )
        plan = expand(config, Selection(select=select), HOST, lambda _: PythonType(), {})
        place = Place(
            root=str(folder),
            work_dir=str(folder / ".runner"),
            environ={"HOME": "/home/x", "RAW": "\udcff"},
            posargs=None,
            cpus=1,
            colour=False,
        )
        render(config, plan, place)
        render_package(config, place, None)
    except (ConfigError, UsageError, NothingSelected) as error:
        return error.problems
    finally:
        (folder / name).unlink()
    return ()


def check(data: bytes, name: str = "runner.toml") -> None:
    lines = data.count(b"\n") + 1
    for problem in told(data, name):
        assert problem.message
        assert str(problem).encode("utf-8", "surrogateescape")
        assert len(str(problem)) < len(data) + 4000
        if problem.origin is not None:
            assert problem.origin.file == name
            assert 0 <= problem.origin.line <= lines


@effort(120)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"a = " + b"[" * 100_000)
@example(b"a." * 50_000 + b"a = 1")
@example(b"a = 0x" + b"f" * 100_000)
def test_any_bytes_are_a_config_or_refused(data: bytes) -> None:
    check(data)


@effort(200)
@given(mutated(SEEDS, TOML_TOKENS))
def test_a_real_config_that_was_cut_and_spliced_is_a_config_or_refused(data: bytes) -> None:
    check(data)


@effort(100)
@given(mutated(SEEDS, TOML_TOKENS))
def test_it_is_no_other_in_a_pyproject(data: bytes) -> None:
    check(data.replace(b"[sessions", b"[tool.runner.sessions"), "pyproject.toml")


KEYS = tuple(
    dict.fromkeys((*TOP, *SHAPE_KEYS, *SETTINGS, "match", "value", "run", "ok-codes", "a", "platform"))
)
names = st.sampled_from(KEYS) | hostile_texts
scalars = (
    hostile_texts.map(json.dumps)
    | st.integers(-(10**40), 10**40).map(str)
    | st.sampled_from(
        ["0", "1", "-1", "inf", "nan", "1e308", "3.10", "true", "false", "1979-05-27", "07:32:00"]
    )
    | st.sampled_from(["python", "none", "wheel", "linux", "3.11", ">=3.9", "pairwise", "a", "{a}"]).map(
        json.dumps
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(names, inner, max_size=4).map(
            lambda table: (
                "{" + ", ".join(f"{json.dumps(key)} = {value}" for key, value in table.items()) + "}"
            )
        )
    ),
    max_leaves=6,
)
sessions = st.dictionaries(
    st.sampled_from(["a", "b", "a-a"]) | hostile_texts, st.dictionaries(names, values, max_size=4), max_size=2
)


def table(header: str, keys: dict[str, str]) -> str:
    return f"{header}\n" + "".join(f"{json.dumps(key)} = {value}\n" for key, value in keys.items())


@effort(60)
@given(st.dictionaries(names, values, max_size=2), st.dictionaries(names, values, max_size=2), sessions)
def test_every_key_takes_or_refuses_every_kind_of_value(
    top: dict[str, str], defaults: dict[str, str], written: dict[str, dict[str, str]]
) -> None:
    tables = [table(f"[sessions.{json.dumps(name)}]", keys) for name, keys in written.items()]
    check("\n".join([table("", top), table("[defaults]", defaults), *tables]).encode())


@effort(150)
@given(
    st.sampled_from(["commands", "deps", "env.A", "cwd", "needs", "after", "pass-env", "junit", "timeout"]),
    st.lists(hostile_texts, max_size=3),
)
def test_every_text_is_filled_in_or_refused(key: str, texts: list[str]) -> None:
    value = (
        json.dumps(texts[0] if texts else "")
        if key in {"env.A", "cwd", "junit", "timeout"}
        else json.dumps(texts)
    )
    check(f'[sessions.a]\nbackend = "none"\nmatrix.n = ["1"]\n{key} = {value}\n'.encode())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("matrix.n = [" + "'x'," * 5_000 + "]", '"x" is there twice'),
        (
            "".join(f"matrix.a{n} = ['x', 'y']\n" for n in range(5_000)),
            "has 5,000 axes: a session has at most 100",
        ),
        (
            "".join(f"matrix.a{n} = [{','.join(repr(f'v{at}') for at in range(1000))}]\n" for n in range(10)),
            f"the matrix has {10**30:,} cells",
        ),
        ("".join(f"matrix.a{n} = ['x', 'y', 'z']\n" for n in range(100)), "the matrix has about 10^48 cells"),
        (f"matrix.n = ['{'x' * 201}']", "a label has at most 200 characters"),
        ("retries = 100000000000", "expected a whole number, at most 2147483647"),
        ("timeout = '" + "9" * 400 + "d'", "expected a duration"),
        ("commands = ['" + "{a}" * 10_000 + "']", "unknown substitution {a}"),
        ("after = ['" + "[" * 20_000 + "']", "matches no cell"),
        ("after = ['" + "-" * 100_000 + "']", "matches no cell"),
        ("after = [" + "'nothing'," * 10_000 + "]", "matches no cell"),
        (
            "matrix.n = ["
            + ",".join(f"'v{at}'" for at in range(1000))
            + "]\nexclude = ["
            + ",".join(f"{{ n = 'x{at}*' }}" for at in range(5001))
            + "]",
            "has 1,000 cells and 5,001 entries of `exclude`",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_what_would_take_for_ever_is_refused_at_once(config: str, message: str) -> None:
    problems = told(f'[sessions.t]\nbackend = "none"\n{config}'.encode())
    assert message in problems[0].message
    assert len("".join(map(str, problems))) < 200_000


def test_too_long_a_line_of_parents_is_refused() -> None:
    chain = "".join(f'[sessions.s{at}]\nextends = "s{at - 1}"\n' for at in range(1, 300))
    problems = told(f"[sessions.s0]\n{chain}".encode())
    assert {problem.message for problem in problems} == {
        "more than 100 sessions start from each other",
    } | ({"there are more problems than these 200"} if len(problems) > 200 else set())


def test_lists_that_fill_the_memory_in_all_cells_together_are_refused() -> None:
    labels = ",".join(f"'v{at}'" for at in range(9000))
    deps = ",".join(["'d'"] * 3000)
    problems = told(f"[sessions.t]\nmatrix.n = [{labels}]\ndeps = [{deps}]\n".encode())
    assert "the lists and tables of all 9,000 cells have 27,000,000 entries" in problems[0].message


def test_names_that_can_be_read_in_endless_ways_are_refused() -> None:
    axes = "".join(f"matrix.x{at} = ['{'-'.join('a' * at)}']\n" for at in range(1, 60))
    config = f"[sessions.t]\n{axes}[sessions.u]\nafter = ['{'-'.join('a' * 300)}']\n"
    (problem,) = told(config.encode())
    assert "can be read in more than 10,000 ways" in problem.message
    assert problem.origin is not None
    assert problem.origin.key == "sessions.u.after[0]"
