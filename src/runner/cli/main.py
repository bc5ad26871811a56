"""The command line's one entry: arguments in, exit code out, every error as one clear message."""

import os
import traceback
from collections.abc import Sequence
from importlib import import_module

from runner import __version__
from runner.cli.options import Arguments, Asked, parse
from runner.cli.world import World, real_world
from runner.model.errors import ExitCode, RunnerError


def main(argv: Sequence[str], world: World | None = None) -> int:
    """Run one command line in `world` (the process's own, if None) and return its exit code."""
    world = world or real_world()
    try:
        asked = parse(argv, world.environ, __version__)
        if isinstance(asked, Asked):
            world.stdout.write(asked.text)
            return ExitCode.PASSED
        return _dispatch(asked, world)
    except RunnerError as error:
        for problem in error.problems:
            world.stderr.write(f"error: {problem}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _quiet_after_broken_pipe(world)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is reported as one
        world.stderr.write(_internal_error(error))
        return ExitCode.INTERNAL


def _dispatch(arguments: Arguments, world: World) -> int:
    verb = import_module(f"runner.cli.verbs.{arguments.verb}")
    code: int = verb.run(arguments, world)
    world.stdout.flush()
    return code


def _quiet_after_broken_pipe(world: World) -> int:
    """Whoever read our output has gone (`runner list | head`): nothing is wrong, and nobody can be told."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, world.stdout.fileno())
    os.close(null)
    return ExitCode.PASSED


def _internal_error(error: Exception) -> str:
    trace = "".join(traceback.format_exception(error))
    return (
        f"{trace}\ninternal error: {type(error).__name__}: {error}\n"
        f"    This is a bug in runner {__version__}: please report it, with these lines and your config.\n"
    )
