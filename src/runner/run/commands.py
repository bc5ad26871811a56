"""Running the commands of an attempt: setup, commands, teardown."""

import os
from contextlib import suppress
from functools import partial
from glob import glob
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from runner.model.environment import Environment
from runner.model.errors import CellError, first_line
from runner.model.plan import Command, ReadyCell
from runner.model.ports import Leftover, Spawn, Stop
from runner.model.results import Exit, Exited, NotStarted, Outcome, StepResult, TimedOut
from runner.model.words import chosen_time, exit_words, left_words
from runner.nofollow import remove
from runner.run import junit
from runner.run.calls import argv_of_call, stdin_of_call
from runner.run.folders import make_cwd
from runner.run.programs import find_program
from runner.run.progress import Progress, cut_short
from runner.run.words import brief, command_line

CommandPhase = Literal["setup", "command", "teardown"]


class Verdict(Struct, frozen=True):
    """How a batch of commands went. `reason` is empty when they passed."""

    outcome: Outcome
    reason: str = ""


PASSED = Verdict("passed")


class Bench(Struct, frozen=True):
    """What the commands of one attempt have in common.

    `folder` is for their test results, `kept` where those stay: another one when they may hold secrets.
    `package` are variables that tell of the project's wheel.
    """

    progress: Progress
    environment: Environment
    folder: Path
    kept: Path
    package: dict[str, str]

    def results(self, number: int) -> Path:
        """Return the file for the test results of the command with that number."""
        return self.folder / f"{number}.xml"


class Batch(Struct, frozen=True, kw_only=True):
    """Commands that share a time limit: `deadline` is on the clock that never goes back."""

    phase: CommandPhase
    commands: tuple[Command, ...]
    deadline: float | None
    stop: Stop
    keep_going: bool


def deadline(progress: Progress) -> float | None:
    """Return when the session's timeout, counted from now, is used up."""
    timeout = progress.cell.settings.timeout
    return None if timeout is None else progress.tools.clock.monotonic() + timeout


def run_batch(bench: Bench, batch: Batch) -> Verdict:
    """Run commands in order; the first that fails ends it unless `keep_going`; a timeout of all ends it."""
    tools = bench.progress.tools
    worst = PASSED
    for command in batch.commands:
        if batch.stop.level:
            return Verdict(*cut_short(tools, _doing(batch, command)))
        result = _run_with_retries(bench, batch, command)
        if result.ok:
            continue
        worst = max(worst, _verdict(bench, batch, command, result), key=_weight)
        if batch.stop.level or _used_up(bench, batch) or not batch.keep_going:
            break
    return worst


def _weight(verdict: Verdict) -> int:
    return ("passed", "error", "failed", "cancelled").index(verdict.outcome)


def _verdict(bench: Bench, batch: Batch, command: Command, result: StepResult) -> Verdict:
    """The level of the stop decides, not the exit: what was killed ends in many ways."""
    progress = bench.progress
    doing = _doing(batch, command)
    if progress.tools.stop.level:
        verdict = Verdict(*cut_short(progress.tools, doing))
        if batch.stop.level:
            progress.log.note(verdict.reason)
        return verdict
    said = f"{doing} {result.reason}"
    progress.log.note(said)
    return Verdict("error" if isinstance(result.exit, NotStarted) else "failed", said)


def _doing(batch: Batch, command: Command) -> str:
    what = "" if batch.phase == "command" else f"{batch.phase}: "
    return f"{what}`{brief(command.argv)}`"


def _run_with_retries(bench: Bench, batch: Batch, command: Command) -> StepResult:
    """Run the command until it passes or its retries are used up, and return how it went in the end."""
    most = 1 + command.retries
    result = _run(bench, batch, command)
    for number in range(2, most + 1):
        if not _may_pass(bench, batch, result):
            break
        with suppress(OSError):  # the results of the last try count; those that cannot be removed do, too
            remove(bench.results(bench.progress.commands))
        bench.progress.log.note(f"attempt {number} of {most}")
        result = _run(bench, batch, command)
    return result


def _may_pass(bench: Bench, batch: Batch, result: StepResult) -> bool:
    """Whether a command is to be run again: not where its program is missing, or the time is up."""
    ended = result.ok or isinstance(result.exit, NotStarted)
    return not (ended or bench.progress.tools.stop.level or _used_up(bench, batch))


def _used_up(bench: Bench, batch: Batch) -> bool:
    return batch.deadline is not None and batch.deadline <= bench.progress.tools.clock.monotonic()


def _run(bench: Bench, batch: Batch, command: Command) -> StepResult:
    progress = bench.progress
    command = _with_files(command)
    progress.log.note(f"$ {command_line(command.argv)}")
    since = progress.begin(batch.phase, command.argv)
    left = None if batch.deadline is None else batch.deadline - since
    try:
        exit_ = TimedOut(0.0) if left is not None and left <= 0 else _spawn(bench, batch, command, left)
        words, ignorable = _words(exit_, command, progress.cell.settings.timeout, left)
    except Exception as error:  # noqa: BLE001 - whatever broke, the step ends, and teardown still runs
        said = progress.log.note_unexpected(error)
        exit_, words, ignorable = NotStarted(said), f"broke off: {said}", False
    if isinstance(exit_, Exited) and exit_.code in command.ok_codes:
        ok, reason = True, f"{words}, as it may" if exit_.code else ""
    elif command.ignore_failure and ignorable and not batch.stop.level:
        ok, reason = True, f"{words}, which is ignored"
    else:
        ok, reason = False, words
    if ok and reason:
        progress.log.note(f"`{brief(command.argv)}` {reason}")
    return progress.end(batch.phase, since, exit_, ok=ok, reason=reason, argv=command.argv)


def _with_files(command: Command) -> Command:
    """Return the command with the files that its globs match now."""
    if not command.globs:
        return command
    argv: list[str] = []
    for word in command.argv:
        files = command.globs.get(word)
        found = () if files is None else sorted(glob(files.pattern, recursive=True)) or files.default  # noqa: PTH207 - names as they are spelled
        argv += found if files is not None else [word]
    return replace(command, argv=tuple(argv))


def _words(exit_: Exit, command: Command, session: float | None, left: float | None) -> tuple[str, bool]:
    """Return how a command ended, and whether that is its own failure, which it may be allowed."""
    if not isinstance(exit_, TimedOut):
        return exit_words(exit_), not isinstance(exit_, NotStarted)
    if session is not None and left is not None and (command.timeout is None or left <= command.timeout):
        return f"timed out: the session's timeout of {chosen_time(session)} is used up", False
    return f"{exit_words(exit_)}, the command's timeout", True


def _spawn(bench: Bench, batch: Batch, command: Command, left: float | None) -> Exit:
    """Run `command`, for at most `left` seconds, and take the test results that it leaves."""
    progress, cell = bench.progress, bench.progress.cell
    outer = _outer_path(cell, command)
    stdin = None
    try:
        make_cwd(cell, command)
        if command.call is None:
            program = find_program(cell, command, bench.environment, outer)
            argv: tuple[str, ...] = (program, *command.argv[1:])
        else:
            argv = argv_of_call()
            stdin = stdin_of_call(command.call, cell, bench.environment, batch.phase, progress.number)
    except CellError as error:
        return NotStarted(first_line(error.message))
    number = progress.next_command()
    env = _variables(bench, command, outer)
    asked = junit.ask(command, env, bench.results(number), cell)
    times = [time for time in (left, command.timeout) if time is not None]
    spawn = Spawn(
        argv=argv,
        cwd=command.cwd,
        env={**env, **asked.variables},
        stdin=stdin,
        log=None if progress.tools.job.passthrough else str(progress.log.path),
        step=f"{progress.tools.job.id}-{cell.cell.folder}-{progress.number}-{number}",
        timeout=min(times, default=None),
        interrupt_grace=cell.settings.interrupt_grace,
        terminate_grace=cell.settings.terminate_grace,
    )
    leaked = partial(_tell_leftovers, progress, command)
    exit_ = progress.tools.processes.run(spawn, batch.stop, leaked, progress.log.lost)
    try:
        junit.take(asked)
    except OSError as error:
        progress.warn(f"the test results in {asked.named} could not be read: {error.strerror or error}")
    return exit_


def _tell_leftovers(progress: Progress, command: Command, leftovers: tuple[Leftover, ...]) -> None:
    """Say in the log and with the result what a command left running: it may not get to finish its work."""
    said = left_words(brief(command.argv), leftovers)
    progress.log.note(said)
    progress.warn(said)


def _outer_path(cell: ReadyCell, command: Command) -> str:
    return command.env.get("PATH", cell.variables.get("PATH")) or ""


def _variables(bench: Bench, command: Command, outer: str) -> dict[str, str]:
    """Return the whole environment of a command: the environment's programs are first on PATH."""
    environment, cell = bench.environment, bench.progress.cell
    env = {**cell.variables, **bench.package, **environment.beside(cell.settings.env)}
    for name, value in command.env.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    folders = [*environment.programs, *([outer] if outer else [])]
    return {**env, "PATH": os.pathsep.join(folders)}
