"""How things are said to people in logs and reasons."""

import shlex

from runner.model.visible import visible


def command_line(argv: tuple[str, ...]) -> str:
    """Return the command in shell quoting."""
    return visible(shlex.join(argv))


def brief(argv: tuple[str, ...]) -> str:
    """Return the command in shell quoting, cut to its first line: reasons stand in tables."""
    first, *more = command_line(argv).split("\n", 1)
    return f"{first} ..." if more else first
