"""Comparisons of dotted numbers."""

import re

import pytest

from runner.model.comparison import COMPARISON, Bound, parse_comparison, parse_numbers


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("<3.11", (Bound("<", (3, 11)),)),
        (" >= 4 , <5.0", (Bound(">=", (4,)), Bound("<", (5, 0)))),
        ("!=" + "9" * 18, (Bound("!=", (10**18 - 1,)),)),
    ],
)
def test_a_comparison_is_read(text: str, bounds: tuple[Bound, ...]) -> None:
    assert parse_comparison(text) == bounds
    assert re.fullmatch(COMPARISON, text)


@pytest.mark.parametrize(
    "text", ["", "3", "=3", "<3.x", "<3,", "<3 <4", "<3..4", "~=3", "<-1", "<٣", "<" + "9" * 5000]
)
def test_what_is_no_comparison_is_none(text: str) -> None:
    assert parse_comparison(text) is None
    assert not re.fullmatch(COMPARISON, text)


@pytest.mark.parametrize("text", ["", "3.", "a", "3a", "-1", "٣", "9" * 5000])
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_numbers(text) is None


@pytest.mark.parametrize(
    ("sign", "held"),
    [
        ("<", (False, False, True)),
        ("<=", (True, False, True)),
        (">", (False, True, False)),
        (">=", (True, True, False)),
        ("==", (True, False, False)),
        ("!=", (False, True, True)),
    ],
)
def test_numbers_that_are_missing_count_as_zero(sign: str, held: tuple[bool, ...]) -> None:
    assert tuple(Bound(sign, (3, 10)).holds(numbers) for numbers in [(3, 10, 0), (3, 10, 1), (3,)]) == held
