"""Cells as plugins get them."""

from collections.abc import Mapping

from msgspec.structs import replace

from runner.model.plan import Cell
from runner.model.settings import CommandText, Step, Steps


def lent(cell: Cell) -> Cell:
    """Return the cell with tables of its own.

    Values are frozen, but for tables, and cells share those: what a plugin does to one would reach others.
    """
    steps = cell.steps
    return replace(
        cell,
        settings=replace(cell.settings, env={**cell.settings.env}),
        steps=Steps(*(tuple(map(_step, each)) for each in (steps.setup, steps.commands, steps.teardown))),
        keys={key: {**v} if isinstance(v, Mapping) else v for key, v in cell.keys.items()},
        key_origins={**cell.key_origins},
        sources={**cell.sources},
    )


def _step(step: Step) -> Step:
    return replace(step, env={**step.env}) if isinstance(step, CommandText) else step
