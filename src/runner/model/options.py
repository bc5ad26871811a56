"""The options of a run that reporters and other plugins may look at."""

from msgspec import Struct


class Report(Struct, frozen=True):
    """One `--report KIND=PATH`."""

    kind: str
    path: str


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says about showing and storing results.

    `rerun` is what a command line needs besides `-e` to find one of this run's cells again.
    `events` is a path, `-` for standard output, or None. `verbose` counts `-v`. `run_folder` is where the
    run keeps its events and result.
    """

    run_folder: str
    events: str | None = None
    reports: tuple[Report, ...] = ()
    verbose: int = 0
    quiet: bool = False
    colour: bool = False
    install_only: bool = False
    rerun: tuple[str, ...] = ()
