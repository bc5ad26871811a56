"""`runner schema`: the JSON Schema of the config file."""

import json
import textwrap

from runner.cli.options import Arguments
from runner.cli.project import load_plugins, lookups_of, own_config
from runner.cli.world import World
from runner.config import adders_in, schema
from runner.model.errors import ExitCode

_WIDTH = 140
"""Of a line, in characters: most keys fit in one with their descriptions."""


def run(arguments: Arguments, world: World) -> int:
    """Print the schema; in a project with the keys that its session types and backends add."""
    raw = own_config(arguments, world)
    adders = () if raw is None else adders_in(raw, lookups_of(load_plugins(arguments, world, raw)))
    world.stdout.write(layout(schema(adders)) + "\n")
    return ExitCode.PASSED


def layout(value: object, key: str = "", depth: int = 0) -> str:
    """Write a value, and the key that it has in its object, as JSON, with what fits in a line on one."""
    before = f"{json.dumps(key)}: " if key else ""
    line = before + json.dumps(value)
    if 2 * depth + len(line) < _WIDTH:
        return line
    if isinstance(value, dict):
        inner = [layout(item, name, depth + 1) for name, item in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list):
        inner = [layout(item, depth=depth + 1) for item in value]
        opening, closing = "[", "]"
    else:
        return line
    return before + "\n".join((opening, textwrap.indent(",\n".join(inner), "  "), closing))
