"""What a power cut must not take away is forced to the disk, before it gets its name."""

import errno
import os
from pathlib import Path

import pytest

from runner.model.events import Event, Notice
from runner.report import EventsReporter, JsonReporter
from runner.report.target import Unwritten
from runner.results import Fold
from runner.testing import Project

EVENT = Event("r", 1, 1.0, Notice(level="info", message="hello"))


class Disk:
    """Heeds what is forced to the disk: its path then, its size, and what lay in its folder."""

    def __init__(self) -> None:
        self.forced: list[tuple[Path, int, frozenset[str]]] = []
        self._fsync = os.fsync

    def fsync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        folder = path if path.is_dir() else path.parent
        size = 0 if path.is_dir() else path.stat().st_size
        self.forced.append((path, size, frozenset(entry.name for entry in folder.iterdir())))
        self._fsync(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not tell which file a descriptor is of")
    heeding = Disk()
    monkeypatch.setattr(os, "fsync", heeding.fsync)
    return heeding


def test_a_result_is_on_the_disk_before_it_gets_its_name_and_then_the_name_is(
    tmp_path: Path, disk: Disk
) -> None:
    path = tmp_path / "result.json"
    reporter = JsonReporter(path, Fold)
    reporter.handle(EVENT)
    reporter.close()
    (content, size, before), (folder, _, after) = disk.forced
    assert (content.parent, size) == (tmp_path, path.stat().st_size)
    assert "result.json" not in before
    assert (folder, after) == (tmp_path, frozenset({"result.json"}))


@pytest.mark.parametrize("cells", [1, 3])
def test_a_run_forces_each_of_its_files_to_the_disk_once(project: Project, disk: Disk, cells: int) -> None:
    labels = ", ".join(f'"{number}"' for number in range(cells))
    project.config(
        f'[sessions.tests]\nbackend = "none"\npackage = "none"\ncommands = []\nmatrix.n = [{labels}]\n'
    )
    project.run().assert_exit(0)
    (run,) = (project.root / ".runner" / "runs").iterdir()
    ours = [(path, size) for path, size, _ in disk.forced if path.is_relative_to(run)]
    events = run / "events.jsonl"
    assert (events, events.stat().st_size) in ours
    assert (run, 0) in ours
    assert len(ours) == 3


def test_a_file_that_cannot_be_forced_to_the_disk_is_named_and_what_was_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    result, events = tmp_path / "result.json", tmp_path / "events.jsonl"
    result.write_text("old")
    for reporter in (JsonReporter(result, Fold), EventsReporter(events)):
        reporter.handle(EVENT)
        with pytest.raises(Unwritten, match="could not be written: Input/output error"):
            reporter.close()
    assert result.read_text() == "old"
    assert {entry.name for entry in tmp_path.iterdir()} == {"result.json", "events.jsonl"}


def test_a_folder_that_cannot_be_forced_to_the_disk_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir():
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    reporter = JsonReporter(tmp_path / "result.json", Fold)
    reporter.handle(EVENT)
    reporter.close()
    assert (tmp_path / "result.json").stat().st_size
