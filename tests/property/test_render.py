"""Random text through the substitution language, against a reading of what it was written from."""

import shlex
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.plan.builders import config, origin, ready, session

from runner.model.errors import ConfigError
from runner.model.text import Literal, Template
from runner.plan.template import Span, TemplateError, fill, parse
from runner.plan.words import words_of

VALUES = {"root": "/a b", "n": "{env:SET}", "quote": "it's"}
ENVIRON = {"SET": "set {root}", "EMPTY": ""}

Piece = tuple[str, Any]
"""("text", str), ("name", str), ("env", (name, pieces or None))"""

CHARS = st.text("ab {}:'\"\\\n", max_size=6)


def pieces(*, nested: bool) -> st.SearchStrategy[list[Piece]]:
    # Braces in a default must pair up, so the text of defaults has none but pairs.
    text = st.text("ab :", max_size=4) | st.just("{pair}") if nested else CHARS
    simple = st.one_of(
        st.tuples(st.just("text"), text),
        st.tuples(st.just("name"), st.sampled_from(sorted(VALUES))),
        st.tuples(st.just("env"), st.tuples(st.sampled_from(["SET", "EMPTY"]), st.none())),
    )
    if nested:
        return st.lists(simple, max_size=3)
    default = st.lists(
        simple_in_default() | st.tuples(st.just("env"), st.tuples(st.just("UNSET"), pieces(nested=True))),
        max_size=3,
    )
    withs = st.tuples(st.just("env"), st.tuples(st.sampled_from(["SET", "UNSET"]), default))
    return st.lists(simple | withs, max_size=5)


def simple_in_default() -> st.SearchStrategy[Piece]:
    return pieces(nested=True).filter(bool).map(lambda found: found[0])


def written(found: Sequence[Piece]) -> str:
    text = ""
    for kind, value in found:
        if kind == "text":
            text += str(value).replace("{", "{{").replace("}", "}}")
        elif kind == "name":
            text += f"{{{value}}}"
        else:
            name, default = value
            text += f"{{env:{name}}}" if default is None else f"{{env:{name}:{written(default)}}}"
    return text


def meaning(found: Sequence[Piece]) -> str:
    text = ""
    for kind, value in found:
        if kind == "text":
            text += str(value)
        elif kind == "name":
            text += VALUES[str(value)]
        else:
            name, default = value
            text += ENVIRON[name] if name in ENVIRON else meaning(default)
    return text


def filled(text: str) -> str:
    return fill(parse(text), VALUES, ENVIRON, lambda variable: pytest.fail(variable.name))


@given(pieces(nested=False))
def test_text_means_what_it_was_written_from(found: list[Piece]) -> None:
    assert filled(written(found)) == meaning(found)


@given(st.text("a{}:env ", max_size=12))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    span = Span(0, 1)
    try:
        parse(text)
    except TemplateError as error:
        span = error.span
    assert 0 <= span.start < span.end <= max(len(text), 1)


@given(st.text())
def test_escaped_text_is_itself(text: str) -> None:
    assert filled(text.replace("{", "{{").replace("}", "}}")) == text


@given(st.text("ab '\"\\\t-", max_size=20))
def test_lines_without_braces_split_as_a_shell_splits(text: str) -> None:
    try:
        expected: list[str] | None = shlex.split(text)
    except ValueError:
        expected = None
    try:
        words = words_of(Literal(text), line=True)
    except TemplateError:
        assert expected is None
    else:
        assert [fill(word.parts, {}, {}, lambda _: None) for word in words] == expected


@given(st.lists(st.text("ab '\"\\\t{}$`\n", max_size=6), max_size=5))
def test_quoted_arguments_come_back(arguments: list[str]) -> None:
    line = shlex.join(arguments).replace("{", "{{").replace("}", "}}")
    words = words_of(Template(line, origin("commands")), line=True)
    assert [fill(word.parts, {}, {}, lambda _: None) for word in words] == arguments


UNITS = {
    "{root}": "/p",
    "{env:SET}": "set {root}",
    "{n}": "{x y}",
    "{env:NO:a b}": "a b",
    "x": "x",
    "'q r'": "q r",
}


@given(
    st.lists(st.lists(st.sampled_from(sorted(UNITS)), min_size=1, max_size=3), max_size=4),
    st.none() | st.lists(st.text(max_size=4), max_size=3),
)
def test_each_word_is_one_argument_and_posargs_are_many(
    words: list[list[str]], posargs: list[str] | None
) -> None:
    line = " ".join(["run", *("".join(units) for units in words), "{posargs:d '{root} e'}"])
    made = config(session("t", matrix={"n": {"a": {"value": "{x y}"}}}, settings={"commands": [line]}))
    found = ready(
        made, root="/p", environ={"SET": "set {root}"}, posargs=None if posargs is None else tuple(posargs)
    )
    default = ["d", "/p e"] if posargs is None else posargs
    expected = ["run", *("".join(UNITS[unit] for unit in units) for units in words), *default]
    assert list(found["t-a"].steps.commands[0].argv) == expected


@given(st.sets(st.sampled_from("ABCDEF"), min_size=1), st.sets(st.sampled_from("ABCDEF")))
def test_exactly_the_missing_variables_are_told(named: set[str], there: set[str]) -> None:
    deps = [f"{{env:{name}}}" for name in sorted(named)]
    made = config(session("t", settings={"deps": deps}))
    environ = dict.fromkeys(there, "x")
    missing = sorted(named - there)
    if not missing:
        assert ready(made, environ=environ)["t"].spec.requirements == ("x",) * len(named)
        return
    with pytest.raises(ConfigError) as caught:
        ready(made, environ=environ)
    assert [problem.message for problem in caught.value.problems] == [
        f"the variable {name} is not set" for name in missing
    ]
