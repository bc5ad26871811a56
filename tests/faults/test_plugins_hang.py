"""Plugins that block, go on for ever or end the process: signals work, and the run ends."""

import os
import signal
import time
from pathlib import Path

import pytest
from tests.faults.plugins import FINISH, RED, warnings_of, with_plugins, write

from runner.testing import Project, python_command


def blocks(project: Project, where: str, wait: str) -> Path:
    """Write a plugin that, at that hook, says so by a file and then blocks."""
    text = """
    import os, time
    def persist():
        while True:
            try:
                time.sleep(600)
            except BaseException:
                pass
    def block():
        open({there!r}, "w").close()
        {wait}
    if {where!r} == "import":
        block()
    class Slow:
        keys, defaults = runner.NoKeys, {{}}
        name = "slow"
        def handle(self, event):
            if {where!r} == "handle": block()
        def close(self):
            if {where!r} == "close": block()
        def collect(self, cell, result, folder):
            if {where!r} == "collect": block()
            return runner.Collected()
        def steps(self, cell, keys):
            if {where!r} == "steps": block()
            return cell.steps
        def create(self, spec, folder, stop):
            if {where!r} == "create": block()
        def describe(self):
            return "slow"
    @runner.hookimpl
    def runner_session_type(name):
        return Slow() if name == "slow" else None
    @runner.hookimpl
    def runner_backend(name):
        return Slow() if name == "slow" else None
    @runner.hookimpl
    def runner_reporter(options, stream):
        if {where!r} == "reporter": block()
        return Slow()
    @runner.hookimpl
    def runner_collector(options):
        if {where!r} == "collector": block()
        return Slow()
    @runner.hookimpl
    def runner_finish(result):
        if {where!r} == "finish": block()
    """
    there = project.folder / "there"
    write(project, "slow", text, there=str(there), where=where, wait=wait)
    session = {"create": 'backend = "slow"', "steps": 'type = "slow"'}.get(where, "")
    project.config(
        'plugins = ["./slow.py"]\n[sessions.check]\npackage = "none"\n'
        f"{session}\ncommands = [{python_command(RED)}]\n"
    )
    return there


STUBBORN = "persist()"


@pytest.mark.parametrize("where", ["import", "steps", "reporter", "collector", "finish"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_plugin_that_blocks_the_program_is_ended_by_a_signal(
    project: Project, where: str, number: signal.Signals
) -> None:
    there = blocks(project, where, "time.sleep(600)")
    with project.start() as started:
        started.wait_for(there)
        time.sleep(0.05)
        started.send(number)
        outcome = started.wait().assert_exit(130)
    if where in {"reporter", "collector", "finish"}:
        (warning,) = warnings_of(outcome, "slow")
        assert f"runner_{where} was ended by {number.name.removeprefix('SIG')}" in warning
    if where == "finish":
        assert outcome.result is not None
        assert (outcome.result.run.outcome, outcome.result.run.exit_code) == ("cancelled", 130)
        assert outcome.cell("check").outcome == "failed"
    elif where in {"reporter", "collector"}:
        assert list((project.root / ".runner" / "runs").iterdir()) == []


@pytest.mark.parametrize("where", ["collect", "create"])
def test_a_plugin_that_blocks_a_worker_is_left_behind_at_the_last_signal(
    project: Project, where: str
) -> None:
    there = blocks(project, where, STUBBORN)
    with project.start() as started:
        started.wait_for(there)
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            started.send(number)
            time.sleep(0.3)
        outcome = started.wait().assert_exit(130).assert_cells({"check": "cancelled"})
    reason = outcome.cell("check").reason
    assert reason.startswith("the run was stopped by INT, but ")
    assert reason.endswith(" did not end: left behind")
    assert "slow.py:" in reason
    assert "time.sleep(600)" in outcome.log("check")


def test_a_reporter_that_blocks_is_left_behind(project: Project) -> None:
    blocks(project, "handle", STUBBORN)
    outcome = project.run_process().assert_exit(1).assert_cells({"check": "failed"})
    assert warnings_of(outcome, "slow") == [
        "warning: plugin slow: its reporter was not done 5 s after the run's end: left behind"
    ]
    outcome.assert_said("1 cell: 1 failed")


def test_a_reporter_that_blocks_does_not_hold_a_signal_up(project: Project) -> None:
    there = blocks(project, "handle", STUBBORN)
    with project.start() as started:
        started.wait_for(there)
        started.send(signal.SIGINT)
        started.wait().assert_exit(130)


def test_threads_and_processes_of_plugins_do_not_keep_the_program(project: Project) -> None:
    text = """
    import subprocess, threading, time
    process = subprocess.Popen(["sleep", "600"])
    open({heard!r}, "w").write(str(process.pid))
    threading.Thread(target=time.sleep, args=(600,), name="for ever").start()
    @runner.hookimpl
    def runner_finish(result): pass
    {more}
    """
    write(project, "busy", text, more="")
    outcome = with_plugins(project, "busy").run_process(timeout=60).assert_exit(0)
    outcome.assert_said("warning: threads that a plugin started do not end: for ever: left behind")
    pid = int((project.folder / "busy.heard").read_text())
    os.kill(pid, signal.SIGKILL)  # it is the plugin's, and was left alone


@pytest.mark.parametrize("where", ["handle", "collect", "finish"])
def test_a_plugin_that_ends_the_process_leaves_nothing_that_the_next_run_minds(
    project: Project, where: str
) -> None:
    blocks(project, where, "os._exit(9)")
    with project.start() as started:
        assert started.wait().exit_code == 9
    write(project, "slow", FINISH, what="ValueError('no')")
    project.run_process().assert_exit(1).assert_cells({"check": "failed"})
