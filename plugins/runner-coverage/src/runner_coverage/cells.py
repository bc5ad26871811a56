"""What a cell is given so that every Python process in it measures itself."""

from pathlib import Path

from runner import Addition, Cell

SETTINGS_FILE = Path("coverage", "measure.ini")
"""Where in the work-dir the cells find how to measure."""

LEAVE_ALONE = "no-coverage"
"""The tag of a session that is not measured."""

_FIRST = (3, 6)
"""The oldest Python that the code which starts coverage can be read by."""

_START = str(Path(__file__).with_name("start"))
_DEPS = (
    'coverage>=7.6.1; python_version >= "3.8"',  # the first that has wheels for 3.13, the last for 3.8
    'coverage>=6.2; python_version < "3.8"',
)


def is_measured(cell: Cell) -> bool:
    """Say whether the cell's commands run in a Python environment that coverage can be installed into."""
    return (
        cell.type == "python"
        and cell.settings.backend.text != "none"
        and LEAVE_ALONE not in cell.tags
        and (not cell.python.version or cell.python.version >= _FIRST)
    )


def addition(cell: Cell) -> Addition | None:
    """Return coverage and what starts it; None for a cell that is left alone."""
    if not is_measured(cell):
        return None
    settings = Path("{env-dir}", "..", "..", SETTINGS_FILE)
    return Addition(
        deps=_DEPS,
        env={"MATRIX_RUNNER_COVERAGE": str(settings)},
        python_path=(_START.replace("{", "{{").replace("}", "}}"),),
    )
