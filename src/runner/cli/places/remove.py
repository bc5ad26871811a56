"""`runner env remove`: remove lasting environments."""

from functools import partial
from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.places.cells import lasting_to_remove
from runner.cli.places.making import PlaceError, notify, until_stopped
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.env.folders import check_work_dir
from runner.env.lasting.link import NAME, unlink
from runner.env.lasting.removal import remove
from runner.env.mutex import Mutexes
from runner.model.errors import CellError, ExitCode
from runner.model.layout import LASTING
from runner.model.visible import line


def run(arguments: Arguments, world: World) -> int:
    """Remove those that are named, each with the link to it, and say so. Raises RunnerError."""
    project = opened(arguments, world)
    root, work_dir = Path(project.config.root), project.work_dir
    check_work_dir(work_dir)
    mutexes = Mutexes(work_dir / "mutex", partial(notify, world), world.secrets.concealer.text)
    for name in lasting_to_remove(arguments, project):
        try:
            until_stopped(partial(remove, work_dir, name, mutexes))
            unlinked = unlink(root, work_dir, name)
        except CellError as error:
            raise PlaceError(error.message) from error
        except OSError as error:
            what = error.filename or f"{LASTING}/{name}"
            raise PlaceError(f"{what} cannot be removed: {error.strerror}") from error
        if not arguments.quiet:
            also = f", and the link {NAME} to it" if unlinked else ""
            world.stdout.write(f"removed {LASTING}/{line(name)}{also}\n")
    return ExitCode.PASSED
