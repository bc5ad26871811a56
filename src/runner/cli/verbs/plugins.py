"""`runner plugins`: what is active, from where, and which hooks it fills; and what else is installed."""

from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.project import config_of, found_here, load_plugins, request_for, tell
from runner.cli.world import World
from runner.config import read
from runner.hooks.info import PluginInfo
from runner.hooks.manager import Plugins
from runner.model.errors import ExitCode, RunnerError


def run(arguments: Arguments, world: World) -> int:
    """Print the plugins; outside of a project, the built-in ones and those that are installed."""
    check_format(arguments)
    plugins, fault = _plugins_in_use(arguments, world)
    infos = plugins.listing()
    if arguments.format == "json":
        world.stdout.write(as_json({"plugins": infos}))
    else:
        head = ("plugin", "from", "version", "hooks", "where")
        world.stdout.write(table(head, [_row(info) for info in infos]))
    if fault:
        tell(
            arguments,
            world,
            f"not all of the config can be read, so a plugin that it uses may stand as not active: {fault}",
        )
    return ExitCode.PASSED


def _plugins_in_use(arguments: Arguments, world: World) -> tuple[Plugins, str]:
    """Load the plugins, installed ones too that the config uses; and say why that cannot be known."""
    found = found_here(arguments, world)
    raw = read(found) if found and not found.foreign else None
    plugins = load_plugins(arguments, world, raw)
    try:
        if raw is not None:
            config_of(raw, plugins)
        elif found is not None and found.foreign == "other":
            plugins.load_config(request_for(arguments, world, found, found.foreign, brief=True))
    except RunnerError as error:
        return plugins, str(error.problems[0])
    return plugins, ""


def _row(info: PluginInfo) -> tuple[str, ...]:
    hooks = ", ".join(info.hooks) if info.active else "(not active)"
    return info.name, info.source, info.version or "-", hooks, info.location
