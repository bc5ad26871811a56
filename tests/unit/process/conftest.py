"""Real children, and ways to hear from them without sleeping."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import pytest

from runner.model.ports import Spawn
from runner.model.results import Exit
from runner.process import StopSwitch, SystemProcesses


class Fifo:
    """A named pipe that children write to; its end comes when the last of them is gone."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def expect(self, text: str) -> None:
        """Wait for `text`, which must come next."""
        came = ""
        while came != text:
            part = self._read(len(text) - len(came))
            came += part
            assert part, f"the writers have gone after {came!r}"
            assert text.startswith(came)

    def rest(self) -> str:
        """Wait until all writers have gone and return what they wrote."""
        parts = list(iter(lambda: self._read(4096), ""))
        return "".join(parts)

    def line(self) -> str:
        """Wait for a line, and return it without its end."""
        came = ""
        while not came.endswith("\n"):
            part = self._read(1)
            assert part, f"the writers have gone after {came!r}"
            came += part
        return came[:-1]

    def _read(self, size: int) -> str:
        readable, _, _ = select.select([self._descriptor], [], [], 30)
        assert readable, "nobody wrote within 30 s"
        return os.read(self._descriptor, size).decode()

    def close(self) -> None:
        os.close(self._descriptor)


class Running:
    """A `SystemProcesses.run` under way in another thread."""

    def __init__(self, spawn: Spawn, switch: StopSwitch) -> None:
        self.switch = switch
        self._pool = ThreadPoolExecutor(1)
        self._exit: Future[Exit] = self._pool.submit(SystemProcesses().run, spawn, switch)
        self._pool.shutdown(wait=False)

    def exit(self) -> Exit:
        return self._exit.result(30)


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "fifo")
    yield pipe
    pipe.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "cell.log"


@pytest.fixture
def python(tmp_path: Path, log: Path) -> Callable[..., Spawn]:
    """Give a maker of spawns that run Python code; its `arguments` become `sys.argv[1:]`."""

    def spawn(
        code: str,
        *arguments: str,
        timeout: float | None = None,
        interrupt_grace: float = 30.0,
        terminate_grace: float = 30.0,
    ) -> Spawn:
        return Spawn(
            argv=(sys.executable, "-c", code, *arguments),
            cwd=str(tmp_path),
            env={"PYTHONFAULTHANDLER": "1", "PYTHONUNBUFFERED": "1"},
            log=str(log),
            step=f"{token_hex()}-1",
            timeout=timeout,
            interrupt_grace=interrupt_grace,
            terminate_grace=terminate_grace,
        )

    return spawn


@pytest.fixture
def begin() -> Iterator[Callable[[Spawn], Running]]:
    switch = StopSwitch()
    yield lambda spawn: Running(spawn, switch)
    switch.rise(2)
