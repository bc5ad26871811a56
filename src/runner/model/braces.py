"""Braces in names: `py3{9,10}-{a,b}` is short for four of them, `py3{9-11}` for three."""

import re
from itertools import product

from runner.model.text import LONGEST_NAME

MOST_NAMES = 10_000
FIRST_MINOR = 11
"""Where a range without a beginning starts: such ranges are of minor versions of Python 3."""
LAST_MINOR = 15

_RANGE = re.compile(r"\s*(?P<first>[0-9]{1,20})-(?P<last>[0-9]{1,20})?|-(?P<end>[0-9]{1,20})")


def split(text: str) -> tuple[str, ...]:
    """Return what stands between commas that are not in braces, without spaces around it and empty parts."""
    parts, start, depth = [], 0, 0
    for at in (*_marks(text), len(text)):
        if text[at : at + 1] in ("{", "}"):
            depth += 1 if text[at] == "{" else -1
        elif not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    return tuple(filter(None, parts))


def expand(text: str) -> tuple[str, ...]:
    """Return the names that a text with braces and commas stands for, in order, each of them once.

    An item between commas or braces may be a range: `9-11`, `2-0`, or an open one, `12-` and `-12`. Braces
    may hold braces; those that have no partner, or nothing between them, are plain text. Spaces around items
    do not count. Raises ValueError for more than MOST_NAMES names.
    """
    open_groups = [_Group(text, 0)]
    start = 0
    for at in _marks(text):
        group = open_groups[-1]
        group.add([text[start:at].strip()])
        start = at + 1
        if text[at] == "{":
            open_groups.append(_Group(text, start))
        else:
            group.end_item(at, outermost=len(open_groups) == 1)
        if text[at] == "}":
            open_groups.pop()
            open_groups[-1].add(group.names)
    (outermost,) = open_groups
    outermost.add([text[start:].strip()])
    outermost.end_item(len(text), outermost=True)
    return tuple(dict.fromkeys(outermost.names))


class _Group:
    """What stands between two braces, or in the whole text: the names of its items, and of the one begun."""

    def __init__(self, text: str, start: int) -> None:
        self.names: list[str] = []
        self._text = text
        self._start = start
        self._begun = [""]

    def add(self, ends: list[str]) -> None:
        """Continue each name of the item with each of these."""
        self._check(len(self._begun) * len(ends))
        self._begun = [name + end for name, end in product(self._begun, ends)]

    def end_item(self, at: int, *, outermost: bool) -> None:
        """End the item where a comma, a brace or the end of the text is; outermost items may not be empty."""
        names = self._numbers(at) or self._begun
        self._check(len(self.names) + len(names))
        self.names += names if self._text[self._start : at].strip() or not outermost else []
        self._start = at + 1
        self._begun = [""]

    def _numbers(self, at: int) -> list[str]:
        """Return the numbers that the item stands for when it is a range that a comma or a brace ends."""
        found = _RANGE.fullmatch(self._text, self._start, at)
        if found is None or at == len(self._text) or (found["end"] and not self._start):
            return []
        first = int(found["first"] or min(FIRST_MINOR, int(found["end"])))
        last = int(found["last"] or found["end"] or max(LAST_MINOR, first))
        self._check(abs(last - first) + 1)
        step = 1 if first <= last else -1
        return [str(number) for number in range(first, last + step, step)]

    def _check(self, number: int) -> None:
        if number > MOST_NAMES:
            shown = self._text[:LONGEST_NAME] + "..." * (len(self._text) > LONGEST_NAME)
            message = f"{shown!r} stands for {number:,} names or more; at most {MOST_NAMES:,} are possible"
            raise ValueError(message)


def _marks(text: str) -> list[int]:
    """Return where the text has commas, and braces that have a partner and something between them."""
    marks, unpaired = [], []
    for at, character in enumerate(text):
        if character == ",":
            marks.append(at)
        elif character == "{":
            unpaired.append(at)
        elif character == "}" and unpaired:
            start = unpaired.pop()
            if at > start + 1:
                marks += [start, at]
    return sorted(marks)
