"""`runner env list`: every lasting environment, and how it stands. Nothing is touched."""

from contextlib import closing
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.cli.chosen import settled
from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.places.cells import every_cell, ready_cells
from runner.cli.places.making import setting_for, spec_of, supplies_of
from runner.cli.places.opened import opened
from runner.cli.project import Project
from runner.cli.world import World
from runner.env.ages import age
from runner.env.lasting.link import NAME, target_of
from runner.env.lasting.record import Drift, Record, drift_of, lasting_folder, lasting_names, read_record
from runner.env.lasting.seeing import Standing, Watcher, size_of
from runner.model.errors import ExitCode, RunnerError, UsageError, first_line
from runner.model.nearest import enumerated
from runner.model.plan import Cell
from runner.process import StopSwitch

_ORPHAN = "orphan"
_UNFINISHED = "not finished"
_FEW, _EVERY = 3, 10_000
"""So many packages that somebody installed by hand are named, without and with -v."""
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class _Row(Struct, frozen=True):
    """One lasting environment. `size` is in bytes, `made` in seconds since 1970; `why` explains `state`."""

    cell: str
    path: str
    state: str
    why: str
    python: str | None
    size: int
    made: float | None
    drift: Drift
    in_use: bool


def run(arguments: Arguments, world: World) -> int:
    """Print them, those whose cells are gone from the config, too."""
    check_format(arguments)
    if len(arguments.words) > 1:
        raise UsageError(f"runner env list shows them all, and takes no cells: {arguments.words[1]}")
    lister = _Lister(arguments, world, opened(arguments, world))
    rows = [lister.row(name) for name in lister.names()]
    if arguments.format == "json":
        world.stdout.write(as_json({"environments": [_shown(row) for row in rows]}))
    else:
        most = _EVERY if arguments.verbose else _FEW
        world.stdout.write(_text(rows, world.clock.time(), most))
    return ExitCode.PASSED


class _Lister:
    """Looks at the lasting environments of a project, one by one."""

    def __init__(self, arguments: Arguments, world: World, project: Project) -> None:
        self._arguments = arguments
        self._world = world
        self._project = project
        self._plan = every_cell(arguments, project)
        self._cells = {cell.folder: cell for cell in self._plan.cells}
        self._used = target_of(Path(project.config.root), project.work_dir)

    def names(self) -> tuple[str, ...]:
        """Return their folder names."""
        return lasting_names(self._project.work_dir)

    def row(self, name: str) -> _Row:
        """Return all that there is to say of the one of that name."""
        folder = lasting_folder(self._project.work_dir, name)
        record, cell = read_record(folder), self._cells.get(name)
        python = record.parts.python if record else None
        state, why = _UNFINISHED, ""
        if cell is None:
            state, why = _ORPHAN, "its cell is not in the config"
        elif record is not None:
            standing = self._standing(cell, record)
            state, why = standing.state, standing.why
        return _Row(
            cell=record.cell if record else name,
            path=str(folder),
            state=state,
            why=self._world.secrets.concealed(why),
            python=python.version if python else None,
            size=size_of(folder),
            made=record.made if record else None,
            drift=drift_of(record, folder) if record else Drift(),
            in_use=name == self._used,
        )

    def _standing(self, cell: Cell, record: Record) -> Standing:
        """Return how one stands: what is wrong with one cell says nothing of the others."""
        arguments, world, project = self._arguments, self._world, self._project
        try:
            alone = settled(project, replace(self._plan, chosen=(cell.id,)))
            cells = ready_cells(arguments, world, project, alone)
            supplies = supplies_of(arguments, world, project, cells)
            setting = setting_for(arguments, world, project, supplies, "list")
            with closing(Watcher(setting, supplies.backends.__getitem__)) as watcher:
                return watcher.look(spec_of(cells[0], arguments), record, StopSwitch())
        except RunnerError as error:
            return Standing("not known", first_line(str(error.problems[0])))


def _shown(row: _Row) -> dict[str, object]:
    return {name.replace("_", "-"): getattr(row, name) for name in row.__struct_fields__}


def _text(rows: list[_Row], now: float, most: int) -> str:
    if not rows:
        return "there are no lasting environments; runner env create CELL makes one\n"
    shown = [
        (
            row.cell,
            row.python or "-",
            _size(row.size),
            "-" if row.made is None else age(now - row.made),
            NAME if row.in_use else "-",
            f"{row.state}: {row.why}" if row.why else row.state,
            enumerated(_drift(row.drift), most) or "-",
        )
        for row in rows
    ]
    return table(("cell", "python", "size", "age", "used as", "lock", "by hand"), shown)


def _drift(drift: Drift) -> tuple[str, ...]:
    return (
        *(f"+ {each}" for each in drift.added),
        *(f"- {each}" for each in drift.removed),
        *drift.changed,
    )


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"
