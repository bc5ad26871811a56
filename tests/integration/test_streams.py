"""Streams in every state that a shell can leave them in: the exit code stays what the run was worth."""

import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from runner.cli.main import main
from runner.cli.secrets import Secrets
from runner.cli.world import World
from runner.process import SystemClock, SystemProcesses
from runner.testing import Project

PLAIN = """
[sessions.tests]
description = "Prüfung €😀"
package = "none"
commands = ["python -c 'raise SystemExit(1)' Prüfung"]
"""
ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def shell(project: Project, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `$RUNNER` is runner; the exit code is the first program's of a pipe."""
    return subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],  # noqa: S607 - as users find it
        cwd=project.root,
        env={**project.environ, "RUNNER": f"{sys.executable} -m runner"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def plain(project: Project) -> Project:
    project.config(PLAIN)
    return project


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_no_verdict(plain: Project, closed: str) -> None:
    run = shell(plain, f"$RUNNER {closed}")
    assert (run.returncode, "Traceback" in run.stderr) == (1, False), run.stderr
    assert shell(plain, f"$RUNNER list {closed}").returncode == 0
    assert shell(plain, f"$RUNNER --version {closed}").returncode == 0


@pytest.mark.parametrize(("argv", "code"), [("", 1), ("list", 0), ("--events -", 1), ("--version", 0)])
def test_a_reader_that_went_away_changes_no_exit_code(plain: Project, argv: str, code: int) -> None:
    run = shell(plain, f"$RUNNER {argv} | true")
    assert (run.returncode, "Traceback" in run.stderr) == (code, False), run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_no_bug_of_ours(plain: Project) -> None:
    listed = shell(plain, "$RUNNER list >/dev/full")
    assert listed.returncode == 70
    assert listed.stderr == "error: the output cannot be written: No space left on device\n"
    assert shell(plain, "$RUNNER >/dev/full").returncode == 1


@pytest.mark.parametrize("argv", [["list"], ["config"], ["plan"], ["schema"], ["plugins"], []])
def test_a_terminal_that_only_knows_ascii_gets_escapes(plain: Project, argv: list[str]) -> None:
    outcome = plain.run_process(*argv, env=ASCII).assert_exit(0 if argv else 1)
    assert outcome.stdout.isascii()
    if argv == ["list"]:
        outcome.assert_said(r"Pr\u00fcfung \u20ac\ud83d\ude00")


def test_machine_formats_stay_json_where_only_ascii_goes_through(plain: Project) -> None:
    for verb in ("list", "config"):
        printed = plain.run_process(verb, "--format", "json", env=ASCII).assert_exit(0).stdout
        assert "Prüfung €😀" in json.dumps(json.loads(printed), ensure_ascii=False)
    events = plain.run_process("--events", "-", env=ASCII).assert_exit(1).stdout
    assert all(json.loads(line) for line in events.splitlines())
    assert r"Pr\u00fcfung" in events


def test_what_a_plugin_prints_is_no_part_of_a_machine_format(plain: Project) -> None:
    plain.file(
        "noisy.py",
        "import runner\nprint('noise')\n@runner.hookimpl\ndef runner_finish(result): print('more')\n",
    )
    plain.config('plugins = ["./noisy.py"]\n' + PLAIN)
    listed = plain.run_process("list", "--format", "json").assert_exit(0)
    assert json.loads(listed.stdout)["cells"]
    assert listed.stderr == "noise\n"
    told = plain.run_process("--events", "-").assert_exit(1)
    assert all(json.loads(line) for line in told.stdout.splitlines())
    assert {"noise", "more"} <= set(told.stderr.splitlines())


def test_a_folder_that_is_gone_is_a_clear_error(plain: Project) -> None:
    (plain.root / "gone").mkdir()
    listed = shell(plain, "cd gone && rmdir ../gone && $RUNNER list")
    assert (listed.returncode, listed.stderr) == (
        2,
        "error: the current folder cannot be used: No such file or directory\n",
    )


def test_a_work_dir_that_cannot_hold_a_run_is_a_clear_error(plain: Project) -> None:
    plain.run().assert_exit(1)
    plain.file(".runner/elsewhere", "")
    (plain.root / ".runner" / "runs").rename(plain.root / ".runner" / "old")
    (plain.root / ".runner" / "elsewhere").rename(plain.root / ".runner" / "runs")
    plain.run().assert_exit(2).assert_said("runs/", "cannot be made: Not a directory")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_events_on_a_terminal_are_not_mixed_with_what_commands_print(plain: Project) -> None:
    stdout = Terminal()
    world = World(
        cwd=plain.root,
        environ=plain.environ,
        stdin=Terminal(),
        stdout=stdout,
        stderr=io.StringIO(),
        clock=SystemClock(),
        processes=cache(SystemProcesses),
        secrets=Secrets(plain.environ),
        leave=lambda code: pytest.fail(f"left with {code}"),
        become=lambda program: pytest.fail(f"became {program}"),
    )
    assert main(["--events", "-"], world) == 1
    assert not json.loads(stdout.getvalue().splitlines()[0])["body"]["passthrough"]
