"""`runner env export`: the lock of a cell for other tools."""

from functools import partial
from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.places.cells import one_cell, ready_cells
from runner.cli.places.making import Means, PlaceError, opened_means, spec_of, until_stopped
from runner.cli.places.opened import opened
from runner.cli.world import World
from runner.env.folders import write_whole
from runner.env.requirements.exporting import FORMATS, Format, exported
from runner.model.errors import CellError, ExitCode, Problem, UsageError
from runner.model.nearest import closest
from runner.model.plan import EnvSpec
from runner.model.plugins import Installs, WritesEnvironmentFile
from runner.model.ports import Stop


def run(arguments: Arguments, world: World) -> int:
    """Write the lock to stdout, or to the file that `-o` names; the environment need not exist."""
    kind = _format(arguments)
    project = opened(arguments, world)
    cells = ready_cells(arguments, world, project, one_cell(arguments, project))
    spec = spec_of(cells[0], arguments)
    file = None if arguments.output is None else world.cwd / arguments.output
    folder = world.cwd if file is None else file.parent
    with opened_means(arguments, world, project, cells) as means:
        try:
            text = until_stopped(partial(_text, means, spec, kind, folder))
        except CellError as error:
            raise PlaceError(f"{spec.cell}: {error.message}") from error
    if file is None:
        world.stdout.write(text)
    else:
        _write(file, text)
    return ExitCode.PASSED


def _format(arguments: Arguments) -> Format:
    if arguments.format == "text":  # nobody asked for one
        return FORMATS[0]
    if arguments.format in FORMATS:
        return arguments.format
    near = closest(arguments.format, FORMATS)
    hint = f"did you mean {near[0]}?" if near else ""
    expected = f"expected {', '.join(FORMATS)}"
    raise UsageError(Problem(f"--format {arguments.format}: {expected}", hint=hint))


def _text(means: Means, spec: EnvSpec, kind: Format, folder: Path, stop: Stop) -> str:
    if spec.installer == "pip" or isinstance(means.backends[spec.backend], Installs):
        who = "pip" if spec.installer == "pip" else f'backend = "{spec.backend}"'
        raise CellError("lock", f"{who} decides at each install what it installs: there is no lock to export")
    spec = means.workshop.interpreter(spec, stop)
    built = means.workshop.package(spec, stop)
    lock = means.workshop.lock(spec, built, stop)
    text = Path(lock.path).read_text(encoding="utf-8") if lock else ""
    backend = means.backends[spec.backend]
    writes = backend if isinstance(backend, WritesEnvironmentFile) else None
    return exported(text, spec, kind, folder, writes)


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        raise UsageError(f"-o {file} cannot be written: {error.strerror}") from error
