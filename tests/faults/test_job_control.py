"""Terminals that stop or close, jobs that are stopped or in the background, and signals of all kinds."""

import json
import re
import signal
import time

import pytest
from tests.faults.loud import (
    LATE,
    LINES,
    PRINTS,
    SLEEPS,
    add,
    exit_code_of,
    has_ended,
    latest_run,
    write_loud,
)
from tests.faults.readers import AtTerminal, wait_for

from runner.process.family import seen
from runner.testing import Project, python_command


@pytest.fixture
def verdict(request: pytest.FixtureRequest, project: Project) -> int:
    """Write a project whose one cell prints more than a pipe holds; return what the run is worth: 1, or 0."""
    return write_loud(project, int(getattr(request, "param", 1)))


def test_a_terminal_that_is_stopped_shows_everything_when_it_goes_on(project: Project, verdict: int) -> None:
    add(project, LATE)  # one cell alone would write to the terminal itself, and wait there
    with AtTerminal(project, "-v", "-j1") as terminal:
        terminal.wait_to_see("2 cells")
        terminal.type("\x13")
        wait_for(lambda: has_ended(project), "the run's end at a stopped terminal")
        assert exit_code_of(latest_run(project)) == verdict
        terminal.type("\x11")
        assert terminal.news("code") == str(verdict)
        terminal.look(0.1)
        numbers = [int(match) for match in re.findall(r"^(\d+) x{20}\r$", terminal.seen, re.MULTILINE)]
        assert numbers == list(range(LINES))
        assert "2 cells: " in terminal.seen


def test_ctrl_c_works_at_a_terminal_that_is_stopped(project: Project) -> None:
    project.config(
        '[defaults]\npackage = "none"\n'
        f"[sessions.loud]\ncommands = [{python_command(PRINTS)}, {python_command(SLEEPS)}]\n"
        f"[sessions.other]\ncommands = [{python_command('pass')}]\n"
    )
    with AtTerminal(project, "-v", "-j1") as terminal:
        terminal.type("\x13")
        wait_for((project.root / "started").exists, "the command")
        terminal.type("\x03")
        assert terminal.news("code") == "130"
    assert exit_code_of(latest_run(project)) == 130


def test_a_terminal_that_closes_stops_the_run(project: Project) -> None:
    project.config(
        '[defaults]\npackage = "none"\n'
        f"[sessions.loud]\ncommands = [{python_command(SLEEPS)}]\n"
        f"[sessions.other]\ncommands = [{python_command('pass')}]\n"
    )
    with AtTerminal(project) as terminal:
        terminal.wait_to_see("2 cells")
        wait_for((project.root / "started").exists, "the command")
        terminal.close_terminal()
        wait_for(lambda: has_ended(project), "the end of the run")
    assert exit_code_of(latest_run(project)) == 130


def test_a_background_job_that_may_not_write_waits_to_be_in_front(project: Project, verdict: int) -> None:
    with AtTerminal(project, background=True, tostop=True) as terminal:
        assert terminal.news("stopped") == "SIGTTOU"
        terminal.foreground()
        assert terminal.news("code") == str(verdict)
        terminal.look(0.1)
        assert "1 cell: " in terminal.seen


def test_ctrl_z_stops_the_cells_too_and_no_time_passes_for_them(project: Project) -> None:
    ticks = project.folder / "ticks"
    code = (
        "import os, time\n"
        f"with open({str(ticks)!r}, 'ab', buffering=0) as file:\n"
        "    for _ in range(10):\n        file.write(b'.')\n        time.sleep(0.05)\n"
    )
    project.config(
        '[sessions.ticks]\npackage = "none"\ntimeout = "4s"\nmatrix.n = ["1", "2"]\n'
        f"commands = [{python_command(code)}, {python_command(code)}]\n"
    )
    with AtTerminal(project, "-j2") as terminal:
        wait_for(ticks.exists, "the first tick")
        terminal.type("\x1a")
        assert terminal.news("stopped") == "SIGTSTP"
        before = ticks.stat().st_size
        time.sleep(4.5)  # longer than the timeout
        assert ticks.stat().st_size == before
        terminal.foreground()
        assert terminal.news("code") == "0"
    assert ticks.stat().st_size == 40
    cells = json.loads((latest_run(project) / "result.json").read_bytes())["cells"]
    assert [cell["outcome"] for cell in cells] == ["passed", "passed"]


def test_ctrl_z_and_fg_work_for_a_command_that_has_the_terminal(project: Project) -> None:
    code = "print('ready', flush=True); import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)"
    project.config(f'[sessions.waits]\npackage = "none"\ncommands = [{python_command(code)}]\n')
    with AtTerminal(project) as terminal:
        terminal.wait_to_see("\nready")
        terminal.type("\x1a")
        assert terminal.news("stopped") == "SIGTSTP"
        terminal.foreground()
        (project.root / "go").touch()
        assert terminal.news("code") == "0"


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGUSR1])
def test_a_deadly_signal_ends_the_cells_and_the_next_run_is_fine(
    project: Project, number: signal.Signals
) -> None:
    pid = project.folder / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); {SLEEPS}"
    project.config(f'[sessions.sleeps]\npackage = "none"\ncommands = [{python_command(code)}]\n')
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(number)
        assert started.wait().exit_code == -number
    cell = int(pid.read_text())
    # It may wait to be reaped by who runs the tests, if that adopted it.
    wait_for(lambda: (process := seen(cell)) is None or process.ended, "the end of the cell's process")
    project.config('[sessions.sleeps]\npackage = "none"\ncommands = ["python -c pass"]\n')
    project.run_process().assert_exit(0)


def test_signals_that_mean_nothing_to_a_run_change_nothing(project: Project) -> None:
    code = "open('started', 'w').close(); import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)"
    project.config(f'[sessions.waits]\npackage = "none"\ncommands = [{python_command(code)}]\n')
    with project.start() as started:
        started.wait_for(project.root / "started")
        for number in (signal.SIGWINCH, signal.SIGPIPE, signal.SIGCONT, signal.SIGCHLD, signal.SIGURG):
            started.send(number)
        (project.root / "go").touch()
        started.wait().assert_exit(0)


def test_commands_get_signals_as_a_shell_would_give_them(project: Project) -> None:
    project.config(
        '[sessions.sh]\npackage = "none"\nallow-external = ["sh"]\n'
        """commands = [["sh", "-c", "grep ^SigIgn: /proc/self/status; yes | head -n 1"]]\n"""
    )
    outcome = project.run_process().assert_exit(0)
    log = outcome.log("sh")
    ignored = int(re.findall(r"^SigIgn:\s*([0-9a-f]+)$", log, re.MULTILINE)[0], 16)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTSTP, signal.SIGTTOU, signal.SIGQUIT):
        assert not ignored >> (number - 1) & 1, number
    assert "\ny\n" in log
