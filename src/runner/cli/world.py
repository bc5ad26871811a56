"""The world that the command line runs in: injected, so that tests need not touch the process's own."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

from runner.model.ports import Clock, Processes
from runner.process import SystemClock, SystemProcesses


class World(NamedTuple):
    """Where the program is: folder, variables, streams, clock and the way to start processes."""

    cwd: Path
    environ: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    clock: Clock
    processes: Processes
    leave: Callable[[int], object]
    """Ends the process at once, with an exit code: nothing is flushed, nobody is waited for."""


def real_world() -> World:
    """Return the world of this process."""
    return World(
        cwd=Path.cwd(),
        environ=dict(os.environ),
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        clock=SystemClock(),
        processes=SystemProcesses(),
        leave=os._exit,
    )
