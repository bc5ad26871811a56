"""Colours, and escape sequences in what others write."""

import re

from colorama import ansi

from runner.model.results import CellResult, Outcome
from runner.model.visible import visible

RESET: str = ansi.Style.RESET_ALL
_CODES: dict[str, str] = {
    "red": ansi.Fore.RED,
    "green": ansi.Fore.GREEN,
    "yellow": ansi.Fore.YELLOW,
    "cyan": ansi.Fore.CYAN,
    "dim": ansi.Style.DIM,
    "bold": ansi.Style.BRIGHT,
}
_OUTCOMES: dict[Outcome, str] = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "skipped": "cyan",
    "cancelled": "yellow",
}
_SEQUENCE = re.compile(
    r"""\x1b(?: \[ [0-?]* [ -/]* [@-~]              # CSI: colours, moves
              | [\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ )?   # strings: titles, links
              | [ -/]* [0-~] )                       # the short ones""",
    re.VERBOSE,
)
_COLOUR = re.compile(r"(\x1b\[[0-9;:]*m)")
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)


class Style:
    """Paints text, or leaves it plain."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, *names: str) -> str:
        """Return `text` in the styles named: red, green, yellow, cyan, dim, bold."""
        if not self.colour or not text:
            return text
        return "".join(_CODES[name] for name in names) + text + RESET

    def outcome(self, result: CellResult, text: str) -> str:
        """Return `text` in the colour of the cell's outcome."""
        worry = result.allowed or result.flaky
        return self.paint(text, "yellow" if worry else _OUTCOMES[result.outcome])


def settled(text: str, *, colour: bool) -> str:
    """Return a program's output as a terminal would leave it, with nothing left that steers one.

    Colours stay when `colour`. Lines that were drawn over (progress bars) are as they were last.
    """
    text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n")).replace("\r", "")
    text = _SEQUENCE.sub(lambda match: match[0] if colour and _COLOUR.fullmatch(match[0]) else "", text)
    if "\x1b" not in text:
        return visible(text)
    pieces = _COLOUR.split(text)  # text, colour, text, ...
    return "".join(piece if at % 2 else visible(piece) for at, piece in enumerate(pieces)) + RESET
