"""runner as a real process, for what only a process shows: exit codes, signals, what it imports."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from runner.testing.invocation import Invocation, read_events, read_result

_POLL = 0.01


class Started:
    """A runner that is running. Use it as a context manager: it is killed at the end if it still runs."""

    def __init__(
        self,
        argv: tuple[str, ...],
        *,
        program: tuple[str, ...],
        cwd: Path,
        environ: Mapping[str, str],
        outputs: Path,
    ) -> None:
        self.argv = argv
        self._outputs = outputs
        with (outputs / "stdout").open("wb") as stdout, (outputs / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                [*program, *argv],
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> "Started":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to runner alone, not to its cells."""
        os.kill(self._process.pid, number)

    def wait_for(self, path: Path, timeout: float = 60.0) -> None:
        """Wait until `path` exists: a command under test says so that it got there.

        Raises AssertionError when runner ends before, or after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not path.exists():
            if self._process.poll() is not None and not path.exists():
                raise AssertionError(f"runner ended before {path.name} was there\n{self.said()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{path.name} was not there after {timeout} s\n{self.said()}")
            time.sleep(_POLL)

    def wait(self, timeout: float = 120.0) -> Invocation:
        """Wait for the end; ended by a signal, the exit code is negative.

        Raises AssertionError after `timeout` seconds.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"runner still runs after {timeout} s\n{self.said()}") from None
        return Invocation(
            argv=self.argv,
            exit_code=code,
            stdout=self._read("stdout"),
            stderr=self._read("stderr"),
            events=read_events(self._outputs / "events.jsonl"),
            result=read_result(self._outputs / "result.json"),
        )

    def said(self) -> str:
        """Both streams so far, for messages."""
        return f"--- stdout\n{self._read('stdout')}\n--- stderr\n{self._read('stderr')}"

    def _read(self, stream: str) -> str:
        return (self._outputs / stream).read_text("utf-8", errors="replace")


RUNNER = (sys.executable, "-m", "runner")
"""The program, run by the interpreter that runs the tests."""
