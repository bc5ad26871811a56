"""Commands are written as lines that mean the same words, with substitutions as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.config.shell import shell_syntax
from runner.migrate.lines import line, posargs
from runner.model.text import Origin, Template
from runner.plan.template import Plain
from runner.plan.words import words_of

ORIGIN = Origin("runner.toml", 1, "commands")


def split(text: str) -> list[str]:
    """Return the words of a line, substitutions as they are written in it."""
    return [
        "".join(part.text for part in word.parts if isinstance(part, Plain))
        for word in words_of(Template(text, ORIGIN), line=True)
    ]


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="\0{}", categories=("L", "N", "P", "S", "Z", "Cc")), min_size=0
        ),
        min_size=1,
    )
)
def test_words_are_what_they_were(words: list[str]) -> None:
    assert split(line(tuple(words))) == words


@given(st.lists(st.sampled_from(["|", ">", "2>&1", "*", "cd", "A=1", ";", "a;", "&&", "x"]), min_size=1))
def test_nothing_looks_like_a_shells(words: list[str]) -> None:
    assert not [message for message, _ in shell_syntax(line(("run", *words)))]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("pytest", "{posargs:tests -x}"), "pytest {posargs:tests -x}"),
        (("pytest", "{root}/a b", "{tmp}"), "pytest '{root}/a b' {tmp}"),
        (("x", "it's {env:A:a 'b'} $HOME"), "x \"it's {env:A:a 'b'} \\$HOME\""),
        (("x", "{{}}", ".[test]", "a==1"), "x {{}} .[test] a==1"),
        (("x", ""), "x ''"),
    ],
)
def test_lines_that_people_would_write(words: tuple[str, ...], written: str) -> None:
    assert line(words) == written


def test_a_default_is_quoted_as_a_line() -> None:
    assert posargs(("-k", "a b")) == "{posargs:-k 'a b'}"
