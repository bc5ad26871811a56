"""`runner plugins`: what is active, from where, and which hooks it fills."""

from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.project import load_plugins, own_config
from runner.cli.world import World
from runner.model.errors import ExitCode


def run(arguments: Arguments, world: World) -> int:
    """Print the plugins; outside of a project, the built-in ones."""
    check_format(arguments)
    infos = load_plugins(arguments, world, own_config(arguments, world)).infos()
    if arguments.format == "json":
        world.stdout.write(as_json({"plugins": infos}))
        return ExitCode.PASSED
    rows = [
        (info.name, info.source, info.version or "-", ", ".join(info.hooks), info.location) for info in infos
    ]
    world.stdout.write(table(("plugin", "from", "version", "hooks", "where"), rows))
    return ExitCode.PASSED
