"""The options of the command line, as they are declared, and what of them plugins may look at."""

from typing import Literal

from msgspec import Struct

OptionKind = Literal["flag", "count", "text", "many", "list", "selectors", "names"]
"""What an option takes; `names`, of packages, are given one at a time, or not at all: then all are meant.

A `list` is separated by commas; `selectors` are one in which braces stand for several.
"""

OptionValue = bool | int | str | tuple[str, ...] | None
"""`flag`: a bool; `count`: an int; `text`: a str; all others: a tuple of str.

Not given, `text` and `names` are None, the others false, 0 or empty.
"""


class Option(Struct, frozen=True):
    """One option: its flags, the long one last, what it takes, a line of help, and which verbs take it.

    `field` is the name of its value: the long flag as an identifier, unless it is said otherwise.
    """

    flags: tuple[str, ...]
    kind: OptionKind
    help: str
    verbs: tuple[str, ...] = ("run",)
    metavar: str = ""
    field: str = ""

    @property
    def name(self) -> str:
        """The name of its value."""
        return self.field or self.flags[-1].lstrip("-").replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets it: the long name in capitals."""
        return "RUNNER_" + self.flags[-1].lstrip("-").replace("-", "_").upper()


class Report(Struct, frozen=True):
    """One `--report KIND=PATH`."""

    kind: str
    path: str


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says, for plugins.

    `rerun` is what a command line needs besides `-e` to find one of this run's cells again.
    `events` is a path, `-` for standard output, or None. `verbose` counts `-v`. `root` is the project's
    folder, `run_folder` is where the run keeps its events and result, empty while planning. `of_plugins` has
    the values of the options that plugins added, by name.
    """

    root: str
    run_folder: str
    events: str | None = None
    reports: tuple[Report, ...] = ()
    verbose: int = 0
    quiet: bool = False
    colour: bool = False
    install_only: bool = False
    rerun: tuple[str, ...] = ()
    of_plugins: dict[str, OptionValue] = {}
