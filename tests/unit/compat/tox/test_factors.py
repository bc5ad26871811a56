"""Lines that hold for some environments only."""

import platform
import sys

import pytest

from runner.compat.tox.errors import ToxError
from runner.compat.tox.factors import NotFactorsError, active, conditioned, filtered, names

MACHINE = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())


@pytest.mark.parametrize(
    ("line", "kept_in"),
    [
        pytest.param("py39: d", "13", id="one"),
        pytest.param("py39,py310: d", "123", id="any of"),
        pytest.param("py39, py310 : d", "123", id="spaces"),
        pytest.param("py39-a: d", "1", id="all of"),
        pytest.param("a-py39: d", "1", id="in any order"),
        pytest.param("!a: d", "23", id="not"),
        pytest.param("!py39-!a: d", "2", id="neither"),
        pytest.param("!py39,!a: d", "23", id="not both"),
        pytest.param("py3{9,10}-a: d", "1", id="braces"),
        pytest.param("py3{9-11}: d", "123", id="range"),
        pytest.param("{a,zz}-py39: d", "1", id="one of the braces"),
        pytest.param(f"{sys.platform}: d", "123", id="platform"),
        pytest.param(f"!{sys.platform}: d", "", id="not the platform"),
        pytest.param(f"{MACHINE}: d", "123", id="machine"),
        pytest.param("py3*: d", "", id="a wildcard matches nothing"),
        pytest.param("d", "123", id="without a condition"),
    ],
)
def test_a_line_holds_in_some_environments(line: str, kept_in: str) -> None:
    envs = {"1": "py39-a", "2": "py310-b", "3": "py39-b"}
    kept = "".join(number for number, env in envs.items() if filtered(line, env) == "d")
    assert kept == kept_in


@pytest.mark.parametrize(
    "line", ["py39:nospace", "a b: c", "http://x: y", "a=b: c", "C:\\x", "'a': 1", "{'k': 1}", "a/b: c"]
)
def test_what_is_no_condition_is_content(line: str) -> None:
    assert filtered(line, "py39") == line


@pytest.mark.parametrize(
    ("value", "env", "kept"),
    [
        pytest.param(
            "cov: coverage run \\\n!cov: python \\\nf.py", "cov", "coverage run \\\nf.py", id="first"
        ),
        pytest.param("cov: coverage run \\\n!cov: python \\\nf.py", "x", "python \\\nf.py", id="second"),
        pytest.param("a: x \\\n--one\ny", "b", "y", id="the end of a dropped line is dropped"),
        pytest.param("a: x \\\n--one \\\n--two", "b", "--one \\\n--two", id="what goes on itself is kept"),
        pytest.param("coverage: coverage run -m \\\npytest \\\nx", "b", "pytest \\\nx", id="as in asdf"),
        pytest.param("a: x\nb: y\nz", "b", "y\nz", id="conditions drop only their lines"),
        pytest.param("\n\nx\n", "b", "x", id="empty lines"),
        pytest.param("b:\nx", "b", "\nx", id="a condition alone"),
    ],
)
def test_lines_that_go_on(value: str, env: str, kept: str) -> None:
    assert filtered(value, env) == kept


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        pytest.param("py3{9,10}-{a,b}", "py39-a py39-b py310-a py310-b", id="product"),
        pytest.param("py{,-cov}", "py py-cov", id="empty item"),
        pytest.param("{py311}-{,x}", "py311- py311-x", id="the dash stays"),
        pytest.param("py3{9-11}", "py39 py310 py311", id="range"),
        pytest.param("{2-0}", "2 1 0", id="descending"),
        pytest.param("py3{12-}", "py312 py313 py314 py315", id="without an end"),
        pytest.param("py3{-12}", "py311 py312", id="without a beginning"),
        pytest.param("3.{12,13}t", "3.12t 3.13t", id="dots"),
        pytest.param("py-django-4-2", "py-django-4-2", id="no range"),
        pytest.param("a,b,a", "a b", id="once"),
        pytest.param("!a", "!a", id="negation"),
    ],
)
def test_names_are_expanded(text: str, expanded: str) -> None:
    assert names(text) == tuple(expanded.split(" "))


@pytest.mark.parametrize("text", ["a b", "a/b", "a=b", "a:b", "\\"])
def test_other_text_names_nothing(text: str) -> None:
    with pytest.raises(NotFactorsError):
        names(text)


def test_more_names_than_anybody_can_want_are_refused() -> None:
    with pytest.raises(ToxError, match="at most 10,000"):
        names("a{1-10001}")
    with pytest.raises(ToxError, match="more than 10,000"):
        tuple(conditioned("a{1-9000}: x\nb{1-9000}: x"))


def test_conditions_make_environments() -> None:
    assert tuple(conditioned("linux: a\n!neg-x: b\nc\npy3{9,10}: d\nlinux: e")) == (
        "linux",
        "neg-x",
        "py39",
        "py310",
    )


def test_the_factors_of_an_environment() -> None:
    assert active("py39-a") == {"py39", "a", sys.platform, MACHINE}
    assert active(None) == {sys.platform, MACHINE}
    assert "s390x" in active("a-s390x")
    assert MACHINE == "s390x" or MACHINE not in active("a-s390x")
