"""Any text where the config and the command line take some: a meaning, or an error with a place in it."""

import math
from contextlib import suppress
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.property.hostile import hostile_texts
from tests.unit.plan.builders import config, origin, plan, session

from runner.config import parse_duration
from runner.model.comparison import is_comparison, parse_comparison, parse_numbers
from runner.model.config import Config
from runner.model.errors import NothingSelected, Problem, UsageError
from runner.model.globs import Globs, closed, compiled, matches_glob
from runner.model.python import parse_python
from runner.model.text import Template
from runner.model.toml import TOMLError, parse
from runner.plan.match import matches
from runner.plan.template import Name, Parts, TemplateError, explain, fill, walk
from runner.plan.template import parse as parse_template
from runner.plan.words import words_of

BRACES = st.text("{}:aenvpos' \"\\\n", max_size=40) | hostile_texts
LONE = st.text(st.characters(categories=["Cs", "Cc", "L", "P"]), max_size=20)


@effort(300)
@given(BRACES | LONE)
@example("{posargs:" * 30 + "}" * 30)
@example("{env:A:" * 21 + "}" * 21)
@example("{" * 20_000)
@example("{{" * 10_000 + "{")
@example("x" * 100_000)
@example("'" + "a b" * 10_000)
def test_text_is_read_or_refused_with_a_caret(text: str) -> None:
    read = parts_or_problem(Template(text, origin("commands")))
    if isinstance(read, Problem):
        lines = read.hint.split("\n")
        assert all(len(line) <= 200 for line in lines)
        assert any("^" in line for line in lines)
        return
    values = {part.name: "v" for part in walk(read) if isinstance(part, Name)}
    if "{posargs" not in text:
        assert len(fill(read, values, {}, lambda _: None)) <= len(text)


def parts_or_problem(template: Template) -> Parts | Problem:
    try:
        words_of(template, line=True)
        return parse_template(template.text)
    except TemplateError as error:
        return explain(template, error)


def model() -> Config:
    return config(
        session("tests", python=["3.11", "3.12"], matrix={"n": ["1", "x", "a-b"]}),
        session("a-b", default=False),
        session("b"),
    )


@effort(300)
@given(
    st.lists(hostile_texts, max_size=3),
    st.lists(hostile_texts, max_size=2),
    st.lists(hostile_texts, max_size=2),
)
@example(["["], ["[!]*"], [])
@example(["*-" * 200], [], [])
@example(["\udcff"], ["\ud800"], ["\x00"])
def test_any_selection_selects_or_is_refused(select: list[str], skip: list[str], tags: list[str]) -> None:
    with suppress(NothingSelected, UsageError):
        assert plan(model(), select=select or None, skip=skip, tags=tags).chosen


@effort(100)
@given(hostile_texts)
def test_any_python_on_the_command_line_is_a_version_or_refused(text: str) -> None:
    try:
        found = plan(model(), pythons=[text])
    except UsageError:
        assert parse_python(text) is None
    else:
        assert {cell.python.text for cell in found.chosen_cells()} == {text}


GLOBS = st.text("ab-]![*?", max_size=12) | hostile_texts


@effort(500)
@given(GLOBS, st.text("ab-]![", max_size=8))
@example("[!", "[!")
@example("[]", "[]")
@example("[[]", "[")
@example("[a-]b]", "-")
@example("?[][", "[[")
@example("[z-a]", "b")
def test_a_glob_matches_what_the_library_matches(pattern: str, name: str) -> None:
    expected = fnmatchcase(name, pattern)
    assert matches_glob(name, pattern) == expected
    assert Globs((pattern,)).match(name) == expected
    assert bool(compiled(pattern).match(name)) == expected
    assert fnmatchcase(name, closed(pattern)) == expected


def test_globs_that_are_made_to_take_long_do_not() -> None:
    name = "a" * 1000
    for pattern in ("*a" * 500 + "b", "[" * 20_000, "[!" * 10_000, "*" * 5_000 + "b", "?*" * 400 + "b"):
        assert not matches_glob(name, pattern)


@effort(300)
@given(hostile_texts | st.text("<>=!,.0123456789 ", max_size=30), hostile_texts)
def test_any_pattern_matches_or_does_not(pattern: str, label: str) -> None:
    assert isinstance(matches((pattern,), label, is_python=True), bool)
    assert isinstance(matches((pattern,), label, is_python=False), bool)
    if is_comparison(pattern):
        parse_comparison(pattern)
    parse_numbers(label)


@effort(300)
@given(
    hostile_texts | st.text("0123456789.smhd ", max_size=12) | st.floats() | st.integers(-(10**400), 10**400)
)
def test_a_duration_is_seconds_or_refused(value: str | float) -> None:
    with suppress(ValueError):
        assert 0 <= parse_duration(value) < math.inf


@effort(200)
@given(st.text("a.='\"[]{},\n \\", max_size=60) | hostile_texts)
@example("a" + ".a" * 100 + " = 1")
@example("[" + "a . " * 100 + "a]")
@example("x = {" + "'a'." * 100 + "a = 1}")
@example("[[[" * 1000)
@example("x = " + "{a=" * 5000)
@example("x = " + "9" * 5000)
def test_toml_is_read_or_refused_by_one_exception(text: str) -> None:
    with suppress(TOMLError):
        assert isinstance(parse(text), dict)


@pytest.mark.parametrize("key", ["a" + ".a" * 99, " . ".join("abc" * 33), "'a'" + '."b.c"' * 99])
def test_a_key_of_a_hundred_parts_is_read(key: str) -> None:
    assert parse(f"{key} = 1\n[t]\nx = {{ {key} = 1 }}")
