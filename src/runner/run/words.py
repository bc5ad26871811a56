"""How things are said to people in logs and reasons."""

import shlex
from signal import Signals

from runner.model.results import Exit, Exited, NotStarted, Signalled, TimedOut


def command_line(argv: tuple[str, ...]) -> str:
    """Return the command in shell quoting."""
    return shlex.join(argv)


def brief(argv: tuple[str, ...]) -> str:
    """Return the command in shell quoting, cut to its first line: reasons stand in tables."""
    first, *more = command_line(argv).split("\n", 1)
    return f"{first} ..." if more else first


def seconds(value: float) -> str:
    """Return a number of seconds without needless digits: `10 s`, `0.5 s`."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + " s"


def exit_words(exit_: Exit) -> str:
    """Return how a process ended: it follows the command's name in a sentence."""
    match exit_:
        case Exited(code):
            return f"exited with code {code}"
        case Signalled(number):
            return f"was killed by signal {number}{_signal_name(number)}"
        case TimedOut(after):
            return f"timed out after {seconds(after)}"
        case NotStarted(reason):
            return f"was not started: {reason}"


def _signal_name(number: int) -> str:
    try:
        return f" ({Signals(number).name})"
    except ValueError:
        return ""
