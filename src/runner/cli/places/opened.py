"""The project that `runner env` works on: by its config, or, where there is none, by what it says itself."""

import sys

from runner.cli.grammar import grammar_of, values_of
from runner.cli.options import Arguments
from runner.cli.project import Project, found_here, host, load, load_plugins, tell, tell_notices
from runner.cli.world import World
from runner.config.bare import SIGNS, bare_config, find_bare
from runner.model.errors import ConfigError, Problem
from runner.model.nameable import unnameable


def opened(arguments: Arguments, world: World) -> Project:
    """Return the project, and tell what people should hear of its config. Raises RunnerError."""
    if arguments.config is not None or found_here(arguments, world) is not None:
        project = load(arguments, world)
        tell_notices(project, arguments, world)
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
    tell(arguments, world, *bare.notes)
    plugins = load_plugins(arguments, world, None)
    of_plugins = values_of(grammar_of(plugins), arguments, world.environ)
    return Project(bare.config, plugins, host(world), of_plugins)
