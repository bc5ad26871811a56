"""One child process, from its start until its pid is given back."""

import errno
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from queue import SimpleQueue

from msgspec import Struct

from runner.model.ports import Leftover
from runner.model.results import NotStarted
from runner.process.family import STEP_VARIABLE, File, files_of
from runner.process.leftovers import Origin, end_leftovers, members
from runner.process.refusal import why_not_started

_BUSY_TRIES = 7  # over about 0.6 s


class Program(Struct, frozen=True, kw_only=True):
    """What to start. `streams` are descriptors for stdout and stderr; None: ours, stdin and group too.

    `stdin` is one to read from; None: nothing, or ours with the other streams. `step` is the id that its
    processes carry, `env` its whole environment but for that.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    step: str
    streams: tuple[int, int] | None
    stdin: int | None = None


class Ended(Struct, frozen=True):
    """The process has ended, with an exit code as `subprocess` gives it. None: somebody else took it."""

    code: int | None


Message = Ended | int


class Child:
    """A started process. Its pid stays ours, and so safe to signal, until `reap`.

    With `group` it leads a session and a process group of its own, and both methods that send signals mean
    the whole group; without, it lives in ours, which is the user's: then they mean it, what descends from it,
    and what carries the id of `step`. `outputs` are files that only processes of the step write to.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], step: str, outputs: frozenset[File], *, group: bool
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._step = step
        self._origin = Origin(step, process.pid, session=group, outputs=outputs)
        self._group = group

    def watch(self, inbox: SimpleQueue[Message]) -> None:
        """Post `Ended` to `inbox` as soon as the process has ended; it stays a zombie until `reap`."""
        threading.Thread(target=self._wait, args=(inbox,), name=f"wait-{self.pid}", daemon=True).start()

    def _wait(self, inbox: SimpleQueue[Message]) -> None:
        try:
            code = self._look() if hasattr(os, "waitid") else self._process.wait()
        except ChildProcessError:
            code = None
        inbox.put(Ended(code))

    def _look(self) -> int:
        """Wait for the end and return the exit code without reaping, which not all systems can.

        macOS before Python 3.13 reaps here, and the pid may be anew for an instant.
        """
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if ended is None:
            raise AssertionError("only who does not want to wait is told nothing")
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone, or not ours to signal, is left alone."""
        if self._group:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
            return
        for pid in members(self._step, self.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def end_leftovers(self, *, patient: bool) -> tuple[Leftover, ...]:
        """End what the process, which has ended, left running; return what did not go by itself.

        With `patient` that gets an instant to do so.
        """
        return end_leftovers(self._origin, patient=patient)

    def reap(self) -> None:
        """Kill what is left of the group, and give the pid back.

        The order matters: while the leader is a zombie nobody else can get its pid as a group id.
        """
        if self._group:
            self.signal(signal.SIGKILL)
        self._process.wait()


def start(program: Program) -> Child | NotStarted:
    """Start `program`; what the system or Python refuses to start is told in words."""
    for attempt in range(_BUSY_TRIES):
        try:
            outputs = files_of(program.streams or ())
            return Child(_popen(program), program.step, outputs, group=program.streams is not None)
        except (OSError, ValueError) as error:
            busy = isinstance(error, OSError) and error.errno == errno.ETXTBSY
            if not busy or attempt == _BUSY_TRIES - 1:
                return NotStarted(why_not_started(program.argv, program.cwd, program.env, error))
            # A child of another thread, not yet at its exec, still holds the file open that we just wrote.
            time.sleep(0.01 * 2**attempt)
    raise AssertionError("the loop returns")


def _popen(program: Program) -> subprocess.Popen[bytes]:
    own = program.streams is not None
    stdout, stderr = program.streams or (None, None)
    return subprocess.Popen(
        program.argv,
        cwd=program.cwd,
        env={**program.env, STEP_VARIABLE: program.step},
        stdin=subprocess.DEVNULL if own and program.stdin is None else program.stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=own,
    )
