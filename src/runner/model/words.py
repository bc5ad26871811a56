"""How ends of processes and chosen times are said to people, wherever they are said."""

from signal import Signals

from runner.model.ports import Leftover
from runner.model.results import Exit, Exited, NotStarted, Signalled, TimedOut


def exit_words(exit_: Exit) -> str:
    """Return how a process ended, to follow its name: `exited with code 3`, `timed out after 10m`."""
    match exit_:
        case Exited(code):
            return f"exited with code {code}"
        case Signalled(number):
            return f"was killed by {_signal_name(number)}"
        case TimedOut(after):
            return f"timed out after {chosen_time(after)}"
        case NotStarted(reason):
            return f"was not started: {reason}" if reason else "was not started"


def left_words(what: str, leftovers: tuple[Leftover, ...]) -> str:
    """Return what a command left running, and what became of that."""
    named = ", ".join(f"{each.command or 'without a command line'} (pid {each.pid})" for each in leftovers)
    stubborn = ", ".join(str(each.pid) for each in leftovers if not each.killed)
    processes = "a process" if len(leftovers) == 1 else f"{len(leftovers)} processes"
    fate = f"KILL did not end {stubborn}" if stubborn else "killed"
    return f"`{what}` left {processes} running, {fate}: {named}"


def chosen_time(seconds: float) -> str:
    """Return a time that somebody chose, without needless digits: `10m`, `1m30s`, `0.5s`."""
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((f"{hours}h", hours), (f"{minutes}m", minutes), (f"{rest:g}s", rest))
    return "".join(text for text, amount in parts if amount) or "0s"


def _signal_name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
