"""`runner env shell`: the user's shell, in the lasting environment of a cell."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.places.activate import shell_of, tell_unnamed
from runner.cli.places.entering import activation_of, variables_of
from runner.cli.places.making import PlaceError, entered, notify
from runner.cli.places.opened import opened
from runner.cli.places.scripts import SCRIPTS
from runner.cli.world import Replacement, World
from runner.model.errors import ExitCode, Problem, UsageError

_RC = Path(__file__).parent / "rc"
"""What shells read when they start: the user's own files, then what is in _ACTIVATION."""

_ACTIVATION = "_RUNNER_ACTIVATION"
_FISH = f"eval ${_ACTIVATION}; set -e {_ACTIVATION}"

Environ = Mapping[str, str]
Started = tuple[tuple[str, ...], dict[str, str]]
"""Arguments of a shell, and variables for its start."""


def run(arguments: Arguments, world: World) -> int | Replacement:
    """Return the user's shell as what takes our place; for PowerShell, print how to activate there."""
    shell = shell_of(world.environ)
    if shell == "powershell":
        world.stdout.write(f"{_powershell(arguments)}\n")
        return ExitCode.PASSED
    if not (world.stdin.isatty() and world.stdout.isatty()):
        raise UsageError(
            Problem(
                "runner env shell needs a terminal",
                hint="runner env exec CELL -- COMMAND runs a command without one",
            )
        )
    program = _program(world.environ)
    cell, step = entered(arguments, world, opened(arguments, world))
    activation = activation_of(cell, step)
    if shell not in _STARTS:
        notify(world, f"note: {shell} is started with PATH and variables set; its prompt does not say so")
        return Replacement((program,), variables_of(activation, world.environ))
    tell_unnamed(activation, world)
    options, variables = _STARTS[shell](world.environ)
    text = SCRIPTS[shell](activation)
    return Replacement((program, *options), {**world.environ, **variables, _ACTIVATION: text})


def _program(environ: Environ) -> str:
    """Return the path of the user's shell. Raises PlaceError."""
    name = environ.get("SHELL") or "sh"
    program = shutil.which(name, path=environ.get("PATH"))
    if program is None:
        raise PlaceError(f"SHELL={name}: there is no such program: set SHELL to your shell")
    return str(Path(program).absolute())


def _powershell(arguments: Arguments) -> str:
    cell = "".join(f" {shlex.quote(word)}" for word in arguments.words[1:])
    return f"runner env activate{cell} --shell powershell | Out-String | Invoke-Expression"


def _bash(_environ: Environ) -> Started:
    return ("--rcfile", str(_RC / "bash.sh"), "-i"), {}


def _zsh(environ: Environ) -> Started:
    old = {"_RUNNER_ZDOTDIR": environ["ZDOTDIR"]} if environ.get("ZDOTDIR") else {}
    return ("-i",), {"ZDOTDIR": str(_RC / "zsh"), **old}


def _fish(_environ: Environ) -> Started:
    return ("--init-command", _FISH, "-i"), {}


def _posix(environ: Environ) -> Started:
    old = {"_RUNNER_ENV": environ["ENV"]} if environ.get("ENV") else {}
    return ("-i",), {"ENV": str(_RC / "posix.sh"), **old}


_STARTS: Mapping[str, Callable[[Environ], Started]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "sh": _posix,
}
