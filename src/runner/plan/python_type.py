"""The built-in session type."""

from runner.model.plan import Cell
from runner.model.settings import Steps


class PythonType:
    """`type = "python"`: a cell's steps are those that its config names."""

    name = "python"

    def steps(self, cell: Cell) -> Steps:
        """Return the commands of the config as they are."""
        return cell.steps
