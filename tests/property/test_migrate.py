"""What is written for any environments says, cell by cell, what they were."""

from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.unit.types import ANY

from runner.config import Raw, convert
from runner.config.positions import locate
from runner.config.syntax import parse
from runner.migrate import Document, Facts, document, written
from runner.migrate.reading import texts
from runner.migrate.values import Env, Line, Shape, Value
from runner.model.config import Config
from runner.model.plan import Cell, Command, Host, Place, ReadyCell, Selection
from runner.model.python import parse_python
from runner.plan import PythonType, expand, render_cells

HOST = Host(platform="linux", python="3.12", executable="/usr/bin/python3.12", cpus=1, ci=False)
FACTORS = ["py310", "py311", "3.12", "pypy310", "django42", "django52", "djangomain", "sqlite", "postgres"]
FACTORS += ["cov", "lint", "a", "A", "tests", "x1", "", "42", "timeout3", "platform1", "ALL", "a b", "é"]
NAMES = st.lists(st.sampled_from(FACTORS), min_size=1, max_size=4).map("-".join)
COLUMNS = (
    ("py310", "py311", "3.12"),
    ("django42", "django52", "djangomain"),
    ("sqlite", "postgres"),
    ("A", "a"),
)
TEXT = st.sampled_from(
    ["", "x", "a b", "py311", "{{}}", "it's", 'say "x"', "django42", "3.12", "$HOME|*", "ü\t"]
)
LISTS = st.lists(TEXT.filter(bool), max_size=3, unique=True).map(tuple)
LINES = st.builds(
    Line,
    st.lists(TEXT, max_size=3).map(lambda words: ("run", *words)),
    st.sampled_from([(0,), (1, 2)]),
    st.integers(0, 2),
    st.booleans(),
)


def python_of(name: str) -> str | None:
    asked = {"py310": "3.10", "py311": "3.11", "3.12": "3.12", "pypy310": "pypy3.10"}
    return next((asked[factor] for factor in name.split("-") if factor in asked), None)


@st.composite
def matrices(draw: st.DrawFn) -> list[str]:
    """Draw names of a matrix, with holes, and some others."""
    columns = [draw(st.lists(st.sampled_from(each), min_size=1, unique=True)) for each in COLUMNS]
    chosen = columns[: draw(st.integers(1, len(columns)))]
    names = ["-".join(factors) for factors in product(*chosen)]
    holes = draw(st.sets(st.sampled_from(names), max_size=len(names) // 2))
    others = draw(st.lists(NAMES.filter(lambda name: bool(name.strip("-"))), max_size=5))
    return [*dict.fromkeys([*(name for name in names if name not in holes), *others])]


@st.composite
def environments(draw: st.DrawFn) -> list[Env]:
    names = draw(matrices())
    same = draw(st.booleans())
    pool: dict[str, list[Value]] = {
        "deps": draw(st.lists(LISTS, min_size=1, max_size=3)),
        "commands": draw(
            st.lists(st.lists(LINES, max_size=3).map(tuple), min_size=1, max_size=1 if same else 3)
        ),
        "cwd": [".", "docs"],
        "keep-going": [False, True],
        "env.X": [None, "1", "in py311"],
        "env.A B": [None, False, "{root}/x"],
        "package": ["none", "wheel"],
    }
    made: list[Env] = []
    for name in names:
        values: dict[str, Value] = {key: draw(st.sampled_from([*choices])) for key, choices in pool.items()}
        if draw(st.booleans()):
            values["deps"] = (*texts(draw(st.sampled_from(pool["deps"]))), f"of-{name.replace(' ', '')}")
        shape = Shape(
            python_of(name),
            () if same else draw(st.sampled_from([(), (), ("slow",)])),
            (),
            (),
            ()
            if same
            else tuple(
                draw(st.sets(st.sampled_from([each.name for each in made]), max_size=2)) if made else ()
            ),
        )
        made.append(Env(name, shape, draw(TEXT.filter(str.isprintable)).strip(), draw(st.booleans()), values))
    return made


def config_of(made: Document) -> Config:
    text = written(made)
    raw = Raw(Path("/p/runner.toml"), Path("/p"), "runner.toml", parse(text, "runner.toml"), (), locate(text))
    return convert(raw, version="1", lookups=ANY)


def cells_of(config: Config) -> dict[str, ReadyCell]:
    plan = expand(config, Selection(select=("ALL",)), HOST, lambda _: PythonType(), {})
    place = Place(root="/p", work_dir="/p/.runner", environ={}, posargs=None, cpus=1, colour=False)
    return {cell.id: cell for cell in render_cells(config, plan.cells, place)}


def plain(text: str) -> str:
    return text.replace("{root}", "/p").replace("{{", "{").replace("}}", "}")


@effort(60)
@given(environments())
def test_cells_are_what_environments_were(envs: list[Env]) -> None:
    made = document(envs, Facts(source="tox.ini"))
    cells = cells_of(config_of(made))
    assert sorted(cells) == sorted(made.ids.values())
    assert len(made.ids) == len(envs)
    for env in envs:
        check(env, cells[made.ids[env.name]], made)


def check(env: Env, ready: ReadyCell, made: Document) -> None:
    values, cell = env.values, ready.cell
    assert {*ready.spec.requirements} == {plain(str(dep)) for dep in texts(values["deps"])}
    assert ready.spec.package == values["package"]
    assert ready.settings.cwd == values["cwd"]
    assert ready.settings.keep_going == values["keep-going"]
    for name in ("X", "A B"):
        value = values[f"env.{name}"]
        assert ready.settings.env.get(name) == (plain(value) if isinstance(value, str) else value)
    assert tuple(map(line_of, ready.steps.commands)) == values["commands"]
    check_shape(env, cell, made)


def line_of(command: Command) -> Line:
    words = tuple(word.replace("{", "{{").replace("}", "}}") for word in command.argv)
    return Line(words, command.ok_codes, command.retries, command.ignore_failure)


def check_shape(env: Env, cell: Cell, made: Document) -> None:
    asked = parse_python(env.shape.python or HOST.python)
    assert asked is not None
    assert cell.python.version == asked.version
    assert cell.tags == env.shape.tags
    assert cell.default == env.default
    assert {*cell.after} == {made.ids[name] for name in env.shape.after}
