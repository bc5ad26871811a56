"""`runner env`: lasting environments of cells, as places to work."""

from importlib import import_module

from runner.cli.options import Arguments
from runner.cli.world import Replacement, World
from runner.model.errors import Problem, UsageError

_MODULES = {
    "create": "create",
    "list": "listing",
    "path": "path",
    "shell": "shell",
    "exec": "execute",
    "activate": "activate",
    "use": "use",
    "export": "export",
    "remove": "remove",
}
_DEFAULT = "list"


def run(arguments: Arguments, world: World) -> int | Replacement:
    """Do what the word after `env` says, and return the exit code, or what takes our place."""
    verb = arguments.words[0] if arguments.words else _DEFAULT
    if arguments.posargs is not None and verb != "exec":
        raise UsageError(
            Problem(
                f"runner env {verb} takes nothing after --",
                hint="runner env exec CELL -- COMMAND runs a command in an environment",
            )
        )
    code: int | Replacement = import_module(f"runner.cli.places.{_MODULES[verb]}").run(arguments, world)
    return code
