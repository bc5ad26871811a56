"""The cell's log, as far as runner writes to it."""

from pathlib import Path

import pytest

from runner.model.errors import PluginError
from runner.run.log import CellLog

FULL = Path("/dev/full")


def log_in(folder: Path) -> CellLog:
    return CellLog(folder / "cell.log", None, str)


def test_lines_are_appended(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.note("one")
    log.note("two")
    assert log.path.read_text() == "one\ntwo\n"
    assert log.fault == ""


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_log_that_cannot_be_written_fails_nothing_and_is_told() -> None:
    log = CellLog(FULL, None, str)
    log.note("one")
    assert log.fault == "the log /dev/full is not whole: No space left on device"


def test_what_the_system_refuses_is_one_line_and_a_bug_a_traceback(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    error = OSError(28, "No space left on device", "/a")
    assert log.note_unexpected(error) == "the system refused: [Errno 28] No space left on device: '/a'"
    assert len(log.path.read_text().splitlines()) == 1
    log.note_unexpected(ValueError("wrong"))
    assert "ValueError: wrong" in log.path.read_text()


def test_what_is_missing_is_told_in_the_log_too(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.lost("No space left on device")
    assert log.path.read_text() == f"{log.fault}\n"
    assert log.fault == f"the log {log.path} is not whole: No space left on device"


def test_a_log_that_became_a_link_is_not_written(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    (tmp_path / "precious").touch()
    log.path.symlink_to("precious")
    log.note("one")
    assert "cell.log in this path is a link" in log.fault
    assert (tmp_path / "precious").read_text() == ""


def test_of_a_plugin_s_error_only_what_the_plugin_raised_is_traced(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    assert log.note_unexpected(PluginError("plugin p: its answer is none")) == "plugin p: its answer is none"
    assert log.path.read_text() == "plugin p: its answer is none\n"
    error = PluginError("plugin p: it raised")
    error.__cause__ = LookupError("no such thing")
    log.note_unexpected(error)
    assert log.path.read_text().endswith("\nLookupError: no such thing\nplugin p: it raised\n")
    assert "direct cause" not in log.path.read_text()
