"""How numbers, exits and foreign text are put into words for people."""

import shlex

from runner.model.visible import line


def duration(seconds: float) -> str:
    """Return how long something took: `0.04s`, `1.2s`, `2m03s`, `1h02m`."""
    if round(seconds, 2) < 0.1:  # noqa: PLR2004 - one more digit where one says nothing
        return f"{max(seconds, 0.0):.2f}s"
    if round(seconds, 1) < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


def plural(number: int, noun: str) -> str:
    """Return `1 cell`, `2 cells`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def command_line(argv: tuple[str, ...]) -> str:
    """Return the command in shell quoting, on one line."""
    return line(shlex.join(argv))


def first_line(text: str) -> str:
    """Return the first line that says something."""
    return line(next((each.strip() for each in text.splitlines() if each.strip()), ""))
