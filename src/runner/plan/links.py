"""`needs` and `after` of all cells, resolved to ids, and checked for cycles. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from runner.model.config import Config, Session
from runner.model.errors import MOST_PROBLEMS, ConfigError, Problem, UsageError
from runner.model.nearest import enumerated
from runner.model.plan import Cell, Edges
from runner.model.text import Origin, Template, Text
from runner.plan.cells import python_factor
from runner.plan.nearest import near
from runner.plan.order import describe_cycle, find_cycle
from runner.plan.select import Index, Positions
from runner.plan.template import fill, parse


def planning_values(cell: Cell) -> dict[str, str]:
    """Return what `{axis}`, `{python}` and `{py}` mean in a cell."""
    values = {at.axis: at.value for at in cell.point}
    values["python"] = cell.python.text
    values["py"] = python_factor(cell.python)
    return values


def link(config: Config, index: Index, defaults: Positions) -> tuple[Cell, ...]:
    """Return all cells with `needs` and `after` resolved. Raises ConfigError: no match, or a cycle.

    `defaults` are all cells of default sessions. Cells that wait for the same share the tuple. In the configs
    of other tools, `after` may be a cycle of cells that do not run together.
    """
    linker = _Linker(config, index, defaults)
    cells = tuple(linker.linked(cell) for cell in index.cells)
    edges = {cell.id: Edges(cell.needs, () if cell.foreign else cell.after) for cell in cells}
    problems = tuple(dict.fromkeys(linker.problems)) or tuple(cycles(edges, index, config))
    if problems:
        raise ConfigError(*problems)
    return cells


class _Linker:
    """Resolves selectors, each distinct one once. Lives as long as one call of `link`."""

    def __init__(self, config: Config, index: Index, defaults: Positions) -> None:
        self.problems: list[Problem] = []
        self._index = index
        self._defaults = defaults
        self._sessions = {session.name: session for session in config.sessions}
        self._groups: dict[tuple[bool, tuple[str, ...]], tuple[tuple[str, ...], frozenset[str]]] = {}
        self._selves: dict[int, str] = {}
        self._missed: set[Text] = set()

    def linked(self, cell: Cell) -> Cell:
        session = self._sessions[cell.session]
        if not session.needs and not session.after:
            return cell
        needs = self._ids(cell, session, named=True)
        after = self._ids(cell, session, named=False)
        return msgspec.structs.replace(cell, needs=needs, after=after)

    def _ids(self, cell: Cell, session: Session, *, named: bool) -> tuple[str, ...]:
        texts = session.needs if named else session.after
        if not texts:
            return ()
        values = planning_values(cell)
        selectors = tuple(_rendered(text, values) for text in texts)
        if (named, selectors) not in self._groups:
            self._groups[named, selectors] = self._resolved(cell, session, texts, selectors, named=named)
        ids, members = self._groups[named, selectors]
        if cell.id not in members:
            return ids
        return self._without_itself(cell, ids, "needs" if named else "is after")

    def _without_itself(self, cell: Cell, ids: tuple[str, ...], waits: str) -> tuple[str, ...]:
        """Return the others of a group: only one of them may wait for the rest, since two are a cycle."""
        first = self._selves.setdefault(id(ids), cell.id)
        if first != cell.id:
            session = self._sessions[cell.session]
            self.problems.append(
                Problem(
                    f"cells wait for each other: {first} {waits} {cell.id}, {cell.id} {waits} {first}",
                    _origin((*session.needs, *session.after), session),
                    "a session's needs and after may not take in several of its own cells",
                )
            )
            return ()
        return tuple(other for other in ids if other != cell.id)

    def _resolved(
        self,
        cell: Cell,
        session: Session,
        texts: tuple[Text, ...],
        selectors: tuple[str, ...],
        *,
        named: bool,
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        found: set[int] = set()
        for text, selector in zip(texts, selectors, strict=True):
            hits = self._found(selector, _origin((text,), session), named=named)
            if hits:
                found |= hits
            elif (
                text not in self._missed and len(self.problems) <= MOST_PROBLEMS
            ):  # told for its first cell: there may be thousands of them
                self._missed.add(text)
                self.problems.append(self._no_match(cell, session, text, selector, hits, named=named))
        ids = tuple(self._index.cells[at].id for at in sorted(found))
        return ids, frozenset(ids)

    def _found(self, selector: str, origin: Origin, *, named: bool) -> Positions | None:
        """Return the cells that a selector matches; None if it must name a session and cannot."""
        try:
            return self._index.find_named(selector) if named else self._index.find(selector, self._defaults)
        except UsageError as error:
            raise ConfigError(
                *(msgspec.structs.replace(each, origin=origin) for each in error.problems)
            ) from error

    def _no_match(
        self, cell: Cell, session: Session, text: Text, selector: str, hits: Positions | None, *, named: bool
    ) -> Problem:
        key = "needs" if named else "after"
        sessions = list(self._index.sessions)
        close = near(selector, dict.fromkeys((*sessions, *self._index.by_id)))
        where = f" (for {cell.id})" if isinstance(text, Template) and "{" in text.text else ""
        if hits is None:
            message = f"{key}: {selector!r} names no session{where}"
            hint = f"begin with a session's name: {enumerated(sessions)}"
        else:
            message = f"{key}: {selector!r} matches no cell{where}"
            hint = f"the nearest: {', '.join(close)}" if close else f"the sessions: {enumerated(sessions)}"
        return Problem(message, _origin((text,), session), hint)


def _rendered(text: Text, values: dict[str, str]) -> str:
    if not isinstance(text, Template):
        return text.text
    return fill(parse(text.text), values, {}, lambda _: None)


def _origin(texts: Iterable[Text], session: Session) -> Origin:
    return next((text.origin for text in texts if isinstance(text, Template)), session.origin)


def cycles(edges: Mapping[str, Edges], index: Index, config: Config) -> Iterable[Problem]:
    """Yield a circle in which cells wait for each other, if there is one."""
    cycle = find_cycle(edges)
    if cycle:
        name = index.cells[index.by_id[cycle[0]]].session
        session = next(session for session in config.sessions if session.name == name)
        yield Problem(
            f"cells wait for each other: {describe_cycle(cycle, edges)}",
            _origin((*session.needs, *session.after), session),
            "remove one of these depends" if session.foreign else "remove one of these needs or after",
        )
