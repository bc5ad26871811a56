"""`runner env create`: make the lasting environments of cells, or bring them in step."""

from functools import partial

from runner.cli.options import Arguments
from runner.cli.places.cells import ready_cells, several_cells
from runner.cli.places.making import keeper_of, notify, opened_means, spec_of, tell_more, told, until_stopped
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.model.errors import CellError, ExitCode
from runner.model.visible import visible


def run(arguments: Arguments, world: World) -> int:
    """Bring the environments of the cells in step, one after the other, and print what became of each."""
    project = opened(arguments, world)
    cells = ready_cells(arguments, world, project, several_cells(arguments, project))
    code = ExitCode.PASSED
    with opened_means(arguments, world, project, cells) as means:
        keeper = keeper_of(means, arguments, world, project)
        for cell in cells:
            try:
                step = until_stopped(partial(keeper.in_step, spec_of(cell, arguments)))
            except CellError as error:
                notify(world, f"error: {cell.id}: {error.message}")
                code = ExitCode.ENVIRONMENT
                continue
            if not arguments.quiet:
                _say(told(cell, step, arguments), world)
            tell_more(step, arguments, world)
    return code


def _say(text: str, world: World) -> None:
    print(visible(world.secrets.concealed(text)), file=world.stdout, flush=True)
