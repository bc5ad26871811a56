"""Commands that take long are told of, ever less often."""

from __future__ import annotations

from runner.model.events import Body, Notice, StepFinished, StepStarted
from runner.model.results import Exited, StepResult
from runner.run.slow import Slow


def begin(cell: str = "tests", *argv: str) -> Body:
    return StepStarted(cell=cell, attempt=1, phase="command", argv=argv or ("pytest", "-x"))


def end(cell: str = "tests") -> Body:
    result = StepResult(phase="command", attempt=1, argv=("pytest",), exit=Exited(0), ok=True, duration=1.0)
    return StepFinished(cell=cell, result=result)


def told(slow: Slow, now: float) -> list[str]:
    notices = list(slow.due(now))
    assert all(isinstance(notice, Notice) and notice.level == "info" for notice in notices)
    return [f"{notice.cell}: {notice.message}" for notice in notices]


def test_a_command_is_told_of_when_it_is_slow_and_when_it_took_twice_as_long() -> None:
    slow = Slow({"tests": 60.0})
    slow.heed(begin(), 100.0)
    told_at = {now: told(slow, float(now)) for now in range(100, 400)}
    assert {now: lines for now, lines in told_at.items() if lines} == {
        160: ["tests: `pytest -x` has been running for 1m"],
        220: ["tests: `pytest -x` has been running for 2m"],
        340: ["tests: `pytest -x` has been running for 4m"],
    }


def test_what_was_missed_is_told_once() -> None:
    slow = Slow({"tests": 60.0})
    slow.heed(begin(), 0.0)
    assert told(slow, 3600.0) == ["tests: `pytest -x` has been running for 32m"]
    assert told(slow, 3601.0) == []


def test_a_command_that_ended_and_a_step_of_ours_are_not_told_of() -> None:
    slow = Slow({"tests": 60.0})
    slow.heed(begin(), 0.0)
    slow.heed(end(), 59.0)
    slow.heed(StepStarted(cell="tests", attempt=1, phase="install"), 60.0)
    assert told(slow, 3600.0) == []


def test_each_cell_has_its_own_time_and_zero_is_never() -> None:
    slow = Slow({"a": 10.0, "b": 20.0, "never": 0.0})
    for cell in ("a", "b", "never"):
        slow.heed(begin(cell), 0.0)
    assert told(slow, 10.0) == ["a: `pytest -x` has been running for 10s"]
    assert len(told(slow, 20.0)) == 2


def test_the_next_command_of_a_cell_begins_anew() -> None:
    slow = Slow({"tests": 60.0})
    slow.heed(begin(), 0.0)
    assert told(slow, 60.0)
    slow.heed(end(), 70.0)
    slow.heed(begin("tests", "mypy"), 70.0)
    assert told(slow, 129.0) == []
    assert told(slow, 130.0) == ["tests: `mypy` has been running for 1m"]


def test_a_collector_that_is_slow_is_told_of_by_the_plugins_that_it_may_be_of() -> None:
    slow = Slow({"tests": 60.0})
    slow.heed(StepStarted(cell="tests", attempt=1, phase="collect", detail="junit, tap"), 0.0)
    assert told(slow, 60.0) == ["tests: a collector (junit, tap) has been running for 1m"]
