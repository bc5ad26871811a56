"""runner behind pipes and at terminals whose other end is the test's."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from runner.testing import Project

PATIENCE = 60.0
RUNNER = (sys.executable, "-m", "runner")

# Makes the terminal at stdin that of a new session, and runs argv[1:] as a shell would, as a job of its own.
# What the test writes to the pipe 3: `f` puts the job into the foreground and lets it go on. How the job
# stops and ends goes to the pipe 4.
SHELL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
foreground = sys.argv[1] == "fg"
job = os.fork()
if not job:
    os.setpgid(0, 0)
    if foreground:
        os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.close(3)
    os.close(4)
    os.execv(sys.argv[2], sys.argv[2:])
os.write(4, b"job %d\\n" % job)
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        os.write(4, b"code %d\\n" % os.waitstatus_to_exitcode(status))
        break
    os.tcsetpgrp(0, os.getpgrp())
    os.write(4, b"stopped %s\\n" % signal.Signals(os.WSTOPSIG(status)).name.encode())
    os.read(3, 1)
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
"""


def wait_for(true: Callable[[], object], what: str) -> None:
    """Wait until `true()`. Raises AssertionError when that takes too long."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"{what}: not after {PATIENCE:g} s"
        time.sleep(0.01)


class Piped:
    """A runner whose stdout (and stderr, if `both`) is a pipe that the test reads, or does not."""

    def __init__(self, project: Project, *argv: str, both: bool = False, blocking: bool = True) -> None:
        self.stderr_file = project.folder / "stderr"
        self._reading, writing = os.pipe()
        os.set_blocking(writing, blocking)
        with self.stderr_file.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*RUNNER, *argv],
                cwd=project.root,
                env=project.environ,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing if both else stderr,
                start_new_session=True,
            )
        os.close(writing)

    def __enter__(self) -> "Piped":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.stop_reading()

    @property
    def stderr(self) -> str:
        return self.stderr_file.read_text("utf-8")

    def read(self, size: int) -> bytes:
        """Read so many bytes, fewer at the end."""
        data = b""
        while len(data) < size and (more := os.read(self._reading, size - len(data))):
            data += more
        return data

    def read_all(self, *, chunk: int = 1 << 16, pause: float = 0.0) -> str:
        data = b""
        while more := os.read(self._reading, chunk):
            data += more
            time.sleep(pause)
        return data.decode()

    def stop_reading(self) -> None:
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1

    def wait(self) -> int:
        return self.process.wait(PATIENCE)


class AtTerminal:
    """A runner that is a job of a small shell at a terminal whose keyboard the test has."""

    def __init__(self, project: Project, *argv: str, background: bool = False, tostop: bool = False) -> None:
        self.keyboard, screen = os.openpty()
        if tostop:
            subprocess.run(["stty", "tostop"], stdin=screen, check=True)  # noqa: S607 - as users find it
        asked_reading, self._asking = os.pipe()
        self._told, telling = os.pipe()
        shell = (sys.executable, "-c", SHELL, "bg" if background else "fg")
        script = f'exec 3<&{asked_reading} 4>&{telling}; exec "$@"'
        self._shell = subprocess.Popen(
            ["bash", "-c", script, "bash", *shell, *RUNNER, *argv],  # noqa: S607 - as users find it
            cwd=project.root,
            env=project.environ,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
            pass_fds=(asked_reading, telling),
        )
        for descriptor in (screen, asked_reading, telling):
            os.close(descriptor)
        self.seen = ""
        self._news = ""
        self.job = int(self.news("job"))

    def __enter__(self) -> "AtTerminal":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shell.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.job, signal.SIGKILL)
        self._shell.kill()
        self._shell.wait()
        for descriptor in (self.keyboard, self._asking, self._told):
            if descriptor >= 0:
                os.close(descriptor)

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    def foreground(self) -> None:
        """Let the job, which is stopped, go on in the foreground."""
        os.write(self._asking, b"f")

    def news(self, kind: str) -> str:
        """Wait until the shell tells `kind` of the job, reading the screen meanwhile; return what it is."""
        until = time.monotonic() + PATIENCE
        while True:
            for line in self._news.splitlines(keepends=True):
                if line.startswith(f"{kind} ") and line.endswith("\n"):
                    self._news = self._news.replace(line, "", 1)
                    return line.removeprefix(f"{kind} ").rstrip()
            assert time.monotonic() < until, f"no news of {kind!r}: {self._news!r}\n{self.seen}"
            self.look(0.05)

    def look(self, wait: float, *, screen: bool = True) -> None:
        """Take what is on the screen, unless nobody looks at it, and what the shell tells."""
        watched = [self._told, *([self.keyboard] if screen and self.keyboard >= 0 else [])]
        for descriptor in select.select(watched, [], [], wait)[0]:
            try:
                text = os.read(descriptor, 1 << 16).decode("utf-8", "replace")
            except OSError:  # nobody has the terminal open any more
                text = ""
            if descriptor == self._told:
                self._news += text
            else:
                self.seen += text

    def wait_to_see(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < until, f"{text!r} is not on the screen\n{self.seen}\n{self._news}"
            self.look(0.05)

    def close_terminal(self) -> None:
        os.close(self.keyboard)
        self.keyboard = -1
