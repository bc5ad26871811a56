"""Filling in the text of one cell, with what is missing told as problems. Pure."""

import os.path
from collections.abc import Callable, Mapping

from runner.model.errors import Problem
from runner.model.plan import Place
from runner.model.settings import CommandText, Steps
from runner.model.text import Literal, Origin, Template, Text
from runner.plan.template import Variable, explain, fill, not_set, parse
from runner.plan.words import Words, split, words_of


class Filler:
    """Fills text with the values of one cell."""

    def __init__(self, values: Mapping[str, str], place: Place, tell: Callable[[Problem], None]) -> None:
        self._values = values
        self._place = place
        self._tell = tell

    def text(self, text: Text) -> str:
        """Return the text, filled in."""
        if isinstance(text, Literal) or not ("{" in text.text or "}" in text.text):
            return text.text
        return fill(parse(text.text), self._values, self._place.environ, self._missing(text))

    def value(self, value: object) -> object:
        """Return any value of a setting with its text filled in."""
        if isinstance(value, Literal | Template):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self.value(item) for item in value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        return value

    def argv(self, command: CommandText) -> tuple[str, ...]:
        """Return the arguments of a command, posargs filled in."""
        argv: list[str] = []
        for text in texts_of(command):
            words = words_of(text, line=not isinstance(command.run, tuple))
            argv.extend(self._arguments(words, shown(text, command.origin)))
        return tuple(argv)

    def below_root(self, path: str) -> str:
        """Return a path of the cell as an absolute one."""
        return below(self._values["root"], path)

    def _arguments(self, words: Words, template: Template) -> list[str]:
        found: list[str] = []
        for word in words:
            if word.posargs is None:
                found.append(fill(word.parts, self._values, self._place.environ, self._missing(template)))
            elif self._place.posargs is not None:
                found.extend(self._place.posargs)
            else:
                found.extend(self._arguments(split(word.posargs.default), template))
        return found

    def _missing(self, template: Template) -> Callable[[Variable], None]:
        return lambda variable: self._tell(explain(template, not_set(variable)))


def below(folder: str, *path: str) -> str:
    """Return a path below a folder, without dots in it; an absolute path stays what it is."""
    return os.path.normpath(os.path.join(folder, *path))  # noqa: PTH118 - on text, several times a cell


def texts_of(command: CommandText) -> tuple[Text, ...]:
    """Return the line, or the arguments, that a command is written as."""
    return command.run if isinstance(command.run, tuple) else (command.run,)


def shown(text: Text, origin: Origin) -> Template:
    """Return text with its place, for errors."""
    return text if isinstance(text, Template) else Template(text.text, origin)


def takes_posargs(steps: Steps) -> bool:
    """Say whether a command takes what stands after `--`."""
    return any(
        word.posargs is not None
        for command in (*steps.setup, *steps.commands, *steps.teardown)
        if isinstance(command, CommandText)
        for text in texts_of(command)
        for word in words_of(text, line=not isinstance(command.run, tuple))
    )
