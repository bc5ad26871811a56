"""What went wrong with plugins, told on stderr; what they raised is kept with the run."""

import os
import traceback
from contextlib import suppress
from pathlib import Path

from runner.cli.streams import Outlet
from runner.cli.world import World
from runner.model.visible import visible
from runner.nofollow import open_file

TRACEBACKS = "plugins.log"
"""The file in a run's folder that has the tracebacks of plugins."""


class Complaints:
    """Writes one line for each complaint; `folder` is the run's. May be called from any thread.

    The traceback of what a plugin raised goes to a file in the folder, and with `verbose` to stderr, too.
    """

    def __init__(self, world: World, folder: str, *, verbose: bool) -> None:
        self._world = world
        self._file = Path(folder).resolve() / TRACEBACKS
        self._verbose = verbose

    def __call__(self, message: str, error: BaseException | None = None) -> None:
        conceal = self._world.secrets.concealed
        said = visible(conceal(f"warning: {message}\n"))
        if error is not None:
            trace = visible(conceal("".join(traceback.format_exception(error))))
            with suppress(OSError):
                self._keep(f"{said}{trace}\n")
            if self._verbose:
                said += trace
        self._world.stderr.write(said)
        self._world.stderr.flush()

    def _keep(self, text: str) -> None:
        descriptor = open_file(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - a descriptor
            file.write(text)


def outlet(world: World) -> Outlet:
    """Return stdout for what a run tells: nobody needs to read it for the run to go on."""

    def lost(why: str) -> None:
        world.stderr.write(f"warning: {why}: the run goes on\n")
        world.stderr.flush()

    return Outlet(world.stdout, lost)
