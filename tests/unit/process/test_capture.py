"""What one of our helper programs says is read back whole."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.model.ports import Captured
from runner.model.results import Exited, NotStarted, TimedOut
from runner.process import StopSwitch, SystemProcesses

if TYPE_CHECKING:
    from tests.unit.process.conftest import Fifo

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")

# Starts a daemon that writes its pid to argv[1], which it holds open, as it does the streams.
LEAVES = """
import os, subprocess, sys
said = "import os, time; print(os.getpid(), file=open(9, 'w', closefd=False), flush=True); time.sleep(600)"
held = os.dup2(os.open(sys.argv[1], os.O_WRONLY), 9)
subprocess.Popen([sys.executable, "-c", said], start_new_session=True, pass_fds=[held])
print("started", flush=True)
"""


def capture(code: str, *arguments: str, timeout: float | None = None, daemons: bool = False) -> Captured:
    argv = (sys.executable, "-c", code, *arguments)
    stop = StopSwitch()
    return SystemProcesses().capture(argv, cwd="/", env={}, stop=stop, timeout=timeout, daemons=daemons)


def test_streams_are_kept_apart_with_the_exit_code() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(4)"
    assert capture(code) == Captured(Exited(4), "out\n", "err\n")


def test_more_than_a_pipe_holds_is_kept() -> None:
    assert capture("print('x' * 3_000_000)").stdout == "x" * 3_000_000 + "\n"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert capture(r"import os; os.write(1, b'a\xffb'); os.write(2, '\u00e9'.encode())") == Captured(
        Exited(0), "a\ufffdb", "é"
    )


def test_stdin_is_empty_and_the_helper_can_be_told_from_others() -> None:
    code = "import os, sys; print([sys.stdin.read(), 'RUNNER_STEP_ID' in os.environ])"
    assert capture(code).stdout == "['', True]\n"


def test_a_program_is_looked_up_on_the_path_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\necho found\n")
    (tmp_path / "tool").chmod(0o755)
    captured = SystemProcesses().capture(
        ("tool",), cwd="/", env={"PATH": str(tmp_path)}, stop=StopSwitch(), timeout=30
    )
    assert captured == Captured(Exited(0), "found\n", "")


def test_what_was_said_before_a_timeout_is_kept() -> None:
    code = (
        "import time\nprint('working', flush=True)\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass\n"
    )
    assert capture(code, timeout=1.5) == Captured(TimedOut(1.5), "working\n", "")


@ON_LINUX
def test_what_a_helper_leaves_running_is_ended(fifo: "Fifo") -> None:
    assert capture(LEAVES, fifo.path) == Captured(Exited(0), "started\n", "")
    fifo.rest()


def test_a_helper_may_leave_a_daemon_which_holds_nobody_up(fifo: "Fifo") -> None:
    assert capture(LEAVES, fifo.path, daemons=True) == Captured(Exited(0), "started\n", "")
    os.kill(int(fifo.line()), signal.SIGKILL)


@ON_LINUX
def test_a_helper_that_ran_out_of_time_leaves_no_daemon(fifo: "Fifo") -> None:
    code = f"{LEAVES}\nimport time; time.sleep(600)"
    assert capture(code, fifo.path, timeout=1.5, daemons=True).exit == TimedOut(1.5)
    fifo.rest()


@ON_LINUX
def test_a_helper_that_is_stopped_leaves_no_daemon(fifo: "Fifo") -> None:
    switch = StopSwitch()
    argv = (sys.executable, "-c", f"{LEAVES}\nimport time; time.sleep(600)", fifo.path)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            SystemProcesses().capture, argv, cwd="/", env={}, stop=switch, timeout=60, daemons=True
        )
        fifo.line()
        switch.rise(1, "TERM")
        running.result(30)
    fifo.rest()


def test_nothing_is_started_once_the_run_is_stopping() -> None:
    switch = StopSwitch()
    switch.rise(2, "TERM")
    captured = SystemProcesses().capture(("/bin/echo",), cwd="/", env={}, stop=switch)
    assert captured == Captured(NotStarted("the run was asked to stop before it was started"), "", "")
