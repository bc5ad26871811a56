"""A verb that a plugin adds."""

from runner.cli.complaints import outlet
from runner.cli.grammar import grammar_of, values_of
from runner.cli.options import Arguments
from runner.cli.outputs import run_options
from runner.cli.place import wants_colour
from runner.cli.project import Project, found_here, load, plugins_here, tell_notices
from runner.cli.world import World
from runner.model.options import OptionValue
from runner.model.plugins import VerbRequest


def run(arguments: Arguments, world: World) -> int:
    """Do what the plugin does, in the project if there is one, and return its exit code."""
    project = load(arguments, world) if found_here(arguments, world) else None
    if project is not None:
        tell_notices(project, arguments, world)
    plugins = project.plugins if project else plugins_here(arguments, world)
    verb = next(verb for _, verb in plugins.verbs() if verb.name == arguments.verb)
    values = values_of(grammar_of(plugins), arguments, world.environ)
    return verb.run(_request(arguments, world, project, values))


def _request(
    arguments: Arguments, world: World, project: Project | None, values: dict[str, OptionValue]
) -> VerbRequest:
    root = project.config.root if project else ""
    colour = wants_colour(arguments, world, world.stdout)
    return VerbRequest(
        words=arguments.words,
        posargs=arguments.posargs or (),
        options=run_options(arguments, world, root, "", colour=colour, of_plugins=values),
        root=root or None,
        work_dir=str(project.work_dir) if project else None,
        out=outlet(world),
    )
