"""A step runs to its own end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.model.ports import Spawn
from runner.model.results import Exited, NotStarted, Signalled
from runner.process import StopSwitch, SystemProcesses

if TYPE_CHECKING:
    from tests.unit.process.conftest import Fifo

Python = Callable[..., Spawn]

# Its grandchild keeps the output and a fifo, argv[1], open, says its pid there, and stays for a minute.
GRANDCHILD = """
import subprocess, sys
code = "import os, sys, time; kept = open(sys.argv[1], 'w', 1); print(os.getpid(), file=kept); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1]], start_new_session=sys.argv[3] == "away")
open(sys.argv[2]).read()
"""


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_is_kept(python: Python, code: int) -> None:
    assert SystemProcesses().run(python(f"raise SystemExit({code})"), StopSwitch()) == Exited(code)


def test_a_death_by_signal_is_told_by_its_number(python: Python) -> None:
    suicide = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert SystemProcesses().run(suicide, StopSwitch()) == Signalled(signal.SIGKILL)


def test_both_streams_are_appended_to_the_log_in_the_order_written(python: Python, log: Path) -> None:
    log.write_text("before\n")
    code = "import sys; print('one'); print('two', file=sys.stderr); print('three')"
    SystemProcesses().run(python(code), StopSwitch())
    assert log.read_text() == "before\none\ntwo\nthree\n"


def test_output_that_is_no_utf8_reaches_the_log_as_it_is(python: Python, log: Path) -> None:
    SystemProcesses().run(python(r"import os; os.write(1, b'\xff\xfe\x00')"), StopSwitch())
    assert log.read_bytes() == b"\xff\xfe\x00"


def test_the_child_reads_an_empty_stdin_in_a_session_and_a_folder_of_its_own(
    python: Python, log: Path, tmp_path: Path
) -> None:
    code = (
        "import os, sys; print([sys.stdin.read(), os.getsid(0) == os.getpid() == os.getpgrp(), os.getcwd()])"
    )
    SystemProcesses().run(python(code), StopSwitch())
    assert log.read_text() == f"{['', True, str(tmp_path)]}\n"


def test_the_child_sees_its_variables_and_its_step_id_and_nothing_else(
    python: Python, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "1")
    SystemProcesses().run(python("import os; print(sorted(os.environ))"), StopSwitch())
    names = {"PYTHONFAULTHANDLER", "PYTHONUNBUFFERED", "RUNNER_STEP_ID"}
    assert set(log.read_text().strip("[]\n").replace("'", "").split(", ")) - {"LC_CTYPE"} == names


def test_the_child_inherits_no_descriptor_of_ours(python: Python, log: Path) -> None:
    read, write = os.pipe()
    try:
        code = "import os, sys; [os.fstat(int(number)) for number in sys.argv[1:]]"
        SystemProcesses().run(python(code, str(read), str(write)), StopSwitch())
    finally:
        os.close(read)
        os.close(write)
    assert "Bad file descriptor" in log.read_text()


def test_a_grandchild_that_holds_the_output_open_is_not_waited_for(
    python: Python, fifo: "Fifo", tmp_path: Path
) -> None:
    def let_go_once_it_runs() -> None:
        fifo.line()
        (tmp_path / "go").write_text("")

    os.mkfifo(tmp_path / "go")
    with ThreadPoolExecutor(1) as pool:
        released = pool.submit(let_go_once_it_runs)
        exit_ = SystemProcesses().run(python(GRANDCHILD, fifo.path, "go", "away"), StopSwitch())
        released.result()
    assert exit_ == Exited(0)


def test_a_grandchild_left_in_the_session_is_gone_afterwards(
    python: Python, fifo: "Fifo", tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    with ThreadPoolExecutor(1) as pool:
        released = pool.submit(lambda: (fifo.line(), (tmp_path / "go").write_text("")))
        exit_ = SystemProcesses().run(python(GRANDCHILD, fifo.path, "go", "stays"), StopSwitch())
        released.result()
    assert exit_ == Exited(0)
    assert fifo.rest() == "", "the grandchild would have held the fifo for a minute"


def test_two_hundred_short_children_of_eight_threads_keep_their_own_exit_codes(tmp_path: Path) -> None:
    processes, switch = SystemProcesses(), StopSwitch()

    def run(number: int) -> object:
        argv = ("/bin/sh", "-c", f"echo {number}; exit {number}")
        log = str(tmp_path / str(number))
        return processes.run(Spawn(argv=argv, cwd="/", env={}, log=log, step=str(number)), switch)

    with ThreadPoolExecutor(8) as pool:
        exits = list(pool.map(run, range(200)))
    assert exits == [Exited(number) for number in range(200)]
    assert [(tmp_path / str(number)).read_text() for number in range(200)] == [f"{n}\n" for n in range(200)]


def test_a_log_that_cannot_be_written_is_a_reason_not_to_start(python: Python, log: Path) -> None:
    log.mkdir()
    assert SystemProcesses().run(python(""), StopSwitch()) == NotStarted(
        f"the log {log} cannot be written: Is a directory"
    )


def test_only_who_starts_processes_pays_for_it() -> None:
    code = (
        "import sys; from runner.process import usable_cpus, SystemClock, StopSwitch, signals_to\n"
        "early = 'runner.process.system' in sys.modules; from runner.process import SystemProcesses\n"
        "print(early, {'logging', 'asyncio', 'sqlite3', 'filelock'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "False set()\n"
