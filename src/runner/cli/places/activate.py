"""`runner env activate`: print what activates a lasting environment in the shell that evaluates it."""

from collections.abc import Mapping
from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.places.entering import activation_of
from runner.cli.places.making import entered, notify
from runner.cli.places.opened import opened
from runner.cli.places.scripts import SCRIPTS, Activation
from runner.cli.world import World
from runner.model.errors import ExitCode, Problem, UsageError
from runner.model.nearest import closest

_POSIX = ("dash", "ash", "ksh", "mksh", "busybox")
_ALSO = {**dict.fromkeys(_POSIX, "sh"), "pwsh": "powershell", "pwsh-preview": "powershell"}
"""What other shells are like, by the names of their programs."""


def run(arguments: Arguments, world: World) -> int:
    """Print it, and nothing else, to stdout. Raises RunnerError."""
    shell = _asked(arguments.shell, world.environ)
    cell, step = entered(arguments, world, opened(arguments, world))
    activation = activation_of(cell, step)
    tell_unnamed(activation, world)
    world.stdout.write(SCRIPTS[shell](activation))
    return ExitCode.PASSED


def shell_of(environ: Mapping[str, str]) -> str:
    """Return the name of the user's shell among those that we can activate in; else of its program."""
    name = Path(environ.get("SHELL") or "sh").name.removesuffix(".exe")
    return _ALSO.get(name, name)


def tell_unnamed(activation: Activation, world: World) -> None:
    """Say which variables of the session no shell can set."""
    if activation.unnamed:
        names = ", ".join(activation.unnamed)
        notify(world, f"note: not set, since a shell takes no such names: {names} (env exec does set them)")


def _asked(given: str | None, environ: Mapping[str, str]) -> str:
    shell = shell_of(environ) if given is None else _ALSO.get(given, given)
    if shell in SCRIPTS:
        return shell
    what = f"--shell {given}" if given is not None else f"SHELL={environ.get('SHELL')}"
    near = closest(shell, SCRIPTS) if given is not None else []
    meant = f"did you mean {near[0]}?" if near else f"--shell takes {', '.join(SCRIPTS)}"
    raise UsageError(Problem(f"{what}: runner does not know how to activate in that shell", hint=meant))
