"""What a step leaves running: found, named, killed and reaped, and no exit status is stolen meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runner.model.ports import Leftover, Spawn
from runner.model.results import Exit, Exited
from runner.process import StopSwitch, SystemProcesses
from runner.process.family import seen

if TYPE_CHECKING:
    from tests.unit.process.conftest import Fifo, Running

Python = Callable[..., Spawn]
Begin = Callable[[Spawn], "Running"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")

# Starts argv[2:] as a daemon does: in a session of its own, its parent gone; and waits until it runs.
DAEMON = """
import os, subprocess, sys
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(writing, b"%d" % os.getpid())
    held = os.open(sys.argv[1], os.O_WRONLY)
    os.dup2(held, 9)
    os.execv(sys.executable, [sys.executable, "-c", *sys.argv[2:]])
print(os.read(reading, 20).decode(), flush=True)
sys.exit(7)
"""
BARE_DAEMON = DAEMON.replace("os.execv(sys.executable", "os.execve(sys.executable").replace(
    "2:]])", "2:]], {})"
)
SLEEP = "import time; time.sleep(600)"


def run(spawn: Spawn) -> tuple[Exit, list[Leftover]]:
    """Run the spawn to its end, and return what it left, too."""
    leaked: list[Leftover] = []
    exit_ = SystemProcesses().run(spawn, StopSwitch(), leaked.extend)
    return exit_, leaked


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_daemon_is_found_and_ended_and_the_exit_code_stays(python: Python, fifo: "Fifo", log: Path) -> None:
    exit_, leaked = run(python(DAEMON, fifo.path, SLEEP))
    pid = int(log.read_text())
    assert exit_ == Exited(7)
    assert [left.pid for left in leaked] == [pid]
    assert leaked[0].command.endswith(f"-c {SLEEP}")
    assert leaked[0].killed
    assert not alive(pid)
    assert fifo.rest() == ""


def test_what_a_daemon_started_ends_with_it(python: Python, fifo: "Fifo", log: Path) -> None:
    family = f"""
import os, subprocess, sys
subprocess.Popen([sys.executable, '-c', {SLEEP!r}], pass_fds=[9], env={{}}, start_new_session=True)
os.write(9, b'!')
{SLEEP}
"""
    code = DAEMON.replace("sys.exit(7)", "open(sys.argv[1] + '-go').read()")
    os.mkfifo(f"{fifo.path}-go")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, python(code, fifo.path, family))
        fifo.expect("!")
        Path(f"{fifo.path}-go").write_text("")
        exit_, leaked = running.result(30)
    assert exit_ == Exited(0)
    assert len(leaked) == 2
    assert int(log.read_text()) in {left.pid for left in leaked}
    assert fifo.rest() == ""


def test_a_process_in_the_background_that_dropped_its_variables_is_found_by_its_session(
    python: Python, fifo: "Fifo"
) -> None:
    code = (
        "import os, subprocess, sys\nheld = os.open(sys.argv[1], os.O_WRONLY)\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], pass_fds=[held], env={{}})"
    )
    exit_, leaked = run(python(code, fifo.path))
    assert exit_ == Exited(0)
    assert len(leaked) == 1
    assert fifo.rest() == ""


def test_an_orphan_without_variables_in_a_session_of_its_own_is_found_by_its_output(
    python: Python, fifo: "Fifo", log: Path
) -> None:
    exit_, leaked = run(python(BARE_DAEMON, fifo.path, SLEEP))
    assert exit_ == Exited(7)
    assert [left.pid for left in leaked] == [int(log.read_text())]
    assert fifo.rest() == ""


def test_an_orphan_that_writes_elsewhere_may_be_anybodys(python: Python, fifo: "Fifo", log: Path) -> None:
    away = BARE_DAEMON.replace("os.dup2(held, 9)", "[os.dup2(held, number) for number in (1, 2)]")
    exit_, leaked = run(python(away, fifo.path, SLEEP))
    os.kill(int(log.read_text()), signal.SIGKILL)
    assert (exit_, leaked) == (Exited(7), [])


def test_what_goes_by_itself_just_after_is_no_leftover(python: Python) -> None:
    code = (
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'],"
        " stdin=subprocess.PIPE, start_new_session=True)"
    )
    assert run(python(code)) == (Exited(0), [])


def test_beside_a_terminal_only_what_is_the_steps_own_is_ended(
    python: Python, fifo: "Fifo", tmp_path: Path
) -> None:
    code = (
        "import os, subprocess, sys\nheld = os.open(sys.argv[1], os.O_WRONLY)\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], pass_fds=[held])"
    )
    bystander = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        exit_, leaked = run(replace(python(code, fifo.path), log=None))
        assert exit_ == Exited(0)
        assert len(leaked) == 1
        assert fifo.rest() == ""
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_stop_ends_what_ignores_it_in_a_session_of_its_own(
    python: Python, begin: Begin, fifo: "Fifo"
) -> None:
    deaf = f"import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.write(9, b'!'); {SLEEP}"
    code = DAEMON.replace("sys.exit(7)", SLEEP)
    running = begin(python(code, fifo.path, deaf))
    fifo.expect("!")
    running.switch.rise(1, "INT")
    running.exit()
    assert fifo.rest() == ""


def test_a_daemon_that_is_caught_becoming_another_program_is_found(python: Python, tmp_path: Path) -> None:
    """Between two programs a process has no variables, and so for an instant no id."""
    restless = tmp_path / "restless"
    restless.write_text('#!/bin/sh\nexec "$0"\n')
    restless.chmod(0o755)
    processes = SystemProcesses()
    spawn = replace(python(""), argv=("/bin/sh", "-c", f"setsid {restless} & exit 7"), env=dict(os.environ))

    def leak(number: int) -> int:
        leaked: list[Leftover] = []
        log = str(tmp_path / str(number))
        processes.run(replace(spawn, step=f"run-{number}", log=log), StopSwitch(), leaked.extend)
        return len(leaked)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(leak, range(40))) == {1}


def test_orphans_that_end_by_themselves_are_reaped_while_the_step_goes_on(python: Python) -> None:
    code = """
import os, sys, time
reading, writing = os.pipe()
for new_session in (os.setsid, os.setpgrp):
    if os.fork() == 0:
        new_session()
        for _ in range(20):
            if os.fork() == 0:
                os.write(writing, b"%d " % os.getpid())
                os._exit(0)
        os._exit(0)
    os.wait()
os.close(writing)
pids = open(reading).read().split()
until = time.monotonic() + 30
while any(map(os.path.exists, map("/proc/{}".format, pids))):
    if time.monotonic() > until:
        sys.exit(1)
    time.sleep(0.05)
sys.exit(len(pids))
"""
    assert run(python(code)) == (Exited(40), [])


def test_a_daemon_that_ends_while_it_is_given_time_to_is_no_leftover(python: Python, log: Path) -> None:
    code = """
import os, time
us = os.getpid()
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(writing, b"%d" % os.getpid())
    while os.getppid() == us:
        time.sleep(0.01)
    os._exit(0)
print(os.read(reading, 20).decode())
"""
    assert run(python(code)) == (Exited(0), [])
    process = seen(int(log.read_text()))
    assert process is None or process.ended


def test_children_of_others_in_sessions_of_their_own_keep_their_exit_status(
    python: Python, fifo: "Fifo"
) -> None:
    bystander = subprocess.Popen(["/bin/sh", "-c", "exit 7"], start_new_session=True)
    os.waitid(os.P_PID, bystander.pid, os.WEXITED | os.WNOWAIT)
    _, leaked = run(python(DAEMON, fifo.path, SLEEP))
    assert len(leaked) == 1
    assert bystander.wait() == 7


def test_no_exit_status_is_stolen_from_anybody(python: Python, tmp_path: Path) -> None:
    daemon = "if os.fork() == 0: os.setsid(); os.execv('/bin/sleep', ['sleep', '600'])"
    leaky = f"import os, sys\n{daemon}\nsys.exit(7)"
    processes = SystemProcesses()

    def ours(number: int) -> Exit:
        spawn = replace(python(leaky), step=f"run-{number}", log=str(tmp_path / str(number)))
        return processes.run(spawn, StopSwitch())

    def somebody_elses(_number: int) -> int:
        return subprocess.run(["/bin/sh", "-c", "exit 7"], check=False).returncode

    with ThreadPoolExecutor(8) as pool:
        mine, theirs = pool.map(ours, range(60)), pool.map(somebody_elses, range(200))
        assert set(mine) == {Exited(7)}
        assert set(theirs) == {7}
