"""Globs over names, of which most are plain names: those and prefixes need no pattern to be compiled."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

_WILD = frozenset("*?[")


class Globs:
    """Whether a name matches any of these patterns; upper and lower case differ."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = tuple(patterns)
        self._names = frozenset(pattern for pattern in given if not _WILD & set(pattern))
        starts = frozenset(
            pattern for pattern in given if pattern.endswith("*") and not _WILD & set(pattern[:-1])
        )
        self._starts = tuple(pattern[:-1] for pattern in starts)
        self._rest = tuple(pattern for pattern in given if pattern not in self._names | starts)

    def match(self, name: str) -> bool:
        """Return whether one of the patterns matches the whole of `name`."""
        if name in self._names or name.startswith(self._starts):
            return True
        return any(fnmatchcase(name, pattern) for pattern in self._rest)
