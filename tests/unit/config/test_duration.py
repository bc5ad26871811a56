"""Durations as people write them."""

import pytest

from runner.config import parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (5, 5.0),
        (0, 0.0),
        (0.5, 0.5),
        ("600", 600.0),
        ("90s", 90.0),
        ("10m", 600.0),
        ("1.5 h", 5400.0),
        (" 1d ", 86400.0),
    ],
)
def test_a_duration_is_seconds(written: str | float, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "m", "-1", "10 minutes", "1h30m", "1e3", "٣", "9" * 400])
def test_other_text_is_refused_in_words_for_people(written: str) -> None:
    with pytest.raises(ValueError, match=r'^expected a duration: seconds, or text such as "90s"'):
        parse_duration(written)


@pytest.mark.parametrize("written", [-1, float("nan"), float("inf")])
def test_other_numbers_are_refused(written: float) -> None:
    with pytest.raises(ValueError, match=f"got the number {written}$"):
        parse_duration(written)
