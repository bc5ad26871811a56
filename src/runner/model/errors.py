"""What can go wrong, as values and exceptions with an exit code.

A `RunnerError` ends the program with its exit code and its text, without a traceback. A `CellError` ends one
cell. Everything else that is raised is a bug of ours: exit code 70.
"""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum

from msgspec import Struct

from runner.model.results import Phase
from runner.model.text import Origin

MOST_PROBLEMS = 200
"""Of one error: more of them are not about single keys but about a file as a whole."""


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
    """An error that the user can act on; `problems` are shown one a paragraph, the first MOST_PROBLEMS."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, *problems: Problem | str) -> None:
        told = tuple(Problem(p) if isinstance(p, str) else p for p in problems[:MOST_PROBLEMS])
        more = Problem(f"there are more problems than these {MOST_PROBLEMS}")
        self.problems = told if len(told) == len(problems) else (*told, more)
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

    `skip` makes the cell `skipped` instead of `error`. None is for a backend whose interpreter is missing:
    `missing-python` decides.
    """

    def __init__(self, phase: Phase, message: str, *, skip: bool | None = False) -> None:
        super().__init__(message)
        self.phase: Phase = phase
        self.message = message
        self.skip = skip
        self._told = not _UNHEARD.get()

    def again(self) -> "CellError":
        """Return the error for the next cell that it stops: what takes many lines is shown once.

        Not for several threads at a time.
        """
        if "\n" not in self.message or not self._told:
            self._told = not _UNHEARD.get()
            return self
        return CellError(self.phase, f"{first_line(self.message)}\n(shown before)", skip=self.skip)


_UNHEARD: ContextVar[bool] = ContextVar("unheard", default=False)


@contextmanager
def unheard() -> Iterator[None]:
    """Say that nobody is told of a CellError raised here: the next cell that it stops gets it whole."""
    before = _UNHEARD.set(True)
    try:
        yield
    finally:
        _UNHEARD.reset(before)


class Interruption(KeyboardInterrupt):
    """A signal, named by its text, ends what the main thread does while no run listens to signals."""


class Cancelled(Exception):  # noqa: N818 - not an error: the run was asked to stop
    """Raised in a worker that was waiting when the run was asked to stop."""
