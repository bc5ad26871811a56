"""`runner plugins`: what is active, from where, and which hooks it fills."""

from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.project import load_plugins
from runner.cli.world import World
from runner.config import find, read
from runner.model.errors import ConfigError, ExitCode


def run(arguments: Arguments, world: World) -> int:
    """Print the plugins; outside of a project, the built-in ones."""
    check_format(arguments)
    explicit = world.cwd / arguments.config if arguments.config is not None else None
    try:
        found = find(world.cwd, explicit)
        raw = None if found.foreign else read(found)
    except ConfigError:
        if explicit is not None:
            raise
        raw = None
    infos = load_plugins(arguments, world, raw).infos()
    if arguments.format == "json":
        world.stdout.write(as_json({"plugins": infos}))
        return ExitCode.PASSED
    rows = [
        (info.name, info.source, info.version or "-", ", ".join(info.hooks), info.location) for info in infos
    ]
    world.stdout.write(table(("plugin", "from", "version", "hooks", "where"), rows))
    return ExitCode.PASSED
