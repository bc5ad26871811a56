"""`runner env exec`: run a command in the lasting environment of a cell."""

import os
import shlex
import shutil

from runner.cli.options import Arguments
from runner.cli.places.entering import activation_of, variables_of
from runner.cli.places.making import PlaceError, entered
from runner.cli.places.opened import opened
from runner.cli.world import Replacement, World
from runner.model.errors import Problem, UsageError
from runner.model.nearest import closest


def run(arguments: Arguments, world: World) -> Replacement:
    """Return the command as the program that takes our place. Raises UsageError and PlaceError."""
    if not arguments.posargs:
        raise UsageError(
            Problem("runner env exec: run what?", hint="as in runner env exec CELL -- python --version")
        )
    project = opened(arguments, world)
    cell, step = entered(arguments, world, project)
    activation = activation_of(cell, step)
    env = variables_of(activation, world.environ)
    name, *rest = arguments.posargs
    program = shutil.which(name, path=env["PATH"])
    if program is None:
        raise PlaceError(_not_found(name, activation.programs, cell.id))
    return Replacement((str(world.cwd / program), *rest), env)


def _not_found(name: str, programs: tuple[str, ...], cell: str) -> Problem:
    shown = shlex.quote(name)
    if os.path.dirname(name):  # noqa: PTH120 - "./x" has a folder, which pathlib forgets
        return Problem(f"{shown} is no program that can be run")
    there = (program for folder in programs if os.path.isdir(folder) for program in os.listdir(folder))  # noqa: PTH112, PTH208 - names are all that is wanted
    near = closest(name, sorted(there), most=3)
    hint = f"the nearest there: {', '.join(near)}" if near else ""
    return Problem(f"{shown} was not found, neither in the environment of {cell} nor on PATH", hint=hint)
