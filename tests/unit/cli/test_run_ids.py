"""Ids of runs that are taken: by a run of the same second, or by what is left of one."""

from collections.abc import Callable

import pytest

from runner.results import store
from runner.testing import FakeClock, Project

SECOND = "20231114T221320Z"

TakeIds = Callable[..., None]


@pytest.fixture
def plain(project: Project) -> Project:
    project.config('[sessions.tests]\nbackend = "none"\npackage = "none"\ncommands = ["python --version"]\n')
    return project


@pytest.fixture
def next_ids(monkeypatch: pytest.MonkeyPatch) -> TakeIds:
    """Let the ids of runs end as told, the last ending again and again."""

    def tell(*ends: str) -> None:
        left = list(ends)
        monkeypatch.setattr(store, "token_hex", lambda _size: left.pop(0) if left[1:] else left[0])

    return tell


def names(project: Project, kind: str) -> list[str]:
    return sorted(folder.name for folder in (project.root / ".runner" / kind).iterdir())


def test_runs_of_the_same_second_never_share_an_id(plain: Project, next_ids: TakeIds) -> None:
    next_ids("0000")
    plain.run(clock=FakeClock()).assert_exit(0)
    next_ids("0000", "0000", "0001")
    second = plain.run(clock=FakeClock()).assert_exit(0)
    ids = [f"{SECOND}-0000", f"{SECOND}-0001"]
    assert names(plain, "runs") == names(plain, "logs") == ids
    assert {event.run for event in second.events} == {ids[1]}
    assert (plain.root / ".runner" / "runs" / ids[1] / "result.json").is_file()


def test_an_id_whose_logs_are_still_there_is_taken(plain: Project, next_ids: TakeIds) -> None:
    plain.file(f".runner/logs/{SECOND}-0000/tests.log", "of another run")
    next_ids("0000", "0001")
    plain.run(clock=FakeClock()).assert_exit(0)
    assert names(plain, "runs") == [f"{SECOND}-0001"]
    assert plain.root.joinpath(f".runner/logs/{SECOND}-0000/tests.log").read_text() == "of another run"


def test_when_no_id_is_free_that_is_one_clear_error(plain: Project, next_ids: TakeIds) -> None:
    next_ids("0000")
    plain.run(clock=FakeClock()).assert_exit(0)
    before = (plain.root / f".runner/runs/{SECOND}-0000/result.json").read_bytes()
    refused = plain.run(clock=FakeClock()).assert_exit(2)
    refused.assert_said(".runner/runs: 10 ids were tried for this run, and each is taken: start it again")
    assert (plain.root / f".runner/runs/{SECOND}-0000/result.json").read_bytes() == before
