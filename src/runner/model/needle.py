"""One spelling of a secret, looked for in bytes."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from runner.model.spellings import Spelling, Unit

Span = tuple[int, int]


class Needle:
    """Finds a spelling: whole, or its beginning at the end of the data."""

    def __init__(self, spelling: Spelling) -> None:
        self._units = spelling.units
        self._anchor = spelling.anchor
        self._in_lines = spelling.in_lines
        self._longest = sum(max(map(len, unit)) for unit in spelling.units)

    def spans(self, data: bytes, line: bytes) -> Iterator[Span]:
        """Yield where it stands in the data, also overlapping itself; `line` is the data as one line."""
        if self._anchor not in (line if self._in_lines else data):
            return
        found = self._pattern.search(data)
        while found is not None:
            yield found.span()
            found = self._pattern.search(data, found.start() + 1)

    def may_begin(self, data: bytes, before: int) -> int:
        """Return the first place, if `before` that one, from which all that follows may be its beginning."""
        first = max(0, len(data) - self._longest + 1)
        places = (found.start() for found in self._start.finditer(data, first, before))
        return next((place for place in places if _may_go_on(data, place, self._units)), before)

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(b"".join(map(_one_of, self._units)))

    @cached_property
    def _start(self) -> re.Pattern[bytes]:
        return _beginning(self._units)


def _beginning(units: tuple[Unit, ...]) -> re.Pattern[bytes]:
    """Return what finds places that look like a beginning: by two bytes, or by one at the end of the data."""
    first, *others = units
    one = _any_of(each[:1] for each in first)
    if max(map(len, first)) == 1:
        two = _any_of(each[:1] for each in others[0])
    else:
        two = _any_of(each[1:2] for each in first) if min(map(len, first)) > 1 else b""
    return re.compile(one + rb"(?=\Z|" + two + b")", re.DOTALL)


def _any_of(heads: Iterable[bytes]) -> bytes:
    return b"[" + b"".join(map(re.escape, heads)) + b"]"


def _one_of(unit: Unit) -> bytes:
    alternatives = b"|".join(map(re.escape, unit))
    return alternatives if len(unit) == 1 else b"(?:" + alternatives + b")"


def _may_go_on(data: bytes, at: int, units: tuple[Unit, ...]) -> bool:
    """Say whether the data from `at` on is the beginning of what the units match, and not all of it."""
    for unit in units:
        if at == len(data):
            return True
        whole = next((each for each in unit if data.startswith(each, at)), None)
        if whole is None:
            rest = data[at:]
            return any(each.startswith(rest) for each in unit)
        at += len(whole)
    return False
