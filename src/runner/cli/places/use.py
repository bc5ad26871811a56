"""`runner env use`: point the project's `.venv` at the lasting environment of a cell."""

import os
from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.places.making import PlaceError, entered, notify, until_stopped
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.env.environ import installer_environ
from runner.env.lasting.link import NAME, check, point, seen_by_git
from runner.env.lasting.record import lasting_folder
from runner.model.errors import CellError, ExitCode
from runner.model.visible import line


def run(arguments: Arguments, world: World) -> int:
    """Make the environment if it is missing, and the link; say what it is now. Raises RunnerError."""
    project = opened(arguments, world)
    root, work_dir = Path(project.config.root), project.work_dir
    try:
        check(root, work_dir)  # before anything is made
        cell, _ = entered(arguments, world, project)
        linked = point(root, work_dir, lasting_folder(work_dir, cell.cell.folder))
        if linked.new and until_stopped(
            lambda stop: seen_by_git(root, world.processes(), installer_environ(world.environ), stop)
        ):
            notify(
                world,
                f"note: git does not ignore {NAME}: add the line `{NAME}` to {root / '.gitignore'}"
                " (with a slash at its end git ignores folders, and this is a link)",
            )
    except CellError as error:
        raise PlaceError(error.message) from error
    if not arguments.quiet:
        now = "points" if linked.new or linked.changed else "points already"
        shown = os.path.relpath(lasting_folder(work_dir, cell.cell.folder), root)
        world.stdout.write(f"{NAME} {now} at {line(shown)}\n")
    return ExitCode.PASSED
