"""The project that `runner env` works on: by its config, or, where there is none, by what it says itself."""

import sys
from contextlib import suppress

from msgspec.structs import replace

from runner.cli.grammar import grammar_of, values_of
from runner.cli.options import Arguments
from runner.cli.places.cells import EVERY, every_cell
from runner.cli.project import Project, found_here, host, load, load_plugins, tell
from runner.cli.world import World
from runner.config.bare import SIGNS, bare_config, find_bare
from runner.env.lasting.record import lasting_folder, lasting_names, read_record
from runner.model.errors import ConfigError, NothingSelected, Problem
from runner.model.layout import LASTING
from runner.model.nameable import unnameable

_ANY = ((), ("list",), ("remove",))
"""Verbs that are about all environments: cells that the config does not have any more, too."""

_ALSO_MAKING = (("shell",), ("exec",), ("activate",), ("use",))


def opened(arguments: Arguments, world: World) -> Project:
    """Return the project. Raises RunnerError.

    What people should hear of its config is told when environments are made, and not each time one is used.
    """
    if arguments.config is not None or found_here(arguments, world) is not None:
        asked = _for_config(arguments)
        project = load(asked, world, environments=LASTING)
        if asked.select is None:
            project = _with_named(arguments, world, project)
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


def _for_config(arguments: Arguments) -> Arguments:
    """Return the arguments for who reads the config: words are cells, and what comes after -- is for exec."""
    named = arguments.words[1:] if arguments.words[:1] not in _ANY else ()
    return replace(arguments, select=(*named, *(arguments.select or ())) or None, posargs=None)


def _with_named(arguments: Arguments, world: World, project: Project) -> Project:
    """Return the project with the cells of lasting environments that a config has only when they are named.

    Those of tox are made of factors: `py313` needs no section and no place in a list.
    """
    if not any(session.foreign for session in project.config.sessions):
        return project
    known = {cell.folder for cell in every_cell(arguments, project).cells}
    named: tuple[str, ...] = EVERY
    for name in lasting_names(project.work_dir):
        record = read_record(lasting_folder(project.work_dir, name))
        if record is None or name in known:
            continue
        with suppress(NothingSelected):  # it is an orphan
            more = (*named, record.cell)
            asked = replace(arguments, select=more, posargs=None, quiet=True)
            project = load(asked, world, environments=LASTING)
            named = more
    return project


def _is_news(arguments: Arguments, project: Project) -> bool:
    verb = arguments.words[:1]
    return verb == ("create",) or (verb in _ALSO_MAKING and not lasting_names(project.work_dir))
