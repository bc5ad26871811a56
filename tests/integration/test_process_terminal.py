"""Passthrough: a step that shares our terminal, streams and process group, under a pseudo-terminal."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Runs argv[2:] as a passthrough step at its own terminal, as a run would: workers wait, the main thread gets
# the signals. A bystander shares the process group. The exit goes to the file argv[1].
DRIVER = """
import fcntl, json, os, subprocess, sys, termios
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
import msgspec
from runner.model.ports import Spawn
from runner.process import StopSwitch, SystemProcesses, signals_to

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signals, switch, processes = SimpleQueue(), StopSwitch(), SystemProcesses()
spawn = Spawn(
    argv=(sys.executable, "-c", *sys.argv[2:]), cwd=os.getcwd(), env=dict(os.environ), log=None,
    step="run/cell/1", interrupt_grace=float(os.environ["GRACE"]), terminate_grace=30,
)
bystander = subprocess.Popen(["/bin/sh", "-c", "trap '' INT; exec sleep 60"])
with signals_to(signals.put), ThreadPoolExecutor(1) as pool:
    running = pool.submit(processes.run, spawn, switch)
    running.add_done_callback(lambda _: signals.put(""))
    level = 0
    while name := signals.get():
        level += 1
        switch.rise(level, name)
survived = bystander.poll() is None
bystander.kill()
bystander.wait()
report = {"exit": msgspec.to_builtins(running.result()), "survived": survived}
open(sys.argv[1], "w").write(json.dumps(report))
"""

# Says each signal at the terminal, and ends with code 7 at the one named by argv[1].
LISTENER = """
import os, signal, sys
def heard(number, frame):
    name = signal.Signals(number).name
    os.write(1, name.encode() + b";")
    if name == sys.argv[1]:
        os._exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, heard)
os.write(1, b"ready;")
while True:
    signal.pause()
"""


class Terminal:
    """A driver at a pseudo-terminal of its own, seen from the keyboard's side."""

    def __init__(self, folder: Path, *code: str, grace: float) -> None:
        self._report = folder / "report"
        self._keyboard, screen = os.openpty()
        self._driver = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(self._report), *code],
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
            cwd=folder,
            env={**os.environ, "GRACE": str(grace)},
        )
        os.close(screen)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._keyboard, text.encode())

    def wait_for(self, text: str) -> None:
        while text not in self.seen:
            readable, _, _ = select.select([self._keyboard], [], [], 30)
            assert readable, f"nothing came after {self.seen!r}"
            self.seen += os.read(self._keyboard, 4096).decode()

    def signal_driver(self, number: signal.Signals) -> None:
        self._driver.send_signal(number)

    def report(self) -> object:
        assert self._driver.wait(30) == 0, self.seen
        return json.loads(self._report.read_text())

    def close(self) -> None:
        self._driver.kill()
        self._driver.wait()
        os.close(self._keyboard)


@pytest.fixture
def at_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened = []

    def open_terminal(*code: str, grace: float = 30.0) -> Terminal:
        opened.append(Terminal(tmp_path, *code, grace=grace))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.close()


def ended(code: int) -> object:
    return {"exit": {"type": "exited", "code": code}, "survived": True}


def test_the_step_has_our_terminal_group_and_step_id(at_terminal: Callable[..., Terminal]) -> None:
    code = (
        "import os; print([os.isatty(n) for n in (0, 1, 2)], os.getpgrp() == os.getppid() == os.getsid(0),"
        " os.environ['RUNNER_STEP_ID']); raise SystemExit(int(input('code? ')))"
    )
    terminal = at_terminal(code)
    terminal.wait_for("code? ")
    terminal.type("42\n")
    assert terminal.report() == ended(42)
    assert "[True, True, True] True run/cell/1" in terminal.seen


def test_the_first_ctrl_c_is_the_terminals_and_is_not_sent_again(
    at_terminal: Callable[..., Terminal],
) -> None:
    terminal = at_terminal(LISTENER, "SIGTERM", grace=0.5)
    terminal.wait_for("ready;")
    terminal.type("\x03")
    terminal.wait_for("SIGTERM;")  # the ladder goes on after the grace
    assert terminal.report() == ended(7)
    assert terminal.seen.count("SIGINT;") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_for_us_alone_is_passed_on_to_the_step_alone(
    at_terminal: Callable[..., Terminal], number: signal.Signals
) -> None:
    terminal = at_terminal(LISTENER, "SIGINT")
    terminal.wait_for("ready;")
    terminal.signal_driver(number)
    assert terminal.report() == ended(7)


def test_the_second_signal_kills_the_step_and_nothing_else(at_terminal: Callable[..., Terminal]) -> None:
    terminal = at_terminal(LISTENER, "nothing")
    terminal.wait_for("ready;")
    terminal.signal_driver(signal.SIGTERM)
    terminal.wait_for("SIGINT;")
    terminal.signal_driver(signal.SIGTERM)
    assert terminal.report() == {"exit": {"type": "signalled", "number": 9}, "survived": True}
