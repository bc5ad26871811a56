"""The world that the command line runs in: injected, so that tests need not touch the process's own."""

import codecs
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

from runner.cli.secrets import Secrets
from runner.cli.streams import own
from runner.hooks.slow import Watch
from runner.model.errors import UsageError
from runner.model.ports import Clock, Processes
from runner.process import SystemClock

if TYPE_CHECKING:
    from runner.hooks.manager import Plugins
    from runner.process import SystemProcesses


class Replacement(NamedTuple):
    """The program that takes the place of this process when the verb is done.

    `argv[0]` is an absolute path, `env` the program's whole environment.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]


class World(NamedTuple):
    """Where the program is: folder, variables, streams, clock and the way to start processes."""

    cwd: Path
    environ: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    clock: Clock
    processes: Callable[[], Processes]
    """Gives the way to start processes, always the same: verbs that start none do without it."""
    secrets: Secrets
    leave: Callable[[int], object]
    """Ends the process at once, with an exit code: nothing is flushed, nobody is waited for."""
    become: Callable[[Replacement], str]
    """Lets another program take the process's place; returns only if that cannot be, with the reason."""
    watch: Watch | None = None
    """Looks how long plugins take."""
    plugins: "Plugins | None" = None
    """Those of the project, where the command line could not be read without them."""
    guests: tuple[object, ...] = ()
    """Plugins beside those that the config names: modules or objects that fill hooks."""


def real_world() -> World:
    """Return the world of this process, whatever state its streams are in. Raises UsageError."""
    processes = cache(_system_processes)
    return World(
        cwd=_cwd(),
        environ=dict(os.environ),
        stdin=_opened(sys.stdin, "r"),
        stdout=_writing_anything(_opened(sys.stdout, "w")),
        stderr=_writing_anything(_opened(sys.stderr, "w"), heedless=True),
        clock=SystemClock(),
        processes=processes,
        secrets=Secrets(os.environ),
        leave=os._exit,
        become=lambda replacement: processes().become(replacement.argv, replacement.env),
    )


def _cwd() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(f"the current folder cannot be used: {error.strerror}") from error


def _system_processes() -> "SystemProcesses":
    from runner.process import SystemProcesses  # noqa: PLC0415 - start-up

    return SystemProcesses()


def _opened(stream: TextIO | None, mode: Literal["r", "w"]) -> TextIO:
    """Return the stream; one that was closed before we started holds nothing and takes everything."""
    return stream or Path(os.devnull).open(mode, encoding="utf-8")


def _writing_anything(stream: TextIO, *, heedless: bool = False) -> TextIO:
    """Let a stream that is not UTF-8 take all text; a `heedless` one never raises."""
    codecs.register_error("runner.escape", _escape)
    return own(stream, errors="runner.escape", heedless=heedless)


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Write as `\u20ac` what an encoding does not have: within JSON it still means the same."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end
