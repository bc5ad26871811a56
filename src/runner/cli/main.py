"""The command line's one entry: arguments in, exit code out, every error as one clear message."""

import gc
import sys
import threading
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from importlib import import_module
from typing import TextIO

from runner import __version__
from runner.cli.options import VERBS, Arguments
from runner.cli.parse import Asked, UnknownWord, parse
from runner.cli.streams import give_up
from runner.cli.world import Replacement, World, real_world
from runner.hooks.slow import PATIENCE, Watch
from runner.model.errors import ExitCode, Interruption, PluginError, RunnerError
from runner.model.visible import visible
from runner.process import signals_to


def main(argv: Sequence[str], world: World | None = None) -> int:
    """Run one command line in `world` (the process's own, if None) and return its exit code."""
    try:
        world = world or real_world()
    except RunnerError as error:
        sys.stderr.write(visible(_told(error)))
        return error.exit_code
    threads = frozenset(threading.enumerate())
    try:
        with _ended_by_signals(), closing(Watch(partial(_warn, world), PATIENCE)) as watch:
            answer = _code(argv, world._replace(watch=watch))
            code = _flush(world, ExitCode.PASSED if isinstance(answer, Replacement) else answer)
            stuck = _stuck_threads(threads)
    except KeyboardInterrupt:
        give_up(world.stdout)
        answer = code = ExitCode.INTERRUPTED
        stuck = _stuck_threads(threads, within=0.0)
    if stuck:
        world.stderr.write(
            f"warning: threads that a plugin started do not end: {', '.join(stuck)}: left behind\n"
        )
        world.stderr.flush()
        world.leave(code)
    return _become(answer, world) if isinstance(answer, Replacement) else code


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let INT, TERM and HUP end what the main thread does, wherever no run listens to them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(name: str) -> None:
        raise Interruption(name)

    with signals_to(end):
        yield


def _become(replacement: Replacement, world: World) -> int:
    """Let the program take the place of this process, whose signals are as they were when it began."""
    why = world.become(replacement)
    world.stderr.write(visible(world.secrets.concealed(f"error: {why}\n")))
    return ExitCode.ENVIRONMENT


def _code(argv: Sequence[str], world: World) -> int | Replacement:

    def shown(text: str) -> str:
        return visible(world.secrets.concealed(text))

    asked: Arguments | Asked | None = None
    try:
        try:
            asked = parse(argv, world.environ, __version__)
        except UnknownWord as unknown:
            asked = unknown.arguments
            asked, world = _asked_again(argv, world, unknown)
        return _answer(asked, world)
    except RunnerError as error:
        cause = error.__cause__ if isinstance(error, PluginError) else None
        if cause is not None and isinstance(asked, Arguments) and asked.verbose:
            world.stderr.write(shown(_trace(cause)))
        world.stderr.write(shown(_told(error)))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is reported as one
        world.stderr.write(shown(_internal_error(error)))
        return ExitCode.INTERNAL


def _stuck_threads(before: Container[threading.Thread], within: float = 5.0) -> tuple[str, ...]:
    """Wait for threads that plugins started, as Python would, but not for ever; name those that go on."""
    until = time.monotonic() + within
    ours = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in ours:
        thread.join(max(0.0, until - time.monotonic()))
    return tuple(thread.name for thread in ours if thread.is_alive())


def _told(error: RunnerError) -> str:
    return "".join(f"error: {problem}\n" for problem in error.problems)


def _answer(asked: Arguments | Asked, world: World) -> int | Replacement:
    try:
        if isinstance(asked, Asked):
            world.stdout.write(_help_within(asked.within, world) if asked.within else asked.text)
            return ExitCode.PASSED
        home = f"verbs.{asked.verb}" if asked.verb in VERBS else "guest_verb"
        verb = import_module(f"runner.cli.{home}")
        _collect_garbage_again()
        with _guests_print_to(world.stderr):
            code: int | Replacement = verb.run(asked, world)
    except OSError as error:
        prints_here = isinstance(asked, Asked) or asked.verb != "run"  # whose reporters have their own thread
        if prints_here and error.filename is None:  # an error about a file would name it
            return _lost(world, error, ExitCode.PASSED)
        raise
    return code


@contextmanager
def _guests_print_to(stream: TextIO) -> Iterator[None]:
    """Send what plugins print there: stdout is for the verb's own output."""
    with redirect_stdout(stream), redirect_stderr(stream):
        yield


def _asked_again(argv: Sequence[str], world: World, unknown: UnknownWord) -> tuple[Arguments | Asked, World]:
    from runner.cli.asking import read_again  # noqa: PLC0415 - start-up

    with _guests_print_to(world.stderr):
        return read_again(argv, world, unknown)


def _help_within(arguments: Arguments, world: World) -> str:
    from runner.cli.asking import help_within  # noqa: PLC0415 - start-up

    with _guests_print_to(world.stderr):
        return help_within(arguments, world)


def _warn(world: World, line: str) -> None:
    """Tell of something while it goes on. In any thread."""
    world.stderr.write(visible(world.secrets.concealed(f"warning: {line}\n")))
    world.stderr.flush()


def _collect_garbage_again() -> None:
    """Look for garbage from now on, but not among what was imported; the entry point switched it off."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _flush(world: World, code: int) -> int:
    try:
        world.stdout.flush()
    except OSError as error:
        return _lost(world, error, code)
    return code


def _lost(world: World, error: OSError, code: int) -> int:
    """Return the exit code now that nothing more can be printed, and keep Python from trying at its end.

    Whoever stopped reading (`runner list | head`) had enough: nothing is wrong then.
    """
    give_up(world.stdout)
    if isinstance(error, BrokenPipeError):
        return code
    world.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
    return code or ExitCode.INTERNAL


def _trace(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - start-up: mostly there is none to show

    return "".join(traceback.format_exception(error))


def _internal_error(error: Exception) -> str:
    return (
        f"{_trace(error)}\ninternal error: {type(error).__name__}: {error}\n"
        f"    This is a bug in runner {__version__}: please report it, with these lines and your config.\n"
    )
