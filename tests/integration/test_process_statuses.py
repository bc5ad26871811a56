"""Exit statuses survive a parent that told us to ignore SIGCHLD, under which the system drops them."""

import os
import subprocess
import sys

IGNORE = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.executable, sys.argv[1:])
"""

STEP = """
import signal, sys
from runner.model.ports import Spawn
from runner.process import StopSwitch, SystemProcesses
processes = SystemProcesses()
{between}
spawn = Spawn(argv=("/bin/sh", "-c", "exit 3"), cwd="/", env={{}}, log=sys.argv[1], step="statuses/cell/1")
print(processes.run(spawn, StopSwitch()))
"""


def said_by(between: str) -> subprocess.CompletedProcess[str]:
    code = STEP.format(between=between)
    return subprocess.run(
        [sys.executable, "-c", IGNORE, sys.executable, "-c", code, os.devnull],
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_inherited_ignore_does_not_turn_failures_green() -> None:
    assert said_by("").stdout == "Exited(code=3)\n"


def test_a_status_that_is_lost_all_the_same_is_an_error_and_no_success() -> None:
    said = said_by("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
    assert said.returncode == 1
    assert "was taken by another part of this program" in said.stderr
