"""Braces in names, as tox takes them: what these tests expect was seen there, but for braces in braces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.braces import expand, split


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("py3{9,10}-{a,b}", "py39-a py39-b py310-a py310-b"),
        ("{a}{b,c}", "ab ac"),
        ("3.{12,13}t", "3.12t 3.13t"),
        ("py{,-cov}", "py py-cov"),
        ("{py311}-{,x}", "py311- py311-x"),
        ("x{1}", "x1"),
        ("x{ }", "x"),
        ("x{ 9-10, b }y", "x9y x10y xby"),
        ("a {b,c} d", "abd acd"),
        ("x{a,a}, xa", "xa"),
        ("a,,b, ", "a b"),
        ("x{,},y", "x y"),
        ("x{a,{b,c}d}", "xa xbd xcd"),
        ("{py3{12-13},lint}-{a,b}", "py312-a py312-b py313-a py313-b lint-a lint-b"),
        ("", ""),
    ],
)
def test_what_braces_and_commas_stand_for(text: str, names: str) -> None:
    assert " ".join(expand(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("py3{9-11}", "py39 py310 py311"),
        ("{2-0}", "2 1 0"),
        ("x{3-3}", "x3"),
        ("x{08-10}", "x8 x9 x10"),
        ("py3{12-}", "py312 py313 py314 py315"),
        ("x{16-}", "x16"),
        ("py3{-12}", "py311 py312"),
        ("x{-9}", "x9"),
        ("x{a,-12,14-}", "xa x11 x12 x14 x15"),
        ("3-5,x", "3 4 5 x"),
        ("a, 3-5,b", "a 3 4 5 b"),
        ("a,-12,b", "a 11 12 b"),
        ("14-,x", "14 15 x"),
    ],
)
def test_what_ranges_stand_for(text: str, names: str) -> None:
    assert " ".join(expand(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("py-django-4-2", "py-django-4-2"),
        ("10-12", "10-12"),
        ("x,3-5", "x 3-5"),
        ("-12,x", "-12 x"),
        ("x{9-10 }", "x9-10"),
        ("x{ -12}", "x-12"),
        ("{py3-4}", "py3-4"),
    ],
)
def test_what_looks_like_a_range_and_is_none(text: str, names: str) -> None:
    assert " ".join(expand(text)) == names


@pytest.mark.parametrize("text", ["py{}", "a{b", "a}b", "}{", "{{}"])
def test_braces_without_a_partner_or_content_are_text(text: str) -> None:
    assert expand(text) == (text,)
    assert expand(f"{text},{{1,2}}") == (text, "1", "2")


def test_names_are_counted_before_they_are_made() -> None:
    with pytest.raises(
        ValueError, match=r"'{1-999999999}' stands for 999,999,999 names or more; at most 10,000"
    ):
        expand("{1-999999999}")
    with pytest.raises(ValueError, match="20,000 names or more"):
        expand("{1-10000}{a,b}" * 40)
    with pytest.raises(ValueError, match="10,001 names or more"):
        expand("{1-10000,x}")
    assert len(expand("{1-10000}")) == 10_000


def test_text_is_split_at_commas_that_are_not_in_braces() -> None:
    assert split(" a , py3{9, 10} ,{b,{c,d}},, e{f,g") == ("a", "py3{9, 10}", "{b,{c,d}}", "e{f", "g")


@given(st.text("{},-1 a", max_size=12))
def test_no_text_is_too_odd(text: str) -> None:
    assert len(expand(text)) == len(set(expand(text)))
    parts = split(text)
    assert all(parts)
    assert "".join(text.split()).replace(",", "") == "".join("".join(parts).split()).replace(",", "")


def test_deep_nesting_is_no_matter() -> None:
    assert expand("{" * 5000 + "a,b" + "}" * 5000) == ("a", "b")
