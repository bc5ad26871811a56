"""Text from a config file, with the place it came from."""

from typing import Union

from msgspec import Struct

from runner.model.visible import line

LONGEST_NAME = 200
"""Characters of the name of a session or axis, and of a label: each is in the ids of many cells."""


class Origin(Struct, frozen=True):
    """A place in a config file: its name as shown to people, the line (from 1) and the dotted key.

    The key is empty where none applies (a syntax error), the line 0 when it is about the file as a whole.
    """

    file: str
    line: int
    key: str

    def __str__(self) -> str:
        file = line(self.file)
        place = f"{file}:{self.line}" if self.line else file
        return f"{place}: {self.key}" if self.key else place


class Literal(Struct, frozen=True, tag="literal"):
    """Text to be taken as it is."""

    text: str


class Template(Struct, frozen=True, tag="template"):
    """Text whose substitutions in braces are filled in when its cell is rendered."""

    text: str
    origin: Origin


Text = Union[Literal, Template]  # noqa: UP007 - msgspec reads the union at run time on 3.10
