"""Selectors: which cells a text such as `py311`, `tests-django4.2` or `tests-*` means. Pure."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase, translate

from runner.model.plan import Cell

Positions = frozenset[int]
"""A set of cells, by their place among all cells of the config."""

EVERY_CELL = "ALL"
_GLOB = frozenset("*?[")
_RANGE = re.compile(r"\[.[^]]*\]")


class Index:
    """All cells, by id, session name and factor."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells
        self.everything: Positions = frozenset(range(len(cells)))
        self.by_id = {cell.id: at for at, cell in enumerate(cells)}
        self.sessions = _grouped((cell.session, at) for at, cell in enumerate(cells))
        self.factors = _grouped((factor, at) for at, cell in enumerate(cells) for factor in cell.factors)

    def find(self, selector: str, defaults: Positions) -> Positions:
        """Return the cells that a selector matches; `defaults` are all cells of default sessions."""
        if selector == EVERY_CELL:
            return self.everything
        if is_glob(selector):
            return self._globbed(selector) | self._globbed_factors(selector, defaults)
        if selector in self.by_id:
            return frozenset((self.by_id[selector],))
        named, unnamed = self._joined(selector)
        return named or (unnamed & defaults)

    def find_named(self, selector: str) -> Positions | None:
        """Return the cells that a selector matches by session name; None if it can name no session."""
        if selector == EVERY_CELL or (is_glob(selector) and selector[:1] in _GLOB):
            return None
        if is_glob(selector):
            return self._globbed(selector)
        if selector in self.by_id:
            return frozenset((self.by_id[selector],))
        named, unnamed = self._joined(selector)
        return None if unnamed and not named else named

    def _globbed(self, selector: str) -> Positions:
        matches = re.compile(translate(selector)).match
        return frozenset(at for id_, at in self.by_id.items() if matches(id_))

    def _globbed_factors(self, selector: str, defaults: Positions) -> Positions:
        if "-" in _RANGE.sub("", selector):
            return frozenset()
        hits = (at for factor, at in self.factors.items() if fnmatchcase(factor, selector))
        return frozenset().union(*hits) & defaults

    def _joined(self, selector: str) -> tuple[Positions, Positions]:
        """Return the cells of which it joins distinct members: those it names by session, and the others."""
        named: set[int] = set()
        unnamed: set[int] = set()
        for members in self._joins(selector, ()):
            for at in self._with_members(members):
                (named if self.cells[at].session in members else unnamed).add(at)
        return frozenset(named), frozenset(unnamed)

    def _with_members(self, members: tuple[str, ...]) -> Positions:
        found = self.everything
        for member in members:
            found &= self.sessions.get(member, frozenset()) | self.factors.get(member, frozenset())
        return found

    def _joins(self, rest: str, used: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield each way to read the text as distinct members with dashes between them."""
        if self._is_member(rest) and rest not in used:
            yield (*used, rest)
        cut = rest.find("-")
        while cut >= 0:
            head = rest[:cut]
            if self._is_member(head) and head not in used:
                yield from self._joins(rest[cut + 1 :], (*used, head))
            cut = rest.find("-", cut + 1)

    def _is_member(self, text: str) -> bool:
        return text in self.sessions or text in self.factors


def is_glob(selector: str) -> bool:
    """Say whether the selector is matched as a pattern."""
    return any(char in selector for char in _GLOB)


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Positions]:
    groups: dict[str, set[int]] = {}
    for key, at in pairs:
        groups.setdefault(key, set()).add(at)
    return {key: frozenset(positions) for key, positions in groups.items()}
