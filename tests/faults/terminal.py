"""runner at a terminal: a pseudo-terminal that it leads a session at, seen from the keyboard's side."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from runner.testing import Invocation, Project
from runner.testing.invocation import read_events, read_result

_LIMIT = 60.0

_AT_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "runner", *sys.argv[1:]])
"""


class Terminal:
    """A terminal with a runner at it; use it as a context manager."""

    def __init__(self, project: Project, *argv: str) -> None:
        self._argv = argv
        self._outputs = project.folder / "terminal"
        self._outputs.mkdir()
        self._keyboard: int | None
        self._keyboard, screen = os.openpty()
        asked = {
            "RUNNER_EVENTS": str(self._outputs / "events.jsonl"),
            "RUNNER_REPORT": f"json={self._outputs / 'result.json'}",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *argv],
            stdin=screen,
            stdout=screen,
            stderr=screen,
            cwd=project.root,
            env={**project.environ, **asked, "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(screen)
        self.seen = ""

    def __enter__(self) -> "Terminal":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self.close()

    def type(self, text: str) -> None:
        assert self._keyboard is not None
        os.write(self._keyboard, text.encode())

    def close(self) -> None:
        """Close the terminal, as when its window goes."""
        if self._keyboard is not None:
            os.close(self._keyboard)
            self._keyboard = None

    def wait_for_file(self, path: Path) -> None:
        """Wait until `path` exists. Raises AssertionError after a minute."""
        self._until(path.exists, f"{path.name} was not there")

    def wait_for(self, text: str) -> None:
        """Wait until `text` was on the screen. Raises AssertionError after a minute."""
        self._until(lambda: text in self.seen, f"{text!r} was not seen")

    def wait(self) -> Invocation:
        """Wait for the end. Raises AssertionError after a minute."""
        self._until(lambda: self._process.poll() is not None, "runner did not end")
        self._look(0)
        return Invocation(
            argv=self._argv,
            exit_code=self._process.returncode,
            stdout=self.seen,
            stderr="",
            events=read_events(self._outputs / "events.jsonl"),
            result=read_result(self._outputs / "result.json"),
        )

    def _until(self, done: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + _LIMIT
        while not done():
            assert time.monotonic() < until, f"{otherwise} within {_LIMIT:g} s; on the screen: {self.seen}"
            self._look(0.02)

    def _look(self, seconds: float) -> None:
        """Read what came to the screen, which would hold up who writes there, for at most so long."""
        if self._keyboard is None:
            time.sleep(seconds)
            return
        while select.select([self._keyboard], [], [], seconds)[0]:
            try:
                self.seen += os.read(self._keyboard, 65536).decode("utf-8", "replace")
            except OSError:  # nobody has it open any more
                return
            seconds = 0
