"""A step is ended: by its timeout, or since the run is asked to stop."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.model.ports import Spawn
from runner.model.results import Exited, NotStarted, Signalled, TimedOut
from runner.process import StopSwitch, SystemProcesses

if TYPE_CHECKING:
    from tests.unit.process.conftest import Fifo, Running

Python = Callable[..., Spawn]
Begin = Callable[[Spawn], "Running"]

# Says at argv[1] that it is ready, and every signal; argv[2] names the one that ends it, with code 7.
LISTENER = """
import os, signal, sys
said = os.open(sys.argv[1], os.O_WRONLY)
def heard(number, frame):
    name = signal.Signals(number).name
    os.write(said, name.encode())
    if name == sys.argv[2]:
        os._exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGABRT):
    signal.signal(number, heard)
os.write(said, b"ready")
while True:
    signal.pause()
"""


def test_a_step_that_ends_before_its_timeout_just_ends(python: Python) -> None:
    assert SystemProcesses().run(python("", timeout=1e300), StopSwitch()) == Exited(0)


def test_at_a_timeout_the_child_may_say_where_it_hung(python: Python, log: Path) -> None:
    code = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('hung in sleep')\n"
    assert SystemProcesses().run(python(code, timeout=1.5), StopSwitch()) == TimedOut(1.5)
    assert log.read_text() == "hung in sleep\n"


def test_a_child_that_ignores_the_interrupt_is_aborted_and_leaves_a_traceback(
    python: Python, log: Path
) -> None:
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    spawn = python(code, timeout=1.5, interrupt_grace=0.05)
    assert SystemProcesses().run(spawn, StopSwitch()) == TimedOut(1.5)
    assert "Fatal Python error: Aborted" in log.read_text()
    assert 'File "<string>", line 1 in <module>' in log.read_text()


def test_a_child_that_ignores_all_is_killed_after_a_timeout(python: Python, fifo: "Fifo") -> None:
    spawn = python(LISTENER, fifo.path, "nothing", timeout=1.5, interrupt_grace=0.05)
    assert SystemProcesses().run(spawn, StopSwitch()) == TimedOut(1.5)
    assert fifo.rest() == "readySIGINTSIGABRT"


def test_a_child_that_exits_with_0_after_its_timeout_has_timed_out(python: Python) -> None:
    code = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    raise SystemExit(0)\n"
    assert SystemProcesses().run(python(code, timeout=1.5), StopSwitch()) == TimedOut(1.5)


def test_a_second_stop_during_the_grace_of_a_timeout_kills_at_once(
    python: Python, begin: Begin, fifo: "Fifo"
) -> None:
    running = begin(python(LISTENER, fifo.path, "nothing", timeout=1.5))
    fifo.expect("ready")
    fifo.expect("SIGINT")
    running.switch.rise(1, "TERM")
    running.switch.rise(2, "TERM")
    assert running.exit() == TimedOut(1.5)


def test_the_first_stop_lets_the_child_finish_its_own_way(
    python: Python, begin: Begin, fifo: "Fifo", log: Path
) -> None:
    code = (
        "import os, sys, time\nfifo = os.open(sys.argv[1], os.O_WRONLY)\n"
        "try:\n    os.write(fifo, b'ready')\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('tidied up')\n    raise SystemExit(9)\n"
    )
    running = begin(python(code, fifo.path))
    fifo.expect("ready")
    running.switch.rise(1, "INT")
    assert running.exit() == Exited(9)
    assert log.read_text() == "tidied up\n"


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_whatever_signal_we_get_the_group_gets_an_interrupt_first(
    python: Python, begin: Begin, fifo: "Fifo", name: str
) -> None:
    running = begin(python(LISTENER, fifo.path, "SIGINT"))
    fifo.expect("ready")
    running.switch.rise(1, name)
    fifo.expect("SIGINT")
    assert running.exit() == Exited(7)


def test_a_child_that_ignores_the_interrupt_is_terminated_then_killed(
    python: Python, begin: Begin, fifo: "Fifo"
) -> None:
    running = begin(python(LISTENER, fifo.path, "nothing", interrupt_grace=0.2, terminate_grace=0.2))
    fifo.expect("ready")
    running.switch.rise(1, "INT")
    fifo.expect("SIGINT")
    fifo.expect("SIGTERM")
    assert running.exit() == Signalled(signal.SIGKILL)


def test_the_second_stop_kills_at_once(python: Python, begin: Begin, fifo: "Fifo") -> None:
    running = begin(python(LISTENER, fifo.path, "nothing"))
    fifo.expect("ready")
    running.switch.rise(1, "INT")
    fifo.expect("SIGINT")
    running.switch.rise(2, "INT")
    assert running.exit() == Signalled(signal.SIGKILL)


def test_the_whole_group_is_interrupted(python: Python, begin: Begin, fifo: "Fifo") -> None:
    leader = (
        "import subprocess, sys, signal\nsignal.signal(signal.SIGINT, lambda *_: None)\n"
        "raise SystemExit(subprocess.call([sys.executable, '-c', *sys.argv[1:]]))\n"
    )
    running = begin(python(leader, LISTENER, fifo.path, "SIGINT"))
    fifo.expect("ready")
    running.switch.rise(1, "INT")
    fifo.expect("SIGINT")
    assert running.exit() == Exited(7)


def test_an_error_of_ours_leaves_no_child_behind(python: Python, fifo: "Fifo") -> None:
    class Broken(StopSwitch):
        def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
            fifo.expect("ready")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        SystemProcesses().run(python(LISTENER, fifo.path, "nothing"), Broken())
    assert fifo.rest() == ""


def test_nothing_is_started_once_the_run_is_stopping(python: Python, log: Path) -> None:
    switch = StopSwitch()
    switch.rise(1, "INT")
    exit_ = SystemProcesses().run(python("print('ran')"), switch)
    assert exit_ == NotStarted("the run was asked to stop before it was started")
    assert log.read_text() == ""
