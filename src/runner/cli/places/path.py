"""`runner env path`: print where the lasting environment of a cell is."""

from runner.cli.options import Arguments
from runner.cli.places.cells import is_there, one_cell
from runner.cli.places.making import PlaceError
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.env.lasting.record import lasting_folder
from runner.model.errors import ExitCode, Problem


def run(arguments: Arguments, world: World) -> int:
    """Print the folder; nothing is made. Raises PlaceError where there is none."""
    project = opened(arguments, world)
    (cell,) = one_cell(arguments, project).chosen_cells()
    if not is_there(project, cell):
        raise PlaceError(
            Problem(
                f"there is no lasting environment of {cell.id}",
                hint=f"runner env create {cell.id}",
            )
        )
    world.stdout.write(f"{lasting_folder(project.work_dir, cell.folder)}\n")
    return ExitCode.PASSED
