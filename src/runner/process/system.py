"""Processes of this machine."""

import os
import tempfile
from collections.abc import Mapping

from runner.model.ports import Captured, Spawn, Stop
from runner.model.results import Exit, NotStarted
from runner.process.child import Program, start
from runner.process.ending import Survived, see_to_end
from runner.process.ladder import Patience
from runner.process.signals import keep_exit_statuses

_STOPPED = NotStarted("the run was asked to stop before it was started")
_HELPER_INTERRUPT_GRACE = 2.0
_HELPER_TERMINATE_GRACE = 1.0
_STDERR = 2


class SystemProcesses:
    """The `Processes` that starts real ones; make it on the main thread, use it from any.

    Both calls return as soon as the process itself has ended: what it leaves in its group is killed, and
    nothing else it leaves behind is waited for. One that does not even end by KILL is left behind too, and
    its output says so. When the run has been asked to stop already, nothing is started.
    """

    def __init__(self) -> None:
        keep_exit_statuses()

    def run(self, spawn: Spawn, stop: Stop) -> Exit:
        patience = Patience(spawn.timeout, spawn.interrupt_grace, spawn.terminate_grace)
        env = {**spawn.env, "RUNNER_STEP_ID": spawn.step}
        if spawn.log is None:
            return _run(
                Program(argv=spawn.argv, cwd=spawn.cwd, env=env, streams=None), patience, stop, _STDERR
            )
        try:
            log = os.open(spawn.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            return NotStarted(f"the log {spawn.log} cannot be written: {error.strerror}")
        try:
            program = Program(argv=spawn.argv, cwd=spawn.cwd, env=env, streams=(log, log))
            return _run(program, patience, stop, log)
        finally:
            os.close(log)

    def capture(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str,
        env: Mapping[str, str],
        stop: Stop,
        timeout: float | None = None,
    ) -> Captured:
        patience = Patience(timeout, _HELPER_INTERRUPT_GRACE, _HELPER_TERMINATE_GRACE)
        with tempfile.TemporaryFile(buffering=0) as out, tempfile.TemporaryFile(buffering=0) as err:
            program = Program(argv=argv, cwd=cwd, env=env, streams=(out.fileno(), err.fileno()))
            exit_ = _run(program, patience, stop, err.fileno())
            return Captured(exit_, _said(out.fileno()), _said(err.fileno()))


def _run(program: Program, patience: Patience, stop: Stop, notes: int) -> Exit:
    """Start and see to the end. `notes` is the descriptor for a word to the reader of the output."""
    if stop.level:
        return _STOPPED
    child = start(program)
    if isinstance(child, NotStarted):
        return child
    try:
        return see_to_end(child, patience, stop, at_terminal=program.streams is None)
    except Survived as survived:
        os.write(notes, f"\nrunner: {survived}\n".encode())
        return survived.exit


def _said(descriptor: int) -> str:
    """Return all that is in the file; the descriptor's offset is the child's too, so it is not moved."""
    size = os.fstat(descriptor).st_size
    chunks, start_ = [], 0
    while start_ < size and (chunk := os.pread(descriptor, size - start_, start_)):
        chunks.append(chunk)
        start_ += len(chunk)
    return b"".join(chunks).decode("utf-8", "replace")
