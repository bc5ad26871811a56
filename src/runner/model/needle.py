"""Spellings of secrets, looked for in bytes: one, and many at once."""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property

from runner.model.spellings import Spelling, Unit, one_line

Span = tuple[int, int]

_GRAM = 8
"""Bytes of a word, as which data is looked through."""

_FEW = 60
"""Needles that are faster looked for one by one."""

_NEAR = 4096
"""Bytes: where spellings that are never longer may begin is looked for once for all of them."""


class Needle:
    """Finds a spelling: whole, or its beginning at the end of the data."""

    def __init__(self, spelling: Spelling) -> None:
        self._units = spelling.units
        self.anchor = spelling.anchor
        self.in_lines = spelling.in_lines
        self.longest = sum(max(map(len, unit)) for unit in spelling.units)

    def spans(self, data: bytes, line: bytes) -> Iterator[Span]:
        """Yield where it stands in the data, also overlapping itself; `line` is the data as one line."""
        if self.anchor not in (line if self.in_lines else data):
            return
        found = self._pattern.search(data)
        while found is not None:
            yield found.span()
            found = self._pattern.search(data, found.start() + 1)

    def may_begin(self, data: bytes, before: int) -> int:
        """Return the first place, if `before` that one, from which all that follows may be its beginning."""
        first = max(0, len(data) - self.longest + 1)
        places = (found.start() for found in self._start.finditer(data, first, before))
        return next((place for place in places if _may_go_on(data, place, self._units)), before)

    def begins_at(self, data: bytes, place: int) -> bool:
        """Say whether all that follows from that place on may be its beginning."""
        return len(data) - place < self.longest and _may_go_on(data, place, self._units)

    def heads(self) -> set[bytes]:
        """Return the first two bytes that it may have."""
        first, *others = self._units
        after = {each[:1] for each in others[0]} if others else {b""}
        return {each[:2] if len(each) > 1 else each + next_ for each in first for next_ in after}

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(b"".join(map(_one_of, self._units)))

    @cached_property
    def _start(self) -> re.Pattern[bytes]:
        return _beginning(self._units)


class Needles:
    """Finds many spellings, in hardly more time than few."""

    def __init__(self, spellings: Iterable[Spelling]) -> None:
        needles = tuple(map(Needle, spellings))
        self._all = bool(needles)
        self._alone: list[Needle] = []
        self._by_word: tuple[_Index, _Index] = ({}, {})
        self._long = tuple(needle for needle in needles if needle.longest > _NEAR)
        self._by_head: dict[bytes, list[Needle]] = {}
        near = [needle for needle in needles if needle.longest <= _NEAR]
        self._near = max((needle.longest for needle in near), default=0)
        for needle in needles:
            self._index(needle, few=len(needles) <= _FEW)
        for needle in near:
            heads = needle.heads()
            for head in heads.union(each[:1] for each in heads):
                self._by_head.setdefault(head, []).append(needle)

    def __bool__(self) -> bool:
        return self._all

    def spans(self, data: bytes) -> list[Span]:
        """Return where they stand in the data, in order; they may overlap."""
        line = one_line(data)
        maybe = set(self._alone)
        for index, text in zip(self._by_word, (data, line), strict=True):
            for word in index.keys() & _words(text) if index else ():
                maybe.update(index[word])
        return sorted(span for needle in maybe for span in needle.spans(data, line))

    def may_begin(self, data: bytes) -> int:
        """Return the first place from which all that follows may be the beginning of one."""
        end = len(data)
        for needle in self._long:
            end = needle.may_begin(data, end)
        for place in range(max(0, len(data) - self._near + 1), end):
            heads = self._by_head.get(data[place : place + 2], ())
            if any(needle.begins_at(data, place) for needle in heads):
                return place
        return end

    def _index(self, needle: Needle, *, few: bool) -> None:
        """Note words of which one is in the data, whatever stands before, where the anchor is."""
        if few or len(needle.anchor) < 2 * _GRAM - 1:
            self._alone.append(needle)
            return
        for start in range(_GRAM):
            word = int.from_bytes(needle.anchor[start : start + _GRAM], sys.byteorder)
            self._by_word[needle.in_lines].setdefault(word, []).append(needle)


_Index = dict[int, list[Needle]]


def _words(data: bytes) -> set[int]:
    """Return the data as words, one after the other, less an unfinished one at its end."""
    return set(memoryview(data[: len(data) // _GRAM * _GRAM]).cast("Q"))


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
