"""The cells of a run as plugins leave them: some left out, others with something added."""

from msgspec.structs import replace

from runner.cli.project import Project
from runner.model.errors import NothingSelected, Problem, first_line
from runner.model.nearest import enumerated
from runner.model.options import Options
from runner.model.plan import Plan, Selection
from runner.plan import with_additions


def settled(project: Project, plan: Plan) -> Plan:
    """Return the plan with what plugins add to the cells that run. Raises ConfigError and PluginError."""
    if not project.plugins.fills("runner_cell"):
        return plan
    added = {cell.id: project.plugins.additions(cell) for cell in plan.chosen_cells()}
    return with_additions(plan, added)


def plan_to_run(
    project: Project, selection: Selection, options: Options, durations: dict[str, float], budget: int
) -> tuple[Plan, tuple[str, ...]]:
    """Expand the config for a run; return also what people should hear of cells that plugins leave out.

    Raises NothingSelected when plugins leave nothing, and all that planning raises.
    """
    plan = project.plan_for(selection, durations, budget)
    reasons = _left_out(project, plan, options)
    if not reasons:
        return settled(project, plan), ()
    lines = _told(reasons)
    try:
        skipping = replace(selection, skip=(*selection.skip, *reasons))
        plan = project.plan_for(skipping, durations, budget)
    except NothingSelected as error:
        problem = Problem("nothing is left to run: plugins leave out all that was selected")
        raise NothingSelected(replace(problem, hint="\n".join(lines))) from error
    return settled(project, plan), lines


def _left_out(project: Project, plan: Plan, options: Options) -> dict[str, tuple[str, str]]:
    """Return which plugin leaves which cell out, and why, by the cell's id."""
    if not project.plugins.fills("runner_deselect"):
        return {}
    chosen = set(plan.chosen)
    cells = (cell for cell in plan.cells if cell.id in chosen)
    asked = ((cell.id, project.plugins.reason_to_leave_out(cell, options)) for cell in cells)
    return {id_: answer for id_, answer in asked if answer is not None}


def _told(reasons: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """Return one line for each plugin and reason, with the cells that it is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for id_, why in reasons.items():
        groups.setdefault(why, []).append(id_)
    return tuple(
        f"the plugin {plugin} leaves out {enumerated(ids)}: {first_line(reason)}"
        for (plugin, reason), ids in groups.items()
    )
