"""The built-in session type."""

from collections.abc import Mapping

from msgspec import Struct

from runner.model.plan import Cell
from runner.model.plugins import NoKeys
from runner.model.settings import Steps


class PythonType:
    """`type = "python"`: a cell's steps are those that its config names."""

    name = "python"
    keys: type[Struct] = NoKeys
    defaults: Mapping[str, object] = {}

    def steps(self, cell: Cell, keys: Struct) -> Steps:  # noqa: ARG002 - it has none
        """Return the commands of the config as they are."""
        return cell.steps
