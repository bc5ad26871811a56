"""`runner plan`: what would run, in which order, and how each cell would be made. Nothing is touched."""

from collections.abc import Callable
from contextlib import closing

from msgspec import Struct

from runner.cli.chosen import plan_to_run
from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.outputs import run_options
from runner.cli.place import cpu_share, make_place, slots
from runner.cli.project import load, selection, tell, tell_notices
from runner.cli.workshop import setting_of, supplies_for
from runner.cli.world import World
from runner.env.foresight import Foreseen, Foresight
from runner.model.errors import ExitCode
from runner.model.plan import Plan, ReadyCell
from runner.plan import render
from runner.process import StopSwitch
from runner.report.words import duration
from runner.results import read_durations


class _Row(Struct, frozen=True):
    """How one cell would be made. `expected` is in seconds; `missing` says why it has no interpreter."""

    id: str
    python: str | None
    interpreter: str | None
    missing: str
    backend: str
    package: str
    wheel: str
    lock: str
    environment: str
    needs: tuple[str, ...]
    after: tuple[str, ...]
    expected: float | None


def run(arguments: Arguments, world: World) -> int:
    """Print the cells that would run, in starting order, and how each would be made."""
    check_format(arguments)
    project = load(arguments, world)
    tell_notices(project, arguments, world)
    durations, _ = read_durations(project.work_dir / "durations.json")
    budget = slots(arguments, project)
    options = run_options(
        arguments, world, project.config.root, "", colour=False, of_plugins=project.of_plugins
    )
    plan, left_out = plan_to_run(project, selection(arguments), options, durations, budget)
    tell(arguments, world, *left_out)
    place = make_place(arguments, world, project, share=cpu_share(project, plan, budget), stream=world.stdout)
    ready = render(project.config, plan, place)
    supplies = supplies_for(arguments, project, world, ready, place)
    setting = setting_of(arguments, project, world, supplies, run_id="plan", notify=lambda _line: None)
    with closing(Foresight(setting, supplies.backends.__getitem__)) as foresight:
        rows = [
            _row(cell, plan, foresight.see(cell.spec, StopSwitch()), world.secrets.concealed)
            for cell in ready
        ]
    if arguments.format == "json":
        world.stdout.write(as_json({"jobs": budget, "cells": rows}))
    else:
        world.stdout.write(_text(rows, budget))
    return ExitCode.PASSED


def _row(ready: ReadyCell, plan: Plan, seen: Foreseen, conceal: Callable[[str], str]) -> _Row:
    edges = plan.edges[ready.id]
    return _Row(
        id=ready.id,
        python=seen.python,
        interpreter=None if seen.interpreter is None else conceal(seen.interpreter),
        missing=conceal(seen.missing),
        backend=ready.spec.backend,
        package=ready.spec.package,
        wheel=conceal(seen.wheel),
        lock=conceal(seen.lock),
        environment=conceal(seen.environment) or ("none" if ready.spec.backend == "none" else "fresh"),
        needs=edges.needs,
        after=edges.after,
        expected=plan.expected.get(ready.id),
    )


def _text(rows: list[_Row], budget: int) -> str:
    shown = [
        (
            row.id,
            f"{row.python} {row.interpreter}" if row.python else row.missing,
            row.wheel or "-",
            row.lock or "-",
            row.environment,
            "-" if row.expected is None else duration(row.expected),
            ", ".join(row.needs) or "-",
        )
        for row in rows
    ]
    head = ("cell", "interpreter", "wheel", "lock", "environment", "expected", "needs")
    cells = f"{len(rows)} cell{'s' * (len(rows) != 1)}"
    return table(head, shown) + f"\n{cells}, {budget} at a time, in this order\n"
