"""How ends of processes and chosen times are said to people, wherever they are said."""

from signal import Signals

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
