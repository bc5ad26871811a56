"""`runner schema`: the JSON Schema of the config file."""

import json

from runner.cli.options import Arguments
from runner.cli.world import World
from runner.config import schema
from runner.model.errors import ExitCode


def run(arguments: Arguments, world: World) -> int:  # noqa: ARG001 - every verb is called alike
    """Print the schema."""
    world.stdout.write(json.dumps(schema(), indent=2) + "\n")
    return ExitCode.PASSED
