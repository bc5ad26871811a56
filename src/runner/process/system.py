"""Processes of this machine."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

from msgspec.structs import replace

from runner.model.ports import Captured, Spawn, Stop, TellLeftovers, TellLost, tell_nobody
from runner.model.results import Exit, NotStarted
from runner.nofollow import open_file
from runner.process.child import Program, start
from runner.process.ending import Survived, see_to_end
from runner.process.guard import Guard, unnamed_file
from runner.process.ladder import Patience
from runner.process.leftovers import adopt_orphans, leave_orphans
from runner.process.pause import stopping_with_us
from runner.process.refusal import why_not_started
from runner.process.signals import default_signals, keep_exit_statuses

_STOPPED = NotStarted("the run was asked to stop before it was started")
_HELPER_INTERRUPT_GRACE = 2.0
_HELPER_TERMINATE_GRACE = 1.0
_STDERR = 2


class SystemProcesses:
    """The `Processes` that starts real ones; make it on the main thread, use it from any.

    Both calls return when the process has ended, and what it left running is killed: on Linux all of it,
    elsewhere its group. One that does not even end by KILL is left behind, and its output says so.
    When the run has been asked to stop already, nothing is started. Should this process be killed, a guard
    ends what is under way.
    """

    def __init__(self) -> None:
        keep_exit_statuses()
        adopt_orphans()
        self._guard = Guard()

    def run(
        self,
        spawn: Spawn,
        stop: Stop,
        leaked: TellLeftovers = tell_nobody,
        lost: TellLost = tell_nobody,  # noqa: ARG002 - what cannot be written the process itself is told
    ) -> Exit:
        patience = Patience(spawn.timeout, spawn.interrupt_grace, spawn.terminate_grace)
        program = Program(argv=spawn.argv, cwd=spawn.cwd, env=spawn.env, step=spawn.step, streams=None)
        with ExitStack() as stack:
            if spawn.stdin is not None:
                stdin = stack.enter_context(os.fdopen(unnamed_file(), "w+b"))
                stdin.write(spawn.stdin.encode())
                stdin.seek(0)
                program = replace(program, stdin=stdin.fileno())
            return self._run_logged(program, spawn.log, patience, stop, leaked)

    def become(self, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
        """Let another program take the place of this process; return, with the reason, only if it cannot.

        `argv[0]` is an absolute path, `env` the program's whole environment. Nothing may be under way.
        """
        self._guard.close()
        leave_orphans()
        default_signals()
        try:
            os.execve(argv[0], argv, env)  # noqa: S606 - a shell is what nobody asked for
        except (OSError, ValueError) as error:
            return why_not_started(argv, os.curdir, env, error)

    def _run_logged(
        self, program: Program, path: str | None, patience: Patience, stop: Stop, leaked: TellLeftovers
    ) -> Exit:
        if path is None:
            return self._run(program, patience, stop, _STDERR, leaked)
        try:
            log = open_file(Path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        except OSError as error:
            return NotStarted(f"the log {path} cannot be written: {error.strerror}")
        try:
            return self._run(replace(program, streams=(log, log)), patience, stop, log, leaked)
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
        daemons: bool = False,
    ) -> Captured:
        patience = Patience(timeout, _HELPER_INTERRUPT_GRACE, _HELPER_TERMINATE_GRACE)
        step = f"helper-{token_hex(12)}"
        with os.fdopen(unnamed_file(), "rb") as out, os.fdopen(unnamed_file(), "rb") as err:
            program = Program(argv=argv, cwd=cwd, env=env, step=step, streams=(out.fileno(), err.fileno()))
            exit_ = self._run(program, patience, stop, err.fileno(), None if daemons else tell_nobody)
            return Captured(exit_, _said(out.fileno()), _said(err.fileno()))

    def _run(
        self,
        program: Program,
        patience: Patience,
        stop: Stop,
        notes: int,
        leaked: TellLeftovers | None,
    ) -> Exit:
        """Start and see to the end. `notes` is the descriptor for a word to the reader of the output."""
        if stop.level:
            return _STOPPED
        try:
            self._guard.expect(program.step)
        except OSError as error:
            return NotStarted(f"the process that guards the run cannot be started: {error.strerror}")
        try:
            exit_ = self._to_the_end(program, patience, stop, leaked)
        except Survived as survived:
            os.write(notes, f"\nrunner: {survived}\n".encode())
            exit_ = survived.exit
        # Not so after an error: then the guard ends what may be left, when runner has ended.
        self._guard.ended(program.step)
        return exit_

    def _to_the_end(
        self, program: Program, patience: Patience, stop: Stop, leaked: TellLeftovers | None
    ) -> Exit:
        child = start(program)
        if isinstance(child, NotStarted):
            return child
        if program.streams is None:
            return see_to_end(child, patience, stop, at_terminal=True, leaked=leaked)
        self._guard.began(program.step, child.pid)
        with stopping_with_us(child.pid):
            return see_to_end(child, patience, stop, at_terminal=False, leaked=leaked)


def _said(descriptor: int) -> str:
    """Return all that is in the file; the descriptor's offset is the child's too, so it is not moved."""
    size = os.fstat(descriptor).st_size
    chunks, start_ = [], 0
    while start_ < size and (chunk := os.pread(descriptor, size - start_, start_)):
        chunks.append(chunk)
        start_ += len(chunk)
    return b"".join(chunks).decode("utf-8", "replace")
