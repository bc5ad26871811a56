"""The project that `runner env` works on: by its config, or, where there is none, by what it says itself."""

import sys

from runner.cli.grammar import grammar_of, values_of
from runner.cli.options import Arguments
from runner.cli.project import Project, found_here, host, load, load_plugins, tell
from runner.cli.world import World
from runner.config.bare import SIGNS, bare_config, find_bare
from runner.env.lasting.record import lasting_names
from runner.model.errors import ConfigError, Problem
from runner.model.nameable import unnameable

_ALSO_MAKING = (("shell",), ("exec",), ("activate",), ("use",))


def opened(arguments: Arguments, world: World) -> Project:
    """Return the project. Raises RunnerError.

    What people should hear of its config is told when environments are made, and not each time one is used.
    """
    if arguments.config is not None or found_here(arguments, world) is not None:
        project = load(arguments, world)
        if _is_news(arguments, project):
            remarks = project.config.remarks if arguments.verbose else ()
            tell(arguments, world, *project.config.notices, *remarks)
        return project
    root = find_bare(world.cwd)
    if root is None:
        raise ConfigError(
            Problem(
                f"there is nothing to make an environment of in {world.cwd} or the folders above it",
                hint=f"looked for a config, such as runner.toml, and for {', '.join(SIGNS)}",
            )
        )
    if fault := unnameable(str(root)):
        raise ConfigError(f"the project's folder {fault}")
    bare = bare_config(root, sys.version_info[:3])
    plugins = load_plugins(arguments, world, None)
    of_plugins = values_of(grammar_of(plugins), arguments, world.environ)
    project = Project(bare.config, plugins, host(world), of_plugins)
    if _is_news(arguments, project):
        tell(arguments, world, *bare.notes)
    return project


def _is_news(arguments: Arguments, project: Project) -> bool:
    verb = arguments.words[:1]
    return verb == ("create",) or (verb in _ALSO_MAKING and not lasting_names(project.work_dir))
