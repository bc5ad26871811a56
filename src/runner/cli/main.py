"""The command line's one entry: arguments in, exit code out, every error as one clear message."""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from io import TextIOWrapper

from runner import __version__
from runner.cli.options import Arguments
from runner.cli.parse import Asked, parse
from runner.cli.world import World, real_world
from runner.model.errors import ExitCode, RunnerError


def main(argv: Sequence[str], world: World | None = None) -> int:
    """Run one command line in `world` (the process's own, if None) and return its exit code."""
    try:
        world = world or real_world()
    except RunnerError as error:
        sys.stderr.write(_told(error))
        return error.exit_code
    conceal = world.secrets.concealed
    try:
        asked = parse(argv, world.environ, __version__)
        return _flush(world, _answer(asked, world))
    except RunnerError as error:
        world.stderr.write(conceal(_told(error)))
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is reported as one
        world.stderr.write(conceal(_internal_error(error)))
        return ExitCode.INTERNAL


def _told(error: RunnerError) -> str:
    return "".join(f"error: {problem}\n" for problem in error.problems)


def _answer(asked: Arguments | Asked, world: World) -> int:
    try:
        if isinstance(asked, Asked):
            world.stdout.write(asked.text)
            return ExitCode.PASSED
        verb = import_module(f"runner.cli.verbs.{asked.verb}")
        _collect_garbage_again()
        with redirect_stdout(world.stderr):  # for what plugins print: stdout is for the verb's own output
            code: int = verb.run(asked, world)
    except OSError as error:
        prints_here = isinstance(asked, Asked) or asked.verb != "run"  # whose reporters have their own thread
        if prints_here and error.filename is None:  # an error about a file would name it
            return _lost(world, error, ExitCode.PASSED)
        raise
    return code


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
    if isinstance(world.stdout, TextIOWrapper):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, world.stdout.fileno())
        os.close(null)
    if isinstance(error, BrokenPipeError):
        return code
    world.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
    return code or ExitCode.INTERNAL


def _internal_error(error: Exception) -> str:
    trace = "".join(traceback.format_exception(error))
    return (
        f"{trace}\ninternal error: {type(error).__name__}: {error}\n"
        f"    This is a bug in runner {__version__}: please report it, with these lines and your config.\n"
    )
