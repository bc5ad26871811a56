"""The kinds of values that keys of a tox config take."""

from enum import Enum, auto


class Kind(Enum):
    """What a key takes, and so how text is filled in and read."""

    TEXT = auto()
    OPTIONAL_TEXT = auto()
    BOOL = auto()
    OPTIONAL_BOOL = auto()
    INTEGER = auto()
    NUMBER = auto()
    PATH = auto()
    LIST = auto()
    SET = auto()
    LIST_OR_TEXT = auto()
    COMMAND = auto()
    COMMANDS = auto()
    NAMES = auto()
    TABLE = auto()
    TABLE_OF_NAMES = auto()
    SET_ENV = auto()
    REQUIREMENTS = auto()
    CONSTRAINTS = auto()
