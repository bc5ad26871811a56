"""What can go wrong, as values and exceptions with an exit code.

A `RunnerError` ends the program with its exit code and its text, without a traceback. A `CellError` ends one
cell. Everything else that is raised is a bug of ours: exit code 70.
"""

import textwrap
from enum import IntEnum

from msgspec import Struct

from runner.model.results import Phase
from runner.model.text import Origin


class ExitCode(IntEnum):
    """The exit codes, the same for every verb."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    NOTHING = 3
    ENVIRONMENT = 4
    INTERNAL = 70
    INTERRUPTED = 130


class Problem(Struct, frozen=True):
    """One thing that is wrong, where, and what to do: shown as `file:line: key: message` and the hint."""

    message: str
    origin: Origin | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.origin}: " if self.origin else ""
        hint = "\n" + textwrap.indent(self.hint, "    ") if self.hint else ""
        return f"{where}{self.message}{hint}"


def first_line(message: str) -> str:
    """Return the first line that says something, without the colon that announces the others."""
    lines = (line.strip() for line in message.splitlines())
    return next((line.removesuffix(":") for line in lines if line), "")


class RunnerError(Exception):
    """An error that the user can act on; `problems` are shown one a paragraph."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class UsageError(RunnerError):
    """The command line asks for something that does not exist or cannot be."""

    exit_code = ExitCode.USAGE


class ConfigError(RunnerError):
    """The config file is wrong; `problems` holds all that is wrong with it."""

    exit_code = ExitCode.USAGE


class PluginError(RunnerError):
    """A plugin named in the config cannot be used."""

    exit_code = ExitCode.USAGE


class NothingSelected(RunnerError):  # noqa: N818 - says what happened, as the exit code's name does
    """A selector, tag or Python matches no cell."""

    exit_code = ExitCode.NOTHING


class CellError(Exception):
    """One cell cannot get as far as its commands. `message` is for people, several lines allowed.

    `skip` makes the cell `skipped` instead of `error`.
    """

    def __init__(self, phase: Phase, message: str, *, skip: bool = False) -> None:
        super().__init__(message)
        self.phase: Phase = phase
        self.message = message
        self.skip = skip
        self._told = True

    def untold(self) -> None:
        """Say that nobody saw this error when it was raised: the next cell that it stops gets it whole."""
        self._told = False

    def again(self) -> "CellError":
        """Return the error for the next cell that it stops: what takes many lines is shown once."""
        if "\n" not in self.message or not self._told:
            self._told = True
            return self
        return CellError(self.phase, f"{first_line(self.message)}\n(shown before)", skip=self.skip)


class Cancelled(Exception):  # noqa: N818 - not an error: the run was asked to stop
    """Raised in a worker that was waiting when the run was asked to stop."""
