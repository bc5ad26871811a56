"""Selectors: which cells a text such as `py311`, `tests-django4.2` or `tests-*` means. Pure."""

import re
from collections.abc import Iterable, Iterator

from runner.model.errors import Problem, UsageError
from runner.model.globs import closed, compiled, is_glob
from runner.model.plan import Cell

Positions = frozenset[int]
"""A set of cells, by their place among all cells of the config."""

EVERY_CELL = "ALL"
MOST_READINGS = 10_000
"""Ways to take the beginning of one selector as names; names such as `a`, `a-a`, `a-a-a` make many."""

_RANGE = re.compile(r"\[.[^]]*\]")


class Index:
    """All cells, by id, session name and factor."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells
        self.everything: Positions = frozenset(range(len(cells)))
        self.by_id = {cell.id: at for at, cell in enumerate(cells)}
        self.sessions = _grouped((cell.session, at) for at, cell in enumerate(cells))
        self.factors = _grouped((factor, at) for at, cell in enumerate(cells) for factor in cell.factors)
        self._longest = max(map(len, (*self.sessions, *self.factors)), default=0)

    def find(self, selector: str, defaults: Positions) -> Positions:
        """Return the cells that a selector matches; `defaults` are all cells of default sessions."""
        if selector == EVERY_CELL:
            return self.everything
        if selector in self.by_id:  # before globs: ids of other tools may look like one
            return frozenset((self.by_id[selector],))
        if is_glob(selector):
            return self._globbed(selector) | self._globbed_factors(selector, defaults)
        named, unnamed = self._joined(selector)
        return named or (unnamed & defaults)

    def find_named(self, selector: str) -> Positions | None:
        """Return the cells that a selector matches by session name; None if it can name no session."""
        if selector in self.by_id:
            return frozenset((self.by_id[selector],))
        if selector == EVERY_CELL or is_glob(selector[:1]):
            return None
        if is_glob(selector):
            return self._globbed(selector)
        named, unnamed = self._joined(selector)
        return None if unnamed and not named else named

    def _globbed(self, selector: str) -> Positions:
        matches = compiled(selector).match
        return frozenset(at for id_, at in self.by_id.items() if matches(id_))

    def _globbed_factors(self, selector: str, defaults: Positions) -> Positions:
        if "-" in _RANGE.sub("", closed(selector)):
            return frozenset()
        matches = compiled(selector).match
        hits = (at for factor, at in self.factors.items() if matches(factor))
        return frozenset().union(*hits) & defaults

    def _joined(self, selector: str) -> tuple[Positions, Positions]:
        """Return the cells of which it joins distinct members: those it names by session, and the others."""
        named: set[int] = set()
        unnamed: set[int] = set()
        for members, cells in self._readings(selector):
            for at in cells:
                (named if self.cells[at].session in members else unnamed).add(at)
        return frozenset(named), frozenset(unnamed)

    def _readings(self, selector: str) -> Iterator[tuple[frozenset[str], Positions]]:
        """Yield each set of members that the text joins by dashes, and the cells that have them all."""
        waiting = [(frozenset[str](), self.everything)]
        lengths = {frozenset[str](): 0}  # of the text that a set of members takes, in whatever order
        while waiting:
            members, cells = waiting.pop()
            for member, end in self._members_at(selector, lengths[members]):
                more = members | {member}
                left = cells & (
                    self.sessions.get(member, frozenset()) | self.factors.get(member, frozenset())
                )
                if member in members or more in lengths or not left:
                    continue
                lengths[more] = end + 1
                if end == len(selector):
                    yield more, left
                else:
                    waiting.append((more, left))
            if len(lengths) > MOST_READINGS:
                raise UsageError(
                    Problem(
                        f"the selector {selector!r} can be read in more than {MOST_READINGS:,} ways",
                        hint="write the whole id of a cell, or a glob",
                    )
                )

    def _members_at(self, selector: str, start: int) -> Iterator[tuple[str, int]]:
        """Yield the members that the text may have from `start` on, and where each ends."""
        end = start - 1
        while end < len(selector) and end - start <= self._longest:
            end = selector.find("-", end + 1)
            end = len(selector) if end < 0 else end
            if self._is_member(selector[start:end]):
                yield selector[start:end], end

    def _is_member(self, text: str) -> bool:
        return text in self.sessions or text in self.factors


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Positions]:
    groups: dict[str, set[int]] = {}
    for key, at in pairs:
        groups.setdefault(key, set()).add(at)
    return {key: frozenset(positions) for key, positions in groups.items()}
