"""`runner env path`: print where the lasting environment of a cell is."""

import shlex

from runner.cli.options import Arguments
from runner.cli.places.cells import one_cell
from runner.cli.places.making import PlaceError
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.env.lasting.record import lasting_folder, moved_from, read_record
from runner.model.errors import ExitCode, Problem


def run(arguments: Arguments, world: World) -> int:
    """Print the folder; nothing is made. Raises PlaceError where there is none, and for a moved one."""
    project = opened(arguments, world)
    (cell,) = one_cell(arguments, project).chosen_cells()
    folder = lasting_folder(project.work_dir, cell.folder)
    record = read_record(folder)
    if record is None:
        raise _missing(f"there is no lasting environment of {cell.id}", cell.id)
    if elsewhere := moved_from(record, folder):
        raise _missing(f"the lasting environment of {cell.id} was made for {elsewhere}", cell.id)
    world.stdout.write(f"{folder}\n")
    return ExitCode.PASSED


def _missing(what: str, cell: str) -> PlaceError:
    return PlaceError(Problem(what, hint=f"runner env create {shlex.quote(cell)} makes one here"))
