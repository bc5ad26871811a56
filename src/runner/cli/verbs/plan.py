"""`runner plan`: what would run, in which order, on which interpreters. Nothing is touched."""

from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from runner.cli.formats import check_format, table
from runner.cli.options import Arguments
from runner.cli.place import cpu_share, make_place, slots
from runner.cli.project import load, selection
from runner.cli.world import World
from runner.env.backends import interpreter_cache
from runner.env.folders import user_cache
from runner.env.interpreters import Interpreters
from runner.model.errors import CellError, ExitCode
from runner.model.plan import EnvSpec, Plan, ReadyCell
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
    lock: str
    needs: tuple[str, ...]
    after: tuple[str, ...]
    expected: float | None


def run(arguments: Arguments, world: World) -> int:
    """Print the cells that would run, in starting order, and how each would be made."""
    check_format(arguments)
    project = load(arguments, world)
    durations, _ = read_durations(project.work_dir / "durations.json")
    plan = project.plan(selection(arguments), durations)
    budget = slots(arguments, project.host.cpus)
    place = make_place(arguments, world, project, share=cpu_share(project, plan, budget), stream=world.stdout)
    ready = render(project.config, plan, place)
    interpreters = Interpreters(
        environ=place.environ,
        root=Path(place.root),
        cache=interpreter_cache(user_cache(place.environ)),
        processes=world.processes(),
        missing="error",
    )
    with closing(interpreters):
        rows = [_row(cell, plan, interpreters) for cell in ready]
    if arguments.format == "json":
        encoded = msgspec.json.encode({"jobs": budget, "cells": rows}, order="deterministic")
        world.stdout.write(encoded.decode() + "\n")
    else:
        world.stdout.write(_text(rows, budget))
    return ExitCode.PASSED


def _row(ready: ReadyCell, plan: Plan, interpreters: Interpreters) -> _Row:
    edges, spec = plan.edges[ready.id], ready.spec
    version = executable = None
    missing = ""
    try:
        found = interpreters.find(spec.python, StopSwitch())
        version, executable = found.version, found.executable
    except CellError as error:
        missing = error.message.partition("\n")[0]
    if not _installs(spec):
        lock = "none"
    elif spec.installer == "pip":
        lock = "none: pip resolves at each install"
    else:
        lock = "resolved once in the run"
    return _Row(
        id=ready.id,
        python=version,
        interpreter=executable,
        missing=missing,
        backend=spec.backend,
        package="none" if spec.package == "none" else f"{spec.package}, built once in the run",
        lock=lock,
        needs=edges.needs,
        after=edges.after,
        expected=plan.expected.get(ready.id),
    )


def _installs(spec: EnvSpec) -> bool:
    return spec.package != "none" or any((spec.requirements, spec.groups, spec.seed))


def _text(rows: list[_Row], budget: int) -> str:
    shown = [
        (
            row.id,
            f"{row.python} {row.interpreter}" if row.python else row.missing,
            row.package,
            row.lock,
            "-" if row.expected is None else duration(row.expected),
            ", ".join(row.needs) or "-",
        )
        for row in rows
    ]
    head = ("cell", "interpreter", "package", "lock", "expected", "needs")
    return table(head, shown) + f"\n{len(rows)} cells, {budget} at a time, in this order\n"
