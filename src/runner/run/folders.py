"""Folders that a cell's commands need and that nobody else makes."""

import os
from pathlib import Path

from runner.model.errors import CellError
from runner.model.plan import Command, ReadyCell


def make_folders(cell: ReadyCell) -> None:
    """Make the folders that the cell's config asks for. Raises CellError."""
    for folder in cell.cell.foreign.folders if cell.cell.foreign else ():
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refused(folder, error) from error


def make_cwd(cell: ReadyCell, command: Command) -> None:
    """Make the folder that a command runs in, where it is runner's to make. Raises CellError.

    That is below the work-dir, which holds the environments and is often empty; elsewhere one that is
    missing is a mistake.
    """
    if os.path.isdir(command.cwd):  # noqa: PTH112 - for each command
        return
    cwd, work_dir = Path(command.cwd), Path(cell.env_dir).parents[1]
    of_project = cell.settings.source == "copy" and cwd.is_relative_to(cell.root)
    if of_project or not cwd.is_relative_to(work_dir):
        return
    try:
        cwd.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(command.cwd, error) from error


def _refused(folder: str, error: OSError) -> CellError:
    return CellError("create", f"the folder {folder} cannot be made: {error.strerror}")
