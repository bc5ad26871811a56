"""Output of processes that are given a secret comes into the log without it: live, in order, and whole."""

import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from runner.model.ports import Leftover, Spawn
from runner.model.results import Exited, NotStarted, Signalled
from runner.model.secrets import NO_SECRETS, Concealer
from runner.process import StopSwitch, SystemProcesses
from runner.process.concealing import ConcealingProcesses

SECRET = "hunter2-and-more"  # noqa: S105 - it is none

Python = Callable[..., Spawn]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "scratch" / "private"


@pytest.fixture
def processes(folder: Path) -> ConcealingProcesses:
    return ConcealingProcesses(SystemProcesses(), Concealer((SECRET,)), folder)


def given(spawn: Spawn, **variables: str) -> Spawn:
    return replace(spawn, env={**spawn.env, "TOKEN": SECRET, **variables})


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("way", ["variable", "argument", "otherwise"])
def test_what_is_given_a_secret_cannot_print_it(
    processes: ConcealingProcesses, python: Python, log: Path, folder: Path, way: str
) -> None:
    says = f"print('<{SECRET[:5]}' + '{SECRET[5:]}>')"
    spawn = {
        "variable": given(python(says)),
        "argument": python(says, f"--token={SECRET}"),
        "otherwise": replace(python(says), given=(SECRET,)),
    }[way]
    log.write_text("before\n")
    assert processes.run(spawn, StopSwitch()) == Exited(0)
    assert log.read_text() == "before\n<***>\n"
    assert list(folder.iterdir()) == []


def test_what_comes_later_into_the_same_log_is_concealed_too(
    processes: ConcealingProcesses, python: Python, tmp_path: Path, log: Path
) -> None:
    leaves = "import os; open('left', 'w').write(os.environ['TOKEN'])"
    assert processes.run(given(python(leaves)), StopSwitch()) == Exited(0)
    assert processes.run(python("print(open('left').read())"), StopSwitch()) == Exited(0)
    assert (tmp_path / "left").read_text() == SECRET
    assert log.read_text() == "***\n"


def test_who_sees_no_secret_writes_straight_to_the_log(python: Python, log: Path, folder: Path) -> None:
    file = f"import os; print(os.path.samestat(os.fstat(1), os.stat({str(log)!r})))"
    for concealer in (Concealer((SECRET,)), NO_SECRETS):
        spawn = python(file) if concealer else given(python(file))
        assert ConcealingProcesses(SystemProcesses(), concealer, folder).run(spawn, StopSwitch()) == Exited(0)
    assert log.read_text() == "True\nTrue\n"
    assert not folder.exists()


def test_output_comes_live_and_only_the_beginning_of_a_secret_waits(
    processes: ConcealingProcesses, python: Python, tmp_path: Path, log: Path, folder: Path
) -> None:
    waits = "while not os.path.exists(sys.argv[1]): time.sleep(0.01)"
    code = f"import os, sys, time; os.write(1, b'said hunter2-'); exec({waits!r}); os.write(1, b'and-more')"
    go_on = tmp_path / "go-on"
    worker = Thread(target=processes.run, args=(given(python(code, str(go_on))), StopSwitch()))
    worker.start()
    try:
        wait_until(lambda: log.exists() and log.read_bytes())
        assert log.read_text() == "said "
        private = next(folder.iterdir())
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, private)] == [0o700, 0o600]
        wait_until(lambda: private.read_text() == "said hunter2-")
    finally:
        go_on.touch()
        worker.join()
    assert log.read_text() == "said ***"


def test_much_output_comes_whole(processes: ConcealingProcesses, python: Python, log: Path) -> None:
    code = f"import os; piece = b'x' * 9990 + b'{SECRET} hunter2-'\nfor _ in range(1000): os.write(1, piece)"
    assert processes.run(given(python(code)), StopSwitch()) == Exited(0)
    assert log.read_bytes() == (b"x" * 9990 + b"*** hunter2-") * 1000


def test_a_process_that_is_killed_has_its_last_words(
    processes: ConcealingProcesses, python: Python, log: Path
) -> None:
    code = "import os; os.write(1, b'last words hunter2-'); os.kill(os.getpid(), 9)"
    assert processes.run(given(python(code)), StopSwitch()) == Signalled(9)
    assert log.read_text() == "last words hunter2-"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere leftovers are not seen")
def test_what_is_said_of_leftovers_comes_after_the_output(
    processes: ConcealingProcesses, python: Python, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.process.concealing._LOOK_AGAIN", 600.0)

    def note(leftovers: tuple[Leftover, ...]) -> None:
        with log.open("a") as file:
            file.write(f"{len(leftovers)} left\n")

    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    says = f"{code}; print('the output, {SECRET}')"
    assert processes.run(given(python(says)), StopSwitch(), note) == Exited(0)
    assert log.read_text() == "the output, ***\n1 left\n"


def test_a_program_may_truncate_its_output(processes: ConcealingProcesses, python: Python, log: Path) -> None:
    code = f"""
import os, time
os.write(1, b'first {SECRET} and more than comes then\\n')
while not os.path.getsize({str(log)!r}): time.sleep(0.01)
os.ftruncate(1, 0)
os.write(1, b'then {SECRET}\\n')
"""
    log.touch()
    assert processes.run(given(python(code)), StopSwitch()) == Exited(0)
    assert log.read_text().endswith("then ***\n")


def test_a_log_that_cannot_be_opened_starts_nothing(
    processes: ConcealingProcesses, python: Python, tmp_path: Path, folder: Path
) -> None:
    spawn = replace(given(python("open('ran', 'w')")), log=str(tmp_path / "none" / "cell.log"))
    exit_ = processes.run(spawn, StopSwitch())
    assert exit_ == NotStarted(f"the log {spawn.log} cannot be written: No such file or directory")
    assert not (tmp_path / "ran").exists()
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")  # noqa: PTH110 - of the device
def test_of_a_log_that_cannot_be_written_the_exit_stays_and_the_fault_is_told(
    processes: ConcealingProcesses, python: Python, tmp_path: Path, folder: Path
) -> None:
    lost: list[str] = []
    spawn = replace(given(python("print('x' * 10_000_000); open('ran', 'w'); exit(7)")), log="/dev/full")
    assert processes.run(spawn, StopSwitch(), lost=lost.append) == Exited(7)
    assert lost == ["No space left on device"]
    assert (tmp_path / "ran").exists()
    assert list(folder.iterdir()) == []


def test_a_program_that_is_not_found_leaves_no_file(
    processes: ConcealingProcesses, python: Python, folder: Path
) -> None:
    spawn = replace(given(python("")), argv=("/no/such/program",))
    assert isinstance(processes.run(spawn, StopSwitch()), NotStarted)
    assert list(folder.iterdir()) == []
