"""What a cell is given so that every Python process in it measures itself."""

import os
from fnmatch import fnmatchcase
from pathlib import Path

from runner import Addition, Cell

SETTINGS_FILE = Path("coverage", "measure.ini")
"""Where in the work-dir the cells find how to measure."""

LEAVE_ALONE = "no-coverage"
"""The tag of a session that is not measured."""

_START = str(Path(__file__).with_name("start"))
_DEPS = (
    'coverage>=7.6.1; python_version >= "3.8"',  # the first that has wheels for 3.13, the last for 3.8
    'coverage>=6.2; python_version < "3.8"',
)
_FIRST = (3, 6)


def is_measured(cell: Cell) -> bool:
    """Say whether the cell's commands run in a Python environment that coverage can be installed into."""
    return (
        cell.type == "python"
        and (not cell.python.version or cell.python.version >= _FIRST)
        and _text(cell.settings.backend) != "none"
        and LEAVE_ALONE not in cell.tags
        and cell.settings.env.get("PYTHONPATH") is not False
    )


def addition(cell: Cell) -> Addition | None:
    """Return coverage and the variables that start it; None for a cell that is left alone.

    PYTHONPATH gets one more folder at its front, whoever else sets it.
    """
    if not is_measured(cell):
        return None
    settings = Path("{env-dir}", "..", "..", SETTINGS_FILE)
    env = {"MATRIX_RUNNER_COVERAGE": str(settings), "PYTHONPATH": _python_path(cell)}
    return Addition(deps=_DEPS, env=env)


def _python_path(cell: Cell) -> str:
    first = _escaped(_START)
    own = cell.settings.env.get("PYTHONPATH")
    if own:
        return f"{first}{os.pathsep}{_text(own)}"
    if any(fnmatchcase("PYTHONPATH", _text(glob)) for glob in cell.settings.pass_env):
        return f"{first}{os.pathsep}{{env:PYTHONPATH:{first}}}"
    return first


def _text(text: object) -> str:
    """Return what is written in the config: a `Template`, or a `Literal`, in which braces are just braces."""
    written = str(getattr(text, "text", ""))
    return written if hasattr(text, "origin") else _escaped(written)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
