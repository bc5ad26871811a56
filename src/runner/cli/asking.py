"""Reading the command line again, with what the plugins of the project add to it."""

from collections.abc import Sequence

from runner import __version__
from runner.cli.grammar import grammar_of
from runner.cli.options import Arguments
from runner.cli.parse import Asked, UnknownWord, help_text, parse
from runner.cli.project import plugins_here
from runner.cli.world import World
from runner.model.errors import PluginError, RunnerError, UsageError


def read_again(argv: Sequence[str], world: World, unknown: UnknownWord) -> tuple[Arguments | Asked, World]:
    """Read a command line with words that runner does not know; the plugins go into the world.

    The project's plugins may know them, and if not, those that are installed. Raises UsageError when nobody
    does, and with what else kept plugins from being asked.
    """
    try:
        plugins = plugins_here(unknown.arguments, world)
    except RunnerError as error:
        raise PluginError(*unknown.problems, *error.problems) from error.__cause__
    while True:
        try:
            asked = parse(argv, world.environ, __version__, grammar_of(plugins))
        except UnknownWord as still:
            if not any(plugins.enlist_for(name) for name in still.names):
                raise UsageError(*still.problems, *plugins.hindrances()) from None
        else:
            return asked, world._replace(plugins=plugins)


def help_within(arguments: Arguments, world: World) -> str:
    """Return the text of `--help` with what the project's plugins add; one that fails is a note beside it."""
    try:
        plugins = plugins_here(arguments, world)
        grammar = grammar_of(plugins)
        if arguments.verb not in grammar.verbs and plugins.enlist_for(arguments.verb):
            grammar = grammar_of(plugins)
    except RunnerError as error:
        why = error.problems[0].message
        world.stderr.write(f"note: what plugins add is not shown: {why}\n")
        return help_text()
    return help_text(grammar)
