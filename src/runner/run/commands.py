"""Running the commands of an attempt: setup, commands, teardown."""

import os
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import Command
from runner.model.ports import Spawn, Stop
from runner.model.results import Exit, Exited, NotStarted, Outcome, StepResult, TimedOut
from runner.run import junit
from runner.run.programs import find_program
from runner.run.record import Record, cancel_reason
from runner.run.words import command_line, exit_words, first_line, seconds

CommandPhase = Literal["setup", "command", "teardown"]


class Verdict(Struct, frozen=True):
    """How a row of commands went. `reason` is empty when they passed."""

    outcome: Outcome
    reason: str = ""


PASSED = Verdict("passed")


class Bench(Struct, frozen=True):
    """What the commands of one attempt have in common. `project` is what the project says about JUnit."""

    record: Record
    environment: Environment
    folder: Path
    project: str | None


class Row(Struct, frozen=True, kw_only=True):
    """Commands that share a time limit: `deadline` is on the clock that never goes back."""

    phase: CommandPhase
    commands: tuple[Command, ...]
    deadline: float | None
    stop: Stop
    keep_going: bool


def deadline(record: Record) -> float | None:
    """Return when the session's timeout, counted from now, is used up."""
    timeout = record.cell.settings.timeout
    return None if timeout is None else record.tools.clock.monotonic() + timeout


def run_row(bench: Bench, row: Row) -> Verdict:
    """Run commands in order; the first that fails ends it unless `keep_going`; a timeout of all ends it."""
    worst = PASSED
    for command in row.commands:
        if row.stop.level:
            return Verdict("cancelled", cancel_reason(bench.record.tools))
        left = None if row.deadline is None else row.deadline - bench.record.tools.clock.monotonic()
        result = _run(bench, row, command, left)
        if result.ok:
            continue
        worst = max(worst, _verdict(bench, row, result), key=_weight)
        used_up = row.deadline is not None and row.deadline <= bench.record.tools.clock.monotonic()
        if row.stop.level or used_up or not row.keep_going:
            break
    return worst


def _weight(verdict: Verdict) -> int:
    return ("passed", "error", "failed", "cancelled").index(verdict.outcome)


def _verdict(bench: Bench, row: Row, result: StepResult) -> Verdict:
    """The level of the stop decides, not the exit: what was killed ends in many ways."""
    if bench.record.tools.stop.level:
        return Verdict("cancelled", cancel_reason(bench.record.tools))
    what = "" if row.phase == "command" else f"{row.phase}: "
    said = f"{what}`{command_line(result.argv)}` {result.reason}"
    bench.record.log.note(said)
    return Verdict("error" if isinstance(result.exit, NotStarted) else "failed", said)


def _run(bench: Bench, row: Row, command: Command, left: float | None) -> StepResult:
    record = bench.record
    record.log.note(f"$ {command_line(command.argv)}")
    since = record.begin(row.phase, command.argv)
    exit_ = TimedOut(0.0) if left is not None and left <= 0 else _spawn(bench, row, command, left)
    words, ignorable = _words(exit_, command, record.cell.settings.timeout, left)
    if isinstance(exit_, Exited) and exit_.code in command.ok_codes:
        ok, reason = True, ""
    elif command.ignore_failure and ignorable and not row.stop.level:
        ok, reason = True, f"{words}, which is ignored"
    else:
        ok, reason = False, words
    return record.end(row.phase, since, exit_, ok=ok, reason=reason, argv=command.argv)


def _words(exit_: Exit, command: Command, session: float | None, left: float | None) -> tuple[str, bool]:
    """Return how a command ended, and whether that is its own failure, which it may be allowed."""
    if not isinstance(exit_, TimedOut):
        return exit_words(exit_), not isinstance(exit_, NotStarted)
    if session is not None and left is not None and (command.timeout is None or left <= command.timeout):
        return f"timed out: the session's timeout of {seconds(session)} is used up", False
    return f"{exit_words(exit_)}, the command's timeout", True


def _spawn(bench: Bench, row: Row, command: Command, left: float | None) -> Exit:
    record = bench.record
    outer = _outer_path(bench, command)
    try:
        program = find_program(record.cell, command, bench.environment, outer)
    except CellError as error:
        return NotStarted(first_line(error.message))
    number = record.next_command()
    env = _variables(bench, command, outer)
    asked = junit.ask(
        command,
        env,
        bench.folder,
        number,
        setting=record.cell.settings.junit,
        project=bench.project,
    )
    times = [time for time in (left, command.timeout) if time is not None]
    spawn = Spawn(
        argv=(program, *command.argv[1:]),
        cwd=command.cwd,
        env={**env, **asked.variables},
        log=None if record.tools.job.passthrough else str(record.log.path),
        step=f"{record.tools.job.id}-{record.cell.cell.folder}-{record.number}-{number}",
        timeout=min(times, default=None),
        interrupt_grace=record.cell.settings.interrupt_grace,
        terminate_grace=record.cell.settings.terminate_grace,
    )
    exit_ = record.tools.processes.run(spawn, row.stop)
    try:
        junit.take(asked)
    except OSError as error:
        record.warn(f"the test results in {asked.named} could not be read: {error.strerror}")
    return exit_


def _outer_path(bench: Bench, command: Command) -> str:
    outer = command.env.get("PATH", bench.record.cell.variables.get("PATH"))
    return outer or ""


def _variables(bench: Bench, command: Command, outer: str) -> dict[str, str]:
    """Return the whole environment of a command: the environment's programs are first on PATH."""
    env = {**bench.record.cell.variables, **bench.environment.variables}
    for name, value in command.env.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    folders = [*bench.environment.programs, *([outer] if outer else [])]
    return {**env, "PATH": os.pathsep.join(folders)}
