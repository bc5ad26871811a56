"""Globs over names, of which most are plain names: those and prefixes need no pattern to be compiled."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase, translate

_WILD = frozenset("*?[")


def is_glob(text: str) -> bool:
    """Say whether the text is a pattern, rather than a name."""
    return not _WILD.isdisjoint(text)


def matches_glob(name: str, pattern: str) -> bool:
    """Return whether a pattern, or a plain name, matches the whole of `name`; upper and lower case differ."""
    return fnmatchcase(name, closed(pattern)) if is_glob(pattern) else name == pattern


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression that `match`es what the glob does: for one that meets many names."""
    return re.compile(translate(closed(pattern)))


def closed(pattern: str) -> str:
    """Return the same glob, brackets that nothing closes spelled as literals.

    From each of those `fnmatch` looks for an end up to the end of the pattern, which adds up.
    """
    start = pattern.find("[")
    while start >= 0:
        end = pattern.find("]", _first_that_closes(pattern, start))
        if end < 0:  # and nothing closes those behind it
            return pattern[:start] + pattern[start:].replace("[", "[[]")
        start = pattern.find("[", end)
    return pattern


def _first_that_closes(pattern: str, start: int) -> int:
    """Return from where on a `]` closes the bracket: as the first in it, it stands for itself."""
    at = start + 1
    at += pattern.startswith("!", at)
    return at + pattern.startswith("]", at)


class Globs:
    """Whether a name matches any of these patterns; upper and lower case differ, unless in `any_case`."""

    def __init__(self, patterns: Iterable[str], *, any_case: bool = False) -> None:
        self._any_case = any_case
        given = tuple(map(str.upper, patterns) if any_case else patterns)
        self._names = frozenset(pattern for pattern in given if not is_glob(pattern))
        starts = frozenset(
            pattern for pattern in given if pattern.endswith("*") and not is_glob(pattern[:-1])
        )
        self._starts = tuple(pattern[:-1] for pattern in starts)
        known = self._names | starts
        self._rest = tuple(closed(pattern) for pattern in given if pattern not in known)

    def match(self, name: str) -> bool:
        """Return whether one of the patterns matches the whole of `name`."""
        name = name.upper() if self._any_case else name
        if name in self._names or name.startswith(self._starts):
            return True
        return any(fnmatchcase(name, pattern) for pattern in self._rest)
