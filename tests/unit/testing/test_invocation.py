"""What a failing assertion of the harness tells."""

from pathlib import Path

import msgspec
import pytest

from runner.testing import Invocation, ShownCell
from runner.testing.invocation import Result, ShownRun, read_events, read_result


def cell(id_: str, outcome: str, reason: str = "") -> ShownCell:
    return ShownCell(
        id=id_,
        session=id_,
        axes={},
        outcome=outcome,
        flaky=False,
        allowed=False,
        cached=False,
        reason=reason,
        duration=0.0,
        python=None,
        packages=(),
        steps=(),
        tests=(),
        log=None,
    )


def invocation(*cells: ShownCell, stderr: str = "") -> Invocation:
    result = Result(ShownRun("r", "passed", 0, 0.0), cells) if cells else None
    return Invocation(argv=("-e", "a"), exit_code=1, stdout="out", stderr=stderr, result=result)


def test_matching_cells_are_chained() -> None:
    ran = invocation(cell("a", "passed"), cell("b", "failed"))
    assert ran.assert_cells({"b": "failed", "a": "passed"}) is ran


def test_other_outcomes_are_told_as_a_diff_with_reasons_and_streams() -> None:
    with pytest.raises(AssertionError) as raised:
        invocation(cell("a", "failed", "exit code 3")).assert_cells({"a": "passed", "b": "passed"})
    lines = str(raised.value).splitlines()
    assert "-a: passed" in lines
    assert "-b: passed" in lines
    assert "+a: failed" in lines
    assert "a: exit code 3" in lines
    assert "out" in lines


def test_an_exit_code_is_told_with_the_command_line() -> None:
    with pytest.raises(AssertionError, match=r"exit code 1, expected 0(.|\n)*\$ runner -e a"):
        invocation().assert_exit(0)


def test_a_traceback_is_never_what_was_expected() -> None:
    with pytest.raises(AssertionError, match="traceback"):
        invocation(stderr="Traceback (most recent call last):\n").assert_exit(1)


def test_what_was_said_is_looked_for_in_both_streams_with_blanks_folded() -> None:
    ran = invocation(stderr="one\n   two")
    ran.assert_said("out", "one two")
    with pytest.raises(AssertionError, match="not said: 'three'"):
        ran.assert_said("three", "one")


def test_a_cell_that_is_not_there_is_named_with_the_others() -> None:
    with pytest.raises(AssertionError, match="no cell 'c' among a, b"):
        invocation(cell("a", "passed"), cell("b", "passed")).cell("c")


def test_without_a_run_there_are_no_cells() -> None:
    with pytest.raises(AssertionError, match="no run took place"):
        invocation().assert_cells({})


def test_files_of_no_run_are_no_result_and_no_events(tmp_path: Path) -> None:
    assert read_result(tmp_path / "missing.json") is None
    assert read_events(tmp_path / "missing.jsonl") == ()


def test_a_result_of_another_shape_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text('{"run": {"id": "r", "outcome": "passed", "exit_code": 0}, "cells": []}')
    with pytest.raises(msgspec.ValidationError, match="duration"):
        read_result(file)
