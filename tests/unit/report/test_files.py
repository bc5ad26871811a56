"""The files of a run: events, the JSON result, JUnit XML."""

import io
import json
import os
import stat
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from runner.model.errors import ExitCode, UsageError
from runner.model.events import (
    Body,
    CellFinished,
    Event,
    Notice,
    PlannedCell,
    RunFinished,
    RunStarted,
    decode_event,
)
from runner.model.plugins import Reporter
from runner.model.results import (
    Attempt,
    CellResult,
    Exit,
    Exited,
    Installed,
    NotStarted,
    RunResult,
    Signalled,
    StepResult,
    TestResult,
    TimedOut,
)
from runner.report import EventsReporter, EventsToStream, JsonReporter, JUnitReporter, result_json, target
from runner.report.junit import junit_xml
from runner.report.target import Unwritten
from runner.results import Fold

KINDS: dict[str, Callable[[Path], Reporter]] = {
    "events": EventsReporter,
    "json": lambda path: JsonReporter(path, Fold),
    "junit": lambda path: JUnitReporter(path, Fold),
}
WHOLE = ["json", "junit"]


def _step(exit_: Exit, *, attempt: int = 1, ok: bool = False) -> StepResult:
    return StepResult(
        phase="command", attempt=attempt, argv=("pytest",), exit=exit_, ok=ok, duration=1.0, reason="no"
    )


def _test(id_: str, outcome: str = "passed", message: str = "") -> TestResult:
    kind = {"passed": "passed", "failed": "failed", "error": "error"}[outcome]
    return TestResult(id=id_, outcome=kind, duration=0.25, message=message)  # type: ignore[arg-type] # one of three


def _attempt(*tests: TestResult, number: int = 1, outcome: str = "passed") -> Attempt:
    return Attempt(number=number, outcome=outcome, duration=1.0, tests=tests)  # type: ignore[arg-type] # an outcome


def _cell(id_: str = "tests-py311", outcome: str = "passed", **settings: object) -> CellResult:
    values: dict[str, object] = {"session": "tests", "axes": {"python": "3.11"}, "duration": 1.5, **settings}
    return CellResult(id=id_, outcome=outcome, **values)  # type: ignore[arg-type] # a cell's fields


def _run(*cells: CellResult) -> RunResult:
    return RunResult(id="r1", outcome="failed", exit_code=1, started=0.0, duration=2.0, cells=cells)


def _events(*cells: CellResult) -> list[Event]:
    planned = tuple(PlannedCell(cell.id, cell.session, cell.axes) for cell in cells)
    bodies: list[Body] = [RunStarted(version="1", root="/p", folder="/p/r", jobs=1, cells=planned)]
    bodies += [CellFinished(result=cell) for cell in cells]
    bodies.append(RunFinished(outcome="passed", exit_code=0, duration=1.0))
    return [Event("r1", number, 100.0, body) for number, body in enumerate(bodies, 1)]


def _tell(reporter: Reporter, events: Iterable[Event]) -> None:
    for event in events:
        reporter.handle(event)
    reporter.close()


# where they are written


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_cannot_be_written_is_a_usage_error_before_anything_ran(
    tmp_path: Path, kind: str
) -> None:
    for path in (tmp_path / "no" / "such" / "file", tmp_path):
        with pytest.raises(UsageError) as caught:
            KINDS[kind](path)
        assert caught.value.exit_code == ExitCode.USAGE
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_result_appears_whole_at_the_end_and_until_then_the_old_one_stays(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    reporter = KINDS[kind](path)
    for event in _events(_cell()):
        reporter.handle(event)
        assert path.read_text() == "old"
    reporter.close()
    assert "tests-py311" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("kind", WHOLE)
def test_without_a_run_nothing_is_written(tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path / "report").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", WHOLE)
def test_a_link_stays_a_link(tmp_path: Path, kind: str) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch()
    link.symlink_to(target)
    _tell(KINDS[kind](link), _events(_cell()))
    assert link.is_symlink()
    assert target.stat().st_size > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_of_this_process_is_written_to_and_never_replaced(tmp_path: Path, kind: str) -> None:
    output = tmp_path / "redirected"
    with output.open("wb+") as stream:
        stream.write(b"before\n")
        stream.flush()
        _tell(KINDS[kind](Path(f"/dev/fd/{stream.fileno()}")), _events(_cell()))
        assert os.fstat(stream.fileno()).st_ino == output.stat().st_ino
    content = output.read_bytes()
    assert content.startswith(b"before\n")
    assert b"tests-py311" in content
    assert list(tmp_path.iterdir()) == [output]


# events


def test_events_are_there_line_by_line_as_they_happen_and_read_back(tmp_path: Path) -> None:
    path, stream = tmp_path / "events", io.StringIO()
    to_path, to_stream = EventsReporter(path), EventsToStream(stream)
    events = _events(_cell(attempts=(_attempt(_test("é")),)))
    for number, event in enumerate(events, 1):
        to_path.handle(event)
        to_stream.handle(event)
        assert [decode_event(line) for line in path.read_text("utf-8").splitlines()] == events[:number]
    to_path.close()
    to_stream.close()
    assert stream.getvalue() == path.read_text("utf-8")


def test_arguments_that_are_no_text_do_not_stop_the_events() -> None:
    stream = io.StringIO()
    EventsToStream(stream).handle(Event("r", 1, 0.0, Notice(level="info", message="caf\udce9")))
    assert json.loads(stream.getvalue())["body"]["message"] == "caf\\udce9"


# JSON


def test_the_json_result_has_exactly_the_documented_form() -> None:
    earlier = Attempt(
        number=1, outcome="failed", duration=1.0, steps=(_step(Exited(1)),), tests=(_test("x", "failed"),)
    )
    test = TestResult(id="t::x", outcome="passed", duration=0.5, file="t.py", line=3)
    last = Attempt(
        number=2, outcome="passed", duration=1.0, steps=(_step(Exited(0), attempt=2, ok=True),), tests=(test,)
    )
    cell = _cell(
        flaky=True,
        python="3.11.9",
        packages=(Installed("pytest", "8.0"),),
        attempts=(earlier, last),
        log="/l",
    )
    steps = [
        {"phase": "command", "attempt": at, "argv": ["pytest"], "exit": code, "reason": "no", "duration": 1.0}
        for at, code in ((1, 1), (2, 0))
    ]
    assert json.loads(result_json(_run(cell))) == {
        "run": {"id": "r1", "outcome": "failed", "exit_code": 1, "duration": 2.0},
        "cells": [
            {
                "id": "tests-py311",
                "session": "tests",
                "axes": {"python": "3.11"},
                "outcome": "passed",
                "flaky": True,
                "allowed": False,
                "cached": False,
                "reason": "",
                "duration": 1.5,
                "python": "3.11.9",
                "packages": [{"name": "pytest", "version": "8.0"}],
                "steps": steps,
                "tests": [
                    {
                        "id": "t::x",
                        "file": "t.py",
                        "line": 3,
                        "outcome": "passed",
                        "duration": 0.5,
                        "message": "",
                    }
                ],
                "log": "/l",
            }
        ],
    }


@pytest.mark.parametrize(
    ("exit_", "number"),
    [(Exited(3), 3), (Signalled(9), -9), (TimedOut(10.0), None), (NotStarted("no"), None)],
)
def test_an_exit_is_its_code_a_negative_signal_or_null(exit_: Exit, number: int | None) -> None:
    attempt = Attempt(number=1, outcome="failed", duration=1.0, steps=(_step(exit_),))
    document = json.loads(result_json(_run(_cell(attempts=(attempt,)))))
    assert document["cells"][0]["steps"][0]["exit"] == number


def test_a_cell_that_never_ran_has_empty_lists_and_nulls() -> None:
    cell = json.loads(result_json(_run(_cell(outcome="skipped"))))["cells"][0]
    assert [cell[name] for name in ("python", "log", "steps", "tests", "packages")] == [
        None,
        None,
        [],
        [],
        [],
    ]


def test_equal_results_give_equal_bytes() -> None:
    one, other = _cell(axes={"python": "3.11", "db": "x"}), _cell(axes={"db": "x", "python": "3.11"})
    assert result_json(_run(one)) == result_json(_run(other))


# JUnit


def _suites(*cells: CellResult) -> list[ET.Element]:
    return list(ET.fromstring(junit_xml(_run(*cells))))  # noqa: S314 - we wrote it


def _properties(suite: ET.Element) -> dict[str, str]:
    return {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}


def test_each_cell_is_a_suite_with_its_axes_and_tests() -> None:
    tests = (_test("tests/test_x.py::TestC::test_m[a::b]"), _test("t::y", "failed", "boom\n  more"))
    (suite,) = _suites(
        _cell(outcome="failed", python="3.11.9", attempts=(_attempt(*tests, outcome="failed"),))
    )
    assert {**suite.attrib} == {
        "name": "tests-py311",
        "tests": "2",
        "failures": "1",
        "errors": "0",
        "skipped": "0",
        "time": "1.500",
    }
    assert _properties(suite) == {
        "session": "tests",
        "outcome": "failed",
        "python": "3.11.9",
        "axis.python": "3.11",
    }
    first, second = suite.iter("testcase")
    assert (first.attrib["classname"], first.attrib["name"]) == (
        "tests-py311.tests.test_x.TestC",
        "test_m[a::b]",
    )
    failure = second.find("failure")
    assert failure is not None
    assert (failure.attrib["message"], failure.text) == ("boom", "boom\n  more")


def test_a_cell_without_tests_is_a_test_itself() -> None:
    passed, skipped, cancelled = _suites(
        _cell("lint"), _cell("a", "skipped", reason="no 3.9"), _cell("b", "cancelled", reason="stopped")
    )
    (case,) = passed.iter("testcase")
    assert (case.attrib["name"], list(case)) == ("lint", [])
    assert [each.attrib["message"] for each in (*skipped.iter("skipped"), *cancelled.iter("skipped"))] == [
        "no 3.9",
        "cancelled: stopped",
    ]


def test_a_failure_outside_of_the_tests_shows_up_with_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(1000)) + "\x1b[31mboom\x1b[0m\x00\n")
    attempts = (_attempt(_test("t::x"), outcome="failed"),)
    (suite,) = _suites(
        _cell(outcome="failed", reason="teardown: `rm` failed", attempts=attempts, log=str(log))
    )
    passed, failed = suite.iter("testcase")
    assert passed.attrib["name"] == "x"
    (failure,) = failed
    assert failure.tag == "failure"
    assert failure.attrib["message"] == "teardown: `rm` failed"
    assert failure.text is not None
    assert "boom" in failure.text
    assert "line 999\n" in failure.text
    assert "line 800\n" not in failure.text
    assert "\x1b" not in failure.text


def test_an_allowed_failure_is_none_to_ci() -> None:
    (suite,) = _suites(
        _cell(
            outcome="failed",
            allowed=True,
            attempts=(_attempt(_test("t::x", "failed", "boom"), outcome="failed"),),
        )
    )
    assert suite.attrib["failures"] == "0"
    assert [each.attrib["message"] for each in suite.iter("skipped")] == ["allowed to fail: boom"]
    assert _properties(suite)["allowed"] == "true"


def test_a_flaky_test_keeps_what_it_said_when_it_failed() -> None:
    attempts = (
        _attempt(_test("t::x", "failed", "boom"), _test("t::y"), outcome="failed"),
        _attempt(_test("t::x"), _test("t::y"), number=2),
    )
    (suite,) = _suites(_cell(flaky=True, attempts=attempts))
    assert [each.attrib["message"] for each in suite.iter("flakyFailure")] == ["boom"]
    assert suite.attrib["failures"] == "0"
    assert _properties(suite)["flaky"] == "true"


def test_text_that_xml_cannot_hold_is_replaced_and_the_rest_survives() -> None:
    hostile = "<a b='c' d=\"e\">&amp; ]]> \x00\x1b\ud800\ufffe é\n\ttab"
    (suite,) = _suites(
        _cell(outcome="failed", attempts=(_attempt(_test(hostile, "failed", hostile), outcome="failed"),))
    )
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == "<a b='c' d=\"e\">&amp; ]]> \ufffd\ufffd\ufffd\ufffd é\n\ttab"
    assert suite.find("testcase").attrib["name"] == failure.text  # type: ignore[union-attr] # it was found above


# pipes and files that go away


@pytest.mark.parametrize("kind", KINDS)
def test_a_named_pipe_that_nobody_reads_is_a_usage_error(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "READER_WITHIN", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="nobody reads this pipe\n    start what reads it before runner"):
        KINDS[kind](tmp_path / "pipe")


@pytest.mark.parametrize("kind", KINDS)
def test_a_named_pipe_gets_everything(tmp_path: Path, kind: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    _tell(KINDS[kind](pipe), _events(*(_cell(f"tests-{n}") for n in range(2000))))
    reader.join(30)
    assert len(read[0]) > 1 << 16
    assert "tests-1999" in read[0]
    assert pipe.is_fifo()


@pytest.mark.parametrize("kind", WHOLE)
def test_until_the_end_nothing_lies_beside_the_result(tmp_path: Path, kind: str) -> None:
    reporter = KINDS[kind](tmp_path / "report")
    reporter.handle(_events(_cell())[0])
    assert list(tmp_path.iterdir()) == []
    reporter.close()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_result_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    reporter = KINDS[kind](folder / "report")
    reporter.handle(_events(_cell())[0])
    (folder / "report").mkdir()
    with pytest.raises(Unwritten, match=f"^{folder}/report could not be written: Is a directory$"):
        reporter.close()
    assert list(folder.iterdir()) == [folder / "report"]


def test_events_whose_file_was_removed_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "events"
    reporter = EventsReporter(path)
    reporter.handle(_events(_cell())[0])
    path.unlink()
    with pytest.raises(Unwritten, match="was removed while the run wrote its events there"):
        reporter.close()
