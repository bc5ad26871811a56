"""When runner is killed by KILL its guard ends the children; else nobody notices the guard."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.process import StopSwitch, SystemProcesses
from runner.process.family import GUARD, step_of
from runner.process.guard import unnamed_file

if TYPE_CHECKING:
    from tests.unit.process.conftest import Fifo

# A runner that runs what argv[2] holds, with a pipe to hear of its end held by all that it starts.
RUNNER = """
import os, secrets, sys
from runner.model.ports import Spawn
from runner.process import StopSwitch, SystemProcesses
from runner.process.family import GUARD, step_of
from runner.process.guard import unnamed_file
held = os.open(sys.argv[1], os.O_WRONLY)
os.set_inheritable(held, True)
argv = (sys.executable, "-c", sys.argv[2], sys.argv[1])
spawn = Spawn(argv=argv, cwd="/", env={}, log=os.devnull, step=secrets.token_hex())
sys.exit(SystemProcesses().run(spawn, StopSwitch()).code)
"""
DEAF = """
import os, signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
said = os.open(sys.argv[1], os.O_WRONLY)
os.set_inheritable(said, True)
code = "import os, sys, time; os.write(%d, b'!'); time.sleep(600)" % said
subprocess.Popen([sys.executable, "-c", code], close_fds=False, start_new_session=True)
subprocess.Popen([sys.executable, "-c", code], close_fds=False, env={})
time.sleep(600)
"""


def runner(fifo: "Fifo", code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", RUNNER, fifo.path, code], start_new_session=True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")
def test_a_runner_that_is_killed_takes_all_that_it_started_along(fifo: "Fifo") -> None:
    process = runner(fifo, DEAF)
    fifo.expect("!!")
    process.kill()
    process.wait()
    assert fifo.rest() == ""


def test_signals_that_end_runner_do_not_end_its_guard(fifo: "Fifo") -> None:
    process = runner(fifo, DEAF)
    fifo.expect("!!")
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert fifo.rest() == ""


def test_a_runner_that_an_error_ends_takes_all_that_it_started_along(fifo: "Fifo") -> None:
    process = runner(fifo, DEAF)
    fifo.expect("!!")
    process.send_signal(signal.SIGINT)  # which no handler turns into a stop here
    process.wait()
    assert fifo.rest() == ""


def test_a_runner_that_ends_leaves_no_guard(fifo: "Fifo") -> None:
    process = runner(fifo, "raise SystemExit(3)")
    assert process.wait() == 3
    assert fifo.rest() == ""


def test_a_guard_that_somebody_killed_is_not_missed(tmp_path: Path) -> None:
    processes = SystemProcesses()

    def say(text: str) -> str:
        argv = ("/bin/echo", text)
        return processes.capture(argv, cwd=str(tmp_path), env={}, stop=StopSwitch()).stdout

    assert say("one") == "one\n"
    for pid in guards():
        os.kill(pid, signal.SIGKILL)
    assert say("two") == "two\n"


def test_no_record_is_lost_when_many_threads_write_at_once() -> None:
    records = unnamed_file()

    def write(thread: int) -> None:
        for number in range(2000):
            os.write(records, b"%d %d\n" % (thread, number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    lines = os.pread(records, os.fstat(records).st_size, 0).splitlines()
    os.close(records)
    assert sorted(lines) == sorted(
        b"%d %d" % (thread, number) for thread in range(8) for number in range(2000)
    )


def test_the_guard_is_told_from_the_processes_of_a_step_that_runs_this_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_STEP_ID", "outer-1")
    processes = SystemProcesses()
    processes.capture(("/bin/echo",), cwd=str(tmp_path), env={}, stop=StopSwitch())
    assert {step_of(pid) for pid in guards()} == {GUARD}


def guards() -> list[int]:
    """Return the pids of the guards that this process started."""
    texts = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    pids = [int(pid) for text in texts for pid in text.split()]
    return [pid for pid in pids if b"last_resort" in Path(f"/proc/{pid}/cmdline").read_bytes()]
