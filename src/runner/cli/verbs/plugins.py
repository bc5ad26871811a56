"""`runner plugins`: what is active, from where, and which hooks it fills; and what else is installed."""

from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.project import plugins_here
from runner.cli.world import World
from runner.hooks.info import PluginInfo
from runner.model.errors import ExitCode


def run(arguments: Arguments, world: World) -> int:
    """Print the plugins; outside of a project, the built-in ones and those that are installed."""
    check_format(arguments)
    infos = plugins_here(arguments, world).listing()
    if arguments.format == "json":
        world.stdout.write(as_json({"plugins": infos}))
    else:
        head = ("plugin", "from", "version", "hooks", "where")
        world.stdout.write(table(head, [_row(info) for info in infos]))
    return ExitCode.PASSED


def _row(info: PluginInfo) -> tuple[str, ...]:
    hooks = ", ".join(info.hooks) if info.active else "(not active)"
    return info.name, info.source, info.version or "-", hooks, info.location
