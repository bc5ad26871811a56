"""Which cells `runner env` means: by the words of the command line, or because there is just one."""

from msgspec.structs import replace

from runner.cli.chosen import settled
from runner.cli.options import Arguments
from runner.cli.place import make_place
from runner.cli.places.scripts import outer_of
from runner.cli.project import Project, selection, tell
from runner.cli.world import World
from runner.env.lasting.record import lasting_folder, lasting_names, read_record
from runner.model.errors import NothingSelected, Problem, UsageError
from runner.model.layout import LASTING
from runner.model.nearest import enumerated
from runner.model.plan import Cell, Place, Plan, ReadyCell, Selection
from runner.model.text import Literal
from runner.plan import render
from runner.run.cell import runs_here

EVERY = ("ALL",)


def words_after(arguments: Arguments) -> tuple[str, ...]:
    """Return the cells that are named: the words after `env create` and the like."""
    return arguments.words[1:]


def one_cell(arguments: Arguments, project: Project) -> Plan:
    """Return a plan of the one cell that is meant. Raises UsageError, and NothingSelected."""
    words = words_after(arguments)
    if len(words) > 1:
        verb = " ".join(("runner", arguments.verb, *arguments.words[:1]))
        hint = "what the environment is to run comes after --" if arguments.words[0] == "exec" else ""
        raise UsageError(Problem(f"{verb} takes one cell, and was given {', '.join(words)}", hint=hint))
    plan = _plan(arguments, project, words or EVERY)
    if len(plan.chosen) == 1:
        return plan
    if words:
        raise UsageError(
            Problem(
                f"{words[0]} matches {len(plan.chosen)} cells, and must match one", hint=_named(plan.chosen)
            )
        )
    return _only_lasting(arguments, project, plan)


def several_cells(arguments: Arguments, project: Project) -> Plan:
    """Return a plan of the cells that words and options select, or of the one cell that is meant."""
    words = words_after(arguments)
    asked = _asked(arguments)
    if not (words or asked.select or asked.tags or asked.pythons or asked.skip):
        return one_cell(arguments, project)
    select = (*words, *(asked.select or ())) or None
    return _settled(project, project.plan(replace(asked, select=select, no_needs=True)))


def ready_cells(arguments: Arguments, world: World, project: Project, plan: Plan) -> tuple[ReadyCell, ...]:
    """Return the cells, as they are in their lasting environments. Raises ConfigError, and UsageError.

    Of several, those that can have none are left out, and named.
    """
    place = place_here(arguments, world, project)
    cells = render(project.config, plan, replace(place, posargs=None, environments=LASTING))
    platform = project.host.platform
    without = {cell.id: problem for cell in cells if (problem := _placeless(cell, platform)) is not None}
    if len(without) == len(cells):
        raise UsageError(*without.values())
    tell(arguments, world, *(f"left out: {problem.message}" for problem in without.values()))
    fit = tuple(cell for cell in cells if cell.id not in without)
    world.secrets.of_cells(fit)
    return fit


def place_here(arguments: Arguments, world: World, project: Project) -> Place:
    """Return the place of lasting environments: `{env:NAME}` is what it is with none of them activated."""
    place = make_place(arguments, world, project, share=1, stream=world.stderr)
    return replace(place, environ=outer_of(place.environ))


def _placeless(cell: ReadyCell, platform: str) -> Problem | None:
    """Say what keeps a cell from having an environment here."""
    if cell.spec.backend == "none":
        return Problem(
            f'{cell.id} has backend = "none", which makes no environment: there is none to work in',
            cell.cell.origin,
            hint="choose another cell, or another backend",
        )
    if not runs_here(cell, platform):
        return Problem(f"{cell.id} runs on {', '.join(cell.cell.platforms)}, and this is {platform}")
    return None


def every_cell(arguments: Arguments, project: Project) -> Plan:
    """Return a plan of all cells of the config, whatever the options say of cells."""
    return project.plan(replace(_asked(arguments), select=EVERY, tags=(), skip=(), pythons=(), no_needs=True))


def _plan(arguments: Arguments, project: Project, select: tuple[str, ...]) -> Plan:
    asked = replace(_asked(arguments), select=select, tags=(), skip=(), no_needs=True)
    return _settled(project, project.plan(asked))


def _asked(arguments: Arguments) -> Selection:
    """Return what the command line selects; who works in an environment works on the project itself."""
    asked = selection(arguments)
    overrides = replace(asked.overrides, values={**asked.overrides.values, "source": Literal("shared")})
    return replace(asked, overrides=overrides)


def _settled(project: Project, plan: Plan) -> Plan:
    """Return the plan in the order of the file, with what plugins add to its cells."""
    chosen = set(plan.chosen)
    order = tuple(cell.id for cell in plan.cells if cell.id in chosen)
    return settled(project, replace(plan, chosen=order))


def _only_lasting(arguments: Arguments, project: Project, plan: Plan) -> Plan:
    """Return the plan with the one cell that has a lasting environment. Raises UsageError."""
    there = [cell.id for cell in plan.chosen_cells() if is_there(project, cell)]
    if len(there) == 1:
        return _plan(arguments, project, tuple(there))
    verb = f"runner {arguments.verb} {arguments.words[0]}"
    what = "there are lasting environments of" if there else "there are"
    hint = f"{what}: {enumerated(there or plan.chosen)}"
    raise UsageError(Problem(f"{verb}: which cell? `{verb} CELL` says it", hint=hint))


def is_there(project: Project, cell: Cell) -> bool:
    """Say whether the cell has a lasting environment, finished."""
    return read_record(lasting_folder(project.work_dir, cell.folder)) is not None


def lasting_to_remove(arguments: Arguments, project: Project) -> tuple[str, ...]:
    """Return the folder names of the lasting environments that words and options mean.

    A word is the name of one, or a selector: then those of its cells are meant. Raises NothingSelected.
    """
    there = lasting_names(project.work_dir)
    by_cell = {_cell_of(project, name): name for name in there}
    words = words_after(arguments)
    named = [by_cell.get(word, word) for word in words if word in by_cell or word in there]
    rest = tuple(word for word in words if word not in by_cell and word not in there)
    asked = selection(arguments)
    if not (words or asked.select or asked.tags or asked.pythons or asked.skip):
        raise UsageError(Problem("runner env remove: which one?", hint=_those(there)))
    if rest or asked.select or asked.tags or not words:
        named += _selected(arguments, project, rest, there)
    return tuple(dict.fromkeys(named))


def _selected(
    arguments: Arguments, project: Project, words: tuple[str, ...], there: tuple[str, ...]
) -> list[str]:
    cells = several_cells(replace(arguments, words=(*arguments.words[:1], *words)), project).chosen_cells()
    found = [cell.folder for cell in cells if cell.folder in there]
    if not found:
        ids = enumerated([cell.id for cell in cells], 5)
        raise NothingSelected(Problem(f"there is no lasting environment of {ids}", hint=_those(there)))
    return found


def _cell_of(project: Project, name: str) -> str:
    record = read_record(lasting_folder(project.work_dir, name))
    return record.cell if record else name


def _those(there: tuple[str, ...]) -> str:
    return f"there are: {enumerated(there)}" if there else "there is none"


def _named(ids: tuple[str, ...]) -> str:
    return f"they are: {enumerated(ids)}"
