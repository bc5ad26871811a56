"""From a config and a selection to cells that are ready to run. Pure: no I/O, no environment, no clock."""

from runner.plan.additions import with_additions
from runner.plan.expand import expand
from runner.plan.python_type import PythonType
from runner.plan.render import render, render_cells, render_package
from runner.plan.typed import check_backend_keys

__all__ = [
    "PythonType",
    "check_backend_keys",
    "expand",
    "render",
    "render_cells",
    "render_package",
    "with_additions",
]
