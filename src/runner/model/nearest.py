"""The names that somebody may have meant, at a bounded price."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from runner.model.text import LONGEST_NAME

_MOST = 1000
"""Names that are compared: of many sessions, somebody who mistyped one hears only of these."""


def closest(name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the known names most like `name`, best first; nothing is like a very long one."""
    if len(name) > LONGEST_NAME:
        return []
    few = [other for other in islice(known, _MOST) if len(other) <= LONGEST_NAME]
    return get_close_matches(name, few, n=most, cutoff=cutoff)


def enumerated(names: Iterable[str], most: int = 20) -> str:
    """Return names with commas between them; of many, the first and how many more there are."""
    every = tuple(names)
    more = len(every) - most
    return ", ".join(every) if more <= 0 else f"{', '.join(every[:most])} and {more:,} more"
