"""The end of a run: the table, the totals and what to do next."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from runner.model.results import CellResult, TestResult

if TYPE_CHECKING:
    from tests.unit.report.conftest import Story

NewStory = Callable[..., "Story"]


def _table(story: "Story") -> list[str]:
    """The lines between the last cell's and the next blank one."""
    first = story.lines.index("") + 1
    return story.lines[first : story.lines.index("", first)]


def test_the_worst_comes_last_whatever_ended_first(story: "Story") -> None:
    story.start("a", "b", "c", "d", "e", "f", "g")
    story.finish_cells(
        story.cell("a", "failed"),
        story.cell("b", "error", reason="no wheel"),
        story.cell("c", "failed", allowed=True),
        story.cell("d", "cancelled", reason="stopped"),
        story.cell("e", "skipped", reason="no 3.9", attempts=(), duration=0.0, python=None),
        story.cell("g", flaky=True),
        story.cell("f"),
    )
    story.finish("failed", 1)
    assert [line.split()[:2] for line in _table(story)] == [
        ["f", "passed"],
        ["g", "passed"],
        ["e", "skipped"],
        ["d", "cancelled"],
        ["c", "failed"],
        ["b", "error"],
        ["a", "failed"],
    ]


def test_columns_line_up_and_empty_ones_are_left_out(story: "Story") -> None:
    story.start("long-name", "b")
    tests = (TestResult(id="x", outcome="passed", duration=0.1), story.failed_test("y"))
    story.finish_cells(
        story.cell("long-name", tests=tests[:1], duration=100.0),
        story.cell("b", "failed", tests=tests, python=None),
    )
    story.finish("failed", 1)
    assert _table(story) == [
        "long-name  passed     3.11.9  1 passed            1m40s",
        "b          failed             1 passed, 1 failed   1.2s  `pytest -q` exited with code 1",
    ]


def test_a_run_of_one_cell_needs_no_table(story: "Story") -> None:
    story.start("a")
    story.finish_cells(story.cell("a"))
    story.finish()
    assert story.lines[1:] == ["passed     a    1.2s  python 3.11.9", "1 cell: 1 passed in 8.1s"]


def test_totals_count_outcomes_with_their_flags(story: "Story") -> None:
    story.start("a", "b", "c", "d")
    story.finish_cells(
        story.cell("a"),
        story.cell("b", flaky=True),
        story.cell("c", "failed", allowed=True),
        story.cell("d", "skipped"),
    )
    story.finish()
    assert story.lines[-1] == "4 cells: 2 passed (1 flaky), 1 failed (1 allowed), 1 skipped in 8.1s"


def test_lines_of_plugins_follow_the_totals_and_the_next_step_is_last(story: "Story") -> None:
    story.start("a", "b", "c d")
    story.finish_cells(story.cell("a"), story.cell("b", "error"), story.cell("c d", "failed"))
    story.finish("failed", 1, lines=("coverage: 93 %",))
    totals, coverage, hint = story.lines[-3:]
    assert totals.startswith("3 cells: ")
    assert coverage == "coverage: 93 %"
    assert hint == "to run them again: runner -e 'b,c d'"


def test_of_many_failed_cells_the_next_step_names_one(story: "Story") -> None:
    story.start(*"abcde")
    story.finish_cells(*(story.cell(id_, "failed") for id_ in "abcde"))
    story.finish("failed", 1)
    assert story.lines[-1] == "to run one again: runner -e e"


def test_the_next_step_names_what_else_finds_the_cell(new_story: "NewStory") -> None:
    story = new_story(rerun=("-c", "the other.toml", "-p", "3.15"))
    story.start("a", "b")
    story.finish_cells(story.cell("a"), story.cell("b", "failed"))
    story.finish("failed", 1)
    assert story.lines[-1] == "to run it again: runner -c 'the other.toml' -p 3.15 -e b"


def test_quiet_says_of_one_failure_once_what_it_was(new_story: "NewStory") -> None:
    story = new_story(quiet=True)
    story.start("a", "b")
    story.finish_cells(story.cell("a"), story.cell("b", "failed"))
    story.finish("failed", 1)
    assert story.shown.count("`pytest -q` exited with code 1") == 1


def test_an_allowed_failure_asks_for_nothing(story: "Story") -> None:
    story.start("a", "b")
    story.finish_cells(story.cell("a"), story.cell("b", "failed", allowed=True))
    story.finish()
    assert "again" not in story.shown


def test_each_failing_test_is_listed_once_the_most_widespread_last(story: "Story") -> None:
    story.start("a", "b", "c")
    everywhere, once = story.failed_test("t::everywhere", "assert 1\nmore"), story.failed_test("t::once", "")
    story.finish_cells(
        story.cell("a", "failed", tests=(everywhere, once)),
        story.cell("b", "failed", tests=(everywhere,)),
        story.cell("c", "failed", tests=(story.failed_test("t::allowed"),), allowed=True),
    )
    story.finish("failed", 1)
    end = story.lines[-5:]
    assert end[:2] == ["t::once fails in 1 of 3 cells", "t::everywhere fails in 2 of 3 cells: assert 1"]


def test_a_thousand_passed_cells_are_one_row(story: "Story") -> None:
    ids = [f"cell-{number}" for number in range(1000)]
    story.start(*ids, "bad")
    story.finish_cells(*map(story.cell, ids), story.cell("bad", "failed"))
    story.finish("failed", 1)
    assert [line.split()[:3] for line in _table(story)] == [
        ["1000", "cells", "passed"],
        ["bad", "failed", "3.11.9"],
    ]


def test_many_cells_skipped_for_one_reason_are_one_row(story: "Story") -> None:
    ids = [f"cell-{number}" for number in range(6)]
    story.start(*ids, "other")

    def skipped(id_: str, reason: str) -> CellResult:
        return story.cell(id_, "skipped", reason=reason, attempts=(), duration=0.0, python=None)

    story.finish_cells(*(skipped(id_, "no Python 3.9") for id_ in ids), skipped("other", "not on linux"))
    story.finish("skipped", 3)
    assert _table(story) == ["6 cells  skipped    no Python 3.9", "other    skipped    not on linux"]
    assert story.lines[-1] == "nothing was tested: every cell was skipped (exit code 3)"


@pytest.mark.parametrize("tty", [True, False])
def test_long_reasons_are_cut_on_a_terminal_and_never_in_a_pipe(
    new_story: NewStory, monkeypatch: pytest.MonkeyPatch, *, tty: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    story = new_story(tty=tty)
    story.start("a", "b")
    story.finish_cells(story.cell("a"), story.cell("b", "error", reason="because " * 30))
    story.finish("error", 4)
    row = _table(story)[-1]
    assert (len(row) == 60) == tty
    assert row.endswith("...") == tty
