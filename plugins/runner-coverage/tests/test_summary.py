"""What people see of it."""

import pytest

from runner_coverage.insight import Insight
from runner_coverage.summary import FileTotal, Summary, Totals, is_below, lines, markdown


def total(missing: int, of: int = 10) -> Totals:
    percent = 100 * (of - missing) / of
    return Totals(statements=of, missing=missing, partial=0, percent=percent, shown=f"{percent:.0f}")


def summary(files: int = 2, found: int = 1) -> Summary:
    return Summary(
        cells=("tests-py38", "tests-py313"),
        totals=total(1, 20),
        files=tuple(
            FileTotal(file=f"f{at}.py", missing_lines="7", totals=total(at % 3)) for at in range(files)
        ),
        insights=tuple(
            Insight(file="f0.py", lines=str(at), count=1, words="runs only with py38", cells=("tests-py38",))
            for at in range(found)
        ),
        fail_under=0,
        precision=0,
    )


@pytest.mark.parametrize(
    ("percent", "least", "precision", "below"),
    [
        (79.4, 80, 0, True),
        (79.5, 80, 0, False),
        (79.5, 80, 1, True),
        (79.94, 79.95, 0, True),
        (99.99, 100, 0, True),
        (100.0, 100, 0, False),
        (0.0, 0, 0, False),
    ],
)
def test_enough_is_what_coverage_takes_for_enough(
    percent: float, least: float, precision: int, below: bool
) -> None:
    assert is_below(percent, least, precision) is below


def test_the_summary_has_the_total_what_is_lacking_and_the_insights() -> None:
    assert lines(summary()) == (
        "coverage: 95 % of 2 files in 2 cells; 1 of 20 statements not reached",
        "  f1.py  90 %  7",
        "  f0.py:0 runs only with py38",
    )


def test_the_summary_is_short_and_says_what_it_leaves_out() -> None:
    shown = lines(summary(files=60, found=15))
    assert "  and 30 more files below 100 %" in shown
    assert shown[-1] == "  and 5 more such lines: --coverage-report markdown=PATH has all"
    assert shown[1].startswith("  f2.py")  # the file that lacks most


def test_markdown_has_all() -> None:
    text = markdown(summary(files=60, found=15))
    assert "| f59.py | 10 | 2 | 80 % | 7 |" in text
    assert "| **total** | 20 | 1 | 95 % |  |" in text
    assert "- `f0.py:14` runs only with py38" in text
