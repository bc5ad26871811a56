"""What people read while cells run and when one failed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from runner.model.events import AttemptStarted, CellFinished, Interrupted, Notice, StepFinished, StepStarted
from runner.model.results import Exited, StepResult

if TYPE_CHECKING:
    from tests.unit.report.conftest import Story

NewStory = Callable[..., "Story"]

PYTEST = "$ pytest -q\nF\nFAILED tests/test_a.py::test_x - boom\n`pytest -q` exited with code 1\n"


def test_a_passed_cell_is_one_line(story: "Story") -> None:
    story.start("tests-py311", "lint", jobs=2)
    story.finish_cells(story.cell("lint"))
    assert story.lines == ["2 cells, 2 jobs", "passed     lint           1.2s"]


def test_a_failed_cell_shows_its_output_then_the_cause_then_where_to_look(story: "Story") -> None:
    story.start("a", "b", jobs=2)
    story.start_cell("a")
    story.finish_cells(story.cell("a", "failed", output=PYTEST, environment="/p/.runner/envs/a"))
    _, opening, *output, closing, cell, log, environment = story.lines
    assert opening.startswith("----- output of a ---")
    assert output == ["$ pytest -q", "F", "FAILED tests/test_a.py::test_x - boom"]
    assert closing.startswith("----- end of a ---")
    assert cell == "failed     a    1.2s  `pytest -q` exited with code 1"
    assert log == f"  log: {story.log('a')}"
    assert environment == "  environment: /p/.runner/envs/a"


def test_nothing_is_said_twice(story: "Story") -> None:
    story.start("a", "b")
    tests = (
        story.failed_test("tests/test_a.py::test_x"),
        story.failed_test("tests/test_b.py::test_y", "bang\n.."),
    )
    story.finish_cells(story.cell("a", "failed", output=PYTEST, tests=tests))
    assert story.shown.count("exited with code 1") == 1
    assert story.shown.count("tests/test_a.py::test_x") == 1
    assert "  failed tests/test_b.py::test_y: bang\n" in story.shown


def test_many_failing_tests_that_the_output_does_not_name_are_counted(story: "Story") -> None:
    story.start("a", "b")
    tests = tuple(story.failed_test(f"t::{number}") for number in range(14))
    story.finish_cells(story.cell("a", "failed", output="F" * 14, tests=tests))
    assert "  failed t::9: boom\n  and 4 more\n" in story.shown


def test_the_failed_command_is_repeated_when_the_reason_does_not_name_it(story: "Story") -> None:
    story.start("a", "b")
    story.finish_cells(story.cell("a", "failed", reason="the project was not to fail"))
    assert "  command: `pytest -q` exited with code 1\n" in story.shown


def test_a_very_long_output_is_cut_at_its_beginning_and_says_so(story: "Story") -> None:
    story.start("a", "b")
    output = "".join(f"line {number}\n" for number in range(1000))
    story.finish_cells(story.cell("a", "failed", output=output))
    assert f"[600 lines left out, see {story.log('a')}]" in story.lines
    assert "line 599" not in story.lines
    assert {"line 600", "line 999"} <= set(story.lines)


def test_a_silent_failure_has_no_empty_block(story: "Story") -> None:
    story.start("a", "b")
    story.finish_cells(story.cell("a", "failed", output="`pytest -q` exited with code 1\n"))
    assert "-----" not in story.shown


def test_a_live_cell_is_shown_as_it_runs_and_whole_before_its_line(story: "Story") -> None:
    story.start("a", live=True)
    log = story.start_cell("a")
    log.write_text("$ pytest -q\n.")
    story.reporter.tick()
    assert story.lines == ["1 cell", "$ pytest -q", "."]
    with log.open("a") as stream:
        stream.write("..")
    story.finish_cells(story.cell("a", "failed", tests=(story.failed_test("t::x"),)))
    assert story.lines[2:4] == [
        "...",
        "failed     a    1.2s  python 3.11.9  1 failed  `pytest -q` exited with code 1",
    ]
    assert "output of" not in story.shown


def test_live_cells_one_at_a_time_have_a_heading(story: "Story") -> None:
    story.start("a", "b", live=True)
    story.start_cell("a").write_text("hello\n")
    story.finish_cells(story.cell("a"))
    assert story.lines[1].startswith("----- a ---")
    assert story.lines[2:] == ["hello", "passed     a    1.2s"]


def test_live_cells_side_by_side_have_prefixes(story: "Story") -> None:
    story.start("a", "b", jobs=2, live=True)
    first, second = story.start_cell("a"), story.start_cell("b")
    first.write_text("1\n")
    second.write_text("2\n3")
    story.reporter.tick()
    assert story.lines[1:] == ["a | 1", "b | 2"]
    story.finish_cells(story.cell("b"))
    assert story.lines[3:] == ["b | 3", "passed     b    1.2s"]


def test_a_notice_does_not_land_in_the_middle_of_a_line(story: "Story") -> None:
    story.start("a", live=True)
    story.start_cell("a").write_text("working")
    story.tell(Notice(level="info", message="another runner waits"))
    assert story.lines[1:] == ["working", "note: another runner waits"]


def test_in_passthrough_nothing_is_copied(story: "Story") -> None:
    story.start("a", passthrough=True)
    story.start_cell("a").write_text("the terminal had this\n")
    story.reporter.tick()
    story.finish_cells(story.cell("a", "failed"))
    assert "the terminal had this" not in story.shown


def test_flags_are_told(story: "Story") -> None:
    story.start("a", "b", "c")
    attempts = story.cell("a").attempts
    story.finish_cells(
        story.cell("a", flaky=True, attempts=(*attempts, *attempts)),
        story.cell("b", "failed", allowed=True),
        story.cell("c", cached=True),
    )
    assert story.lines[1].endswith("flaky: passed on attempt 2")
    assert story.lines[2].endswith("allowed to fail, `pytest -q` exited with code 1")
    assert story.lines[-1].endswith("cached")


def test_warnings_of_a_cell_and_of_the_run_are_shown_once(story: "Story") -> None:
    story.start("a", "b")
    story.tell(Notice(level="warning", message="the disk is nearly full"))
    story.tell(Notice(level="warning", message="left over: sleep", cell="a"))
    story.finish_cells(story.cell("a", warnings=("left over: sleep", "junit is empty")))
    assert story.lines[1:] == [
        "warning: the disk is nearly full",
        "warning: a: left over: sleep",
        "passed     a    1.2s",
        "  warning: junit is empty",
    ]


def test_verbose_shows_phases_and_their_time(new_story: NewStory) -> None:
    story = new_story(verbose=1)
    story.start("a", "b", jobs=2, live=True)
    done = StepResult(phase="lock", attempt=1, argv=(), exit=Exited(0), ok=True, duration=0.12)
    story.tell(
        AttemptStarted(cell="a", attempt=2, of=3),
        StepStarted(cell="a", attempt=2, phase="lock", detail="12 packages"),
        StepFinished(cell="a", result=done),
    )
    assert story.lines[1:] == ["a: attempt 2 of 3", "a: lock 0.1s: 12 packages"]


def test_quiet_is_about_failures_only(new_story: NewStory) -> None:
    story = new_story(quiet=True)
    story.start("a", "b", live=True)
    story.start_cell("a").write_text("hello\n")
    story.tell(Notice(level="warning", message="careful"), AttemptStarted(cell="a", attempt=2, of=2))
    story.finish_cells(story.cell("a", warnings=("hm",)), story.cell("b", "failed", allowed=True))
    story.finish()
    assert story.shown == ""


def test_quiet_shows_a_failure_whole(new_story: NewStory) -> None:
    story = new_story(quiet=True)
    story.start("a", "b", live=True)
    story.start_cell("a")
    story.finish_cells(story.cell("b"), story.cell("a", "failed", output=PYTEST))
    story.finish("failed", 1)
    assert "FAILED tests/test_a.py::test_x - boom" in story.lines
    assert not any(line.startswith(("passed", "b ")) for line in story.lines)
    assert "2 cells: 1 passed, 1 failed in 8.1s" in story.lines


def test_interruptions_are_shown(story: "Story") -> None:
    story.start("a")
    story.tell(Interrupted(signal="INT"), Interrupted(signal="INT", again=True))
    assert story.lines[1:] == [
        "interrupted (INT): stopping the running cells; once more kills them",
        "interrupted again (INT): killing what still runs",
    ]


def test_cells_that_never_ran_wait_for_the_table(story: "Story") -> None:
    story.start("a", "b")
    story.start_cell("a")
    cancelled = (story.cell(id_, "cancelled", attempts=(), reason="stopped") for id_ in ("a", "b"))
    story.finish_cells(*cancelled)
    assert [line.split()[1] for line in story.lines[1:]] == ["a"]


def test_hostile_names_and_reasons_are_made_visible(story: "Story") -> None:
    story.start("a\x1b[2J", "b")
    story.finish_cells(story.cell("a\x1b[2J", "skipped", reason="\x1b]0;owned\x07", log=None))
    story.finish("skipped", 3, lines=("\x1b[1A",))
    assert "\x1b" not in story.shown
    assert "\x07" not in story.shown
    assert "a\\x1b[2J" in story.shown


def test_colours_are_there_only_when_asked_for(story: "Story", new_story: NewStory) -> None:
    for told in (story, new_story(colour=True)):
        told.start("a", "b")
        told.finish_cells(told.cell("a"), told.cell("b", "failed", output="\x1b[31mE\x1b[0m\x1b[2J\n"))
        told.finish("failed", 1)
        painted = told is not story
        assert ("\x1b[32mpassed" in told.shown) == painted
        assert ("\x1b[31mE" in told.shown) == painted
        assert ("\x1b" in told.shown) == painted
        assert "\x1b[2J" not in told.shown


def test_a_run_without_an_end_still_shows_what_its_cells_wrote(story: "Story") -> None:
    story.start("a", live=True)
    story.start_cell("a").write_text("last words")
    story.reporter.close()
    assert story.lines[-1] == "last words"


def test_a_cell_that_nobody_planned_is_no_error(story: "Story") -> None:
    story.tell(CellFinished(result=story.cell("a")))
    story.finish()
    assert "1 cell: 1 passed in 8.1s" in story.lines
