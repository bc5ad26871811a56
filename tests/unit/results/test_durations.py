"""What the next run is ordered by."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.model.results import CellResult, Outcome
from runner.results import durations, read_durations, write_durations


def _cell(id_: str, outcome: Outcome, duration: float, *, cached: bool = False) -> CellResult:
    return CellResult(id=id_, session="s", axes={}, outcome=outcome, duration=duration, cached=cached)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "durations.json"


def test_only_cells_that_ran_to_their_end_are_remembered(path: Path) -> None:
    outcomes: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "cancelled")
    cells = [_cell(outcome, outcome, 1.5) for outcome in outcomes]
    assert write_durations(path, [*cells, _cell("cached", "passed", 0.0, cached=True)]) == ()
    assert read_durations(path) == ({"passed": 1.5, "failed": 1.5}, ())


def test_cells_of_other_runs_stay(path: Path) -> None:
    write_durations(path, [_cell("a", "passed", 1), _cell("b", "passed", 2)])
    write_durations(path, [_cell("b", "passed", 3)])
    assert read_durations(path)[0] == {"a": 1.0, "b": 3.0}


def test_the_least_recent_go_when_there_are_too_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "MOST_ENTRIES", 2)
    for id_ in ("a", "b", "a", "c"):
        write_durations(path, [_cell(id_, "passed", 1)])
    assert set(read_durations(path)[0]) == {"a", "c"}


def test_no_file_yet_is_no_warning(path: Path) -> None:
    assert read_durations(path) == ({}, ())


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'{"a": "soon"}', b"\xff", b"[" * 100_000, b'{"a": 1e999}']
)
def test_a_broken_file_is_as_an_empty_one_and_is_mended(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found, warnings = read_durations(path)
    assert found == {}
    assert str(path) in warnings[0]
    write_durations(path, [_cell("a", "passed", 1)])
    assert read_durations(path) == ({"a": 1.0}, ())


def test_a_file_that_cannot_be_written_is_a_warning_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    path.mkdir()
    (path / "full").touch()
    warnings = write_durations(path, [_cell("a", "passed", 1)])
    assert str(path) in warnings[0]
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_runs_that_end_at_once_none_takes_away_what_another_wrote(path: Path) -> None:
    def write(number: int) -> tuple[str, ...]:
        return write_durations(path, [_cell(f"cell-{number}", "passed", number)])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(40))) == {()}
    assert read_durations(path)[0] == {f"cell-{number}": float(number) for number in range(40)}
    assert list(path.parent.iterdir()) == [path]


def test_a_run_that_is_stuck_while_it_writes_holds_up_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "_PATIENCE", 0.0)
    stuck = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(stuck, fcntl.LOCK_EX)
    try:
        assert write_durations(path, [_cell("a", "passed", 1)]) == ()
    finally:
        os.close(stuck)
    assert read_durations(path)[0] == {"a": 1.0}


def test_what_a_killed_run_left_half_written_goes(path: Path) -> None:
    path.with_name(".durations.json.part-01234567").write_text('{"a"')
    write_durations(path, [_cell("a", "passed", 1)])
    assert list(path.parent.iterdir()) == [path]
