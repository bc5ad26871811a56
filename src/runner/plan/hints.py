"""What commands probably mean when they look like a shell's. Pure."""

from collections.abc import Iterable

from runner.model.errors import Problem
from runner.model.plan import Cell
from runner.model.settings import CommandText
from runner.plan.filling import texts_of
from runner.plan.template import Plain
from runner.plan.words import Words, words_of

_OF_SHELLS = frozenset(("|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1", "&>", "*"))


def command_hints(cells: Iterable[Cell]) -> tuple[Problem, ...]:
    """Return, once each, what people should hear about the commands of these cells before they run."""
    commands = {
        id(command): command
        for steps in {id(cell.steps): cell.steps for cell in cells}.values()
        for command in (*steps.setup, *steps.commands, *steps.teardown)
    }
    return tuple(dict.fromkeys(hint for command in commands.values() for hint in _hints(command)))


def _hints(command: CommandText) -> Iterable[Problem]:
    if isinstance(command.run, tuple):
        return
    words = _plain(words_of(texts_of(command)[0], line=True))
    if words and words[0].startswith("-"):
        yield Problem(
            f"{words[0]!r} is taken as a command of its own",
            command.origin,
            'each item of the list is one command: write "pytest -x", or { run = ["pytest", "-x"] }',
        )
    for word in dict.fromkeys(words):
        if word in _OF_SHELLS:
            yield Problem(
                f"the command gets {word!r} as an argument: no shell reads it",
                command.origin,
                f"""write it in quotes if that is meant, else run a shell: ["sh", "-c", "… {word} …"]""",
            )


def _plain(words: Words) -> list[str]:
    """Return the words that are bare text."""
    return [
        word.parts[0].text
        for word in words
        if word.bare and len(word.parts) == 1 and isinstance(word.parts[0], Plain)
    ]
