"""`runner list`: every cell, marked whether a bare run runs it."""

from runner.cli.formats import as_json, check_format
from runner.cli.options import Arguments
from runner.cli.project import load, selection
from runner.cli.world import World
from runner.model.errors import ExitCode
from runner.model.plan import Cell, Plan, Selection
from runner.model.visible import line


def run(arguments: Arguments, world: World) -> int:
    """Print the cells: all of them, or those that the options select."""
    check_format(arguments, "github")
    project = load(arguments, world, brief=True)
    chosen = selection(arguments)
    narrowed = bool(chosen.select or chosen.skip or chosen.tags or chosen.pythons)
    bare = arguments.format == "github" or narrowed
    plan = project.plan(chosen if bare else Selection(select=("ALL",)))
    cells = _in_file_order(plan)
    if arguments.format == "json":
        world.stdout.write(as_json({"cells": [_entry(cell, world) for cell in cells]}))
    elif arguments.format == "github":
        jobs = [_job(cell) for cell in cells if not cell.needs]
        world.stdout.write(as_json({"include": jobs}))
    else:
        world.stdout.write(_text(cells, world, quiet=arguments.quiet))
    return ExitCode.PASSED


def _in_file_order(plan: Plan) -> list[Cell]:
    chosen = set(plan.chosen)
    return [cell for cell in plan.cells if cell.id in chosen]


def _description(cell: Cell, world: World) -> str:
    return world.secrets.concealed(cell.description) if cell.description else ""


def _entry(cell: Cell, world: World) -> dict[str, object]:
    return {
        "id": cell.id,
        "session": cell.session,
        "python": cell.python.text,
        "axes": cell.axes,
        "default": cell.default,
        "description": _description(cell, world),
        "tags": cell.tags,
    }


def _job(cell: Cell) -> dict[str, str]:
    return {"id": cell.id, "python": cell.python.text, "name": cell.id}


def _text(cells: list[Cell], world: World, *, quiet: bool) -> str:
    if quiet:
        return "".join(f"{cell.id}\n" for cell in cells)
    wide = max((len(cell.id) for cell in cells), default=0)
    lines = []
    for cell in cells:
        mark = "*" if cell.default else " "
        lines.append(f"{mark} {cell.id:<{wide}}  {line(_description(cell, world))}".rstrip() + "\n")
    default = sum(cell.default for cell in cells)
    count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return "".join(lines) + f"\n{count}; * marks the {default} that a bare `runner` runs\n"
