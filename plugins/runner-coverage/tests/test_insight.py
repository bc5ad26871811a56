"""Which cells reach a line, in words."""

import pytest

from runner_coverage.insight import Insight, Reach, insights, ranges, words_for

MATRIX = {
    f"tests-py{python}-{db}": {"session": "tests", "python": f"py{python}", "db": db}
    for python in ("38", "312", "313")
    for db in ("sqlite", "postgres")
}
EVERYONE = frozenset(MATRIX)


def having(*words: str) -> frozenset[str]:
    return frozenset(cell for cell in MATRIX if all(word in cell.split("-") for word in words))


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (having("py313"), "only with py313"),
        (having("postgres"), "only with postgres"),
        (having("py313", "postgres"), "only with py313 and postgres"),
        (EVERYONE - having("py38"), "everywhere but with py38"),
        (
            having("py313", "postgres") | having("py38", "sqlite"),
            "only in tests-py313-postgres, tests-py38-sqlite",
        ),
        (
            EVERYONE - having("py38", "sqlite"),
            "only in tests-py312-postgres, tests-py312-sqlite, tests-py313-postgres and 2 more cells",
        ),
    ],
)
def test_cells_are_named_by_what_they_alone_have_in_common(some: frozenset[str], words: str) -> None:
    assert words_for(some, EVERYONE, MATRIX) == words


def test_several_labels_of_one_axis_are_named_when_the_rest_is_no_shorter() -> None:
    pythons = {
        f"t-py{digits}": {"session": "t", "python": f"py{digits}"} for digits in ("38", "39", "312", "313")
    }
    assert (
        words_for(frozenset({"t-py312", "t-py313"}), frozenset(pythons), pythons)
        == "only with py312 or py313"
    )


def test_a_session_is_named_like_a_factor() -> None:
    cells = {**MATRIX, "slow": {"session": "slow"}}
    assert words_for(frozenset({"slow"}), frozenset(cells), cells) == "only with slow"


def test_only_cells_that_ran_the_file_are_compared() -> None:
    reach = Reach("a.py", (1, 2), {1: having("postgres"), 2: having("postgres", "py38")})
    (found,) = insights([reach], MATRIX)
    assert (found.lines, found.words) == ("2", "runs only with py38")


def test_lines_with_the_same_cells_are_one_insight_and_lines_that_all_or_none_reach_are_none() -> None:
    new = having("py313")
    cells = {1: EVERYONE, 3: new, 5: new, 9: new, 12: having("py38")}
    found = insights([Reach("src/a.py", (1, 3, 5, 7, 9, 11, 12), cells)], MATRIX)
    assert found == (
        Insight(
            file="src/a.py",
            lines="3-5, 9",
            count=3,
            words="run only with py313",
            cells=("tests-py313-postgres", "tests-py313-sqlite"),
        ),
        Insight(
            file="src/a.py",
            lines="12",
            count=1,
            words="runs only with py38",
            cells=("tests-py38-postgres", "tests-py38-sqlite"),
        ),
    )
    assert str(found[0]) == "src/a.py:3-5, 9 run only with py313"


def test_a_range_goes_on_over_lines_that_are_no_statements() -> None:
    assert ranges([2, 5, 6, 9], (1, 2, 5, 6, 7, 9)) == "2-6, 9"
    assert ranges([], (1, 2)) == ""
