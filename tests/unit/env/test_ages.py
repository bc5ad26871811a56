import pytest

from runner.env.ages import age


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 s"),
        (40.9, "40 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (3 * 3600, "3 h"),
        (26 * 3600, "26 h"),
        (48 * 3600, "2 d"),
        (5.5 * 86400, "5 d"),
    ],
)
def test_an_age_is_told_in_the_unit_that_fits(seconds: float, told: str) -> None:
    assert age(seconds) == told
