"""Which runs are kept."""

import re
import sys
from pathlib import Path

import pytest

from runner.env.deleting import delete
from runner.results.store import KEPT_DAYS, KEPT_RUNS, new_run_id, prune

NOW = 1_800_000_000.0
DAY = 86_400.0


def add_runs(work_dir: Path, count: int, *, days_ago: float) -> list[Path]:
    folders = [work_dir / "runs" / new_run_id(NOW - days_ago * DAY - n) for n in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "result.json").write_text("{}")
    return folders


def test_an_id_is_utc_time_and_four_hex_digits() -> None:
    assert re.fullmatch(r"20270115T080000Z-[0-9a-f]{4}", new_run_id(NOW))


def test_the_newest_runs_and_those_of_the_last_days_stay(tmp_path: Path) -> None:
    recent = add_runs(tmp_path, 10, days_ago=1)
    old = add_runs(tmp_path, KEPT_RUNS, days_ago=KEPT_DAYS + 10)
    removed = prune(tmp_path, NOW, delete)
    assert sorted(removed) == sorted(old)[:10]
    assert all(folder.is_dir() for folder in recent)
    assert not any(folder.exists() for folder in removed)


def test_many_runs_of_the_last_days_all_stay(tmp_path: Path) -> None:
    add_runs(tmp_path, KEPT_RUNS + 5, days_ago=2)
    assert prune(tmp_path, NOW, delete) == ()


def test_what_is_no_run_of_ours_is_left_alone(tmp_path: Path) -> None:
    add_runs(tmp_path, KEPT_RUNS, days_ago=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    strange = tmp_path / "runs" / "my-notes"
    strange.mkdir()
    link = tmp_path / "runs" / new_run_id(NOW - 99 * DAY)
    link.symlink_to(elsewhere)
    assert prune(tmp_path, NOW, delete) == ()
    assert strange.is_dir()
    assert link.is_symlink()
    assert elsewhere.is_dir()


def test_what_a_killed_run_had_begun_to_remove_goes(tmp_path: Path) -> None:
    (recent,) = add_runs(tmp_path, 1, days_ago=1)
    half = tmp_path / "runs" / ".gone-0123456789ab"
    half.mkdir()
    (half / "events.jsonl").touch()
    assert prune(tmp_path, NOW, delete) == ()
    assert list((tmp_path / "runs").iterdir()) == [recent]


def test_an_old_run_is_never_seen_half_gone(tmp_path: Path) -> None:
    add_runs(tmp_path, KEPT_RUNS, days_ago=1)
    (old,) = add_runs(tmp_path, 1, days_ago=99)

    def killed(_folder: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prune(tmp_path, NOW, killed)
    assert not old.exists()
    prune(tmp_path, NOW, delete)
    assert len(list((tmp_path / "runs").iterdir())) == KEPT_RUNS


def test_artifacts_deeper_than_the_stack_go_with_their_run(tmp_path: Path) -> None:
    add_runs(tmp_path, KEPT_RUNS, days_ago=1)
    (old,) = add_runs(tmp_path, 1, days_ago=99)
    folder = old
    try:
        for _ in range(sys.getrecursionlimit() + 100):
            folder /= "d"
            folder.mkdir()
        assert prune(tmp_path, NOW, delete) == (old,)
        assert len(list((tmp_path / "runs").iterdir())) == KEPT_RUNS
    finally:
        delete(tmp_path / "runs")  # pytest could not


def test_what_cannot_be_deleted_waits_for_the_next_run(tmp_path: Path) -> None:
    add_runs(tmp_path, KEPT_RUNS, days_ago=1)
    add_runs(tmp_path, 1, days_ago=99)

    def fail(folder: Path) -> None:
        raise PermissionError(folder)

    prune(tmp_path, NOW, fail)
    assert len(list((tmp_path / "runs").iterdir())) == KEPT_RUNS + 1
    prune(tmp_path, NOW, delete)
    assert len(list((tmp_path / "runs").iterdir())) == KEPT_RUNS


def test_nothing_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert prune(tmp_path, NOW, delete) == ()
