"""From a config and a selection to a plan. Pure: equal arguments give an identical plan."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import msgspec
from msgspec import Struct

from runner.model.config import Config
from runner.model.errors import ConfigError, Problem, UsageError
from runner.model.plan import Cell, Edges, Host, Plan, Selection
from runner.model.plugins import SessionType
from runner.model.python import PythonSpec, parse_python
from runner.plan.cells import SessionCells
from runner.plan.check import check_texts
from runner.plan.choose import choose, default_cells, of_same_sessions, with_needs
from runner.plan.links import cycles, link
from runner.plan.merge import Merger
from runner.plan.order import starting_order
from runner.plan.points import check_size, check_total, with_pythons
from runner.plan.select import Index, Positions
from runner.plan.typed import with_steps

MOST_ENTRIES = 20_000_000


def expand(
    config: Config,
    selection: Selection,
    host: Host,
    types: Callable[[str], SessionType[Struct]],
    durations: Mapping[str, float],
) -> Plan:
    """Return all cells of the config, and which of them run, in which order.

    `types` gives the session type of a name; `durations` are seconds by cell id, as of the last run of each.
    Raises ConfigError with all that is wrong with the matrix and the text, NothingSelected, and UsageError
    for a `-p` that is no version.
    """
    pythons = _asked_pythons(selection)
    sessions = tuple(with_pythons(session, pythons) for session in config.sessions)
    config = msgspec.structs.replace(config, sessions=sessions)
    check_size(config, sessions)
    cells = _all_cells(config, selection, host, types)
    index = Index(cells)
    defaults = default_cells(config, index)
    index = Index(link(config, index, of_same_sessions(index, defaults)))
    index = Index(tuple(_marked(index, defaults)))
    chosen = choose(selection, index, defaults, pythons)
    return _plan(config, index, chosen, durations)


def _asked_pythons(selection: Selection) -> tuple[PythonSpec, ...]:
    found: dict[str, PythonSpec] = {}
    problems = []
    for text in sorted(set(selection.pythons)):
        spec = parse_python(text)
        if spec is None:
            hint = "write X.Y, X.Y.Z or pypyX.Y, each optionally with t, as in -p 3.13"
            problems.append(Problem(f"-p {text!r} is not a Python version", hint=hint))
        else:
            found[text] = spec
    if problems:
        raise UsageError(*problems)
    return tuple(found.values())


def _all_cells(
    config: Config, selection: Selection, host: Host, types: Callable[[str], SessionType[Struct]]
) -> tuple[Cell, ...]:
    problems: list[Problem] = []
    groups: list[tuple[Cell, ...]] = []
    merger = Merger(selection.overrides, buildable=config.package.buildable)
    types = cache(types)
    for session in config.sessions:
        made = SessionCells(config, session, host, merger)
        groups.append(tuple(with_steps(cell, types(session.type)) for cell in made.cells(default=False)))
        problems.extend(made.problems)
    check_total(config, config.sessions, [len(group) for group in groups])
    cells = tuple(cell for group in groups for cell in group)
    _check_entries(cells)
    problems.extend(_same_ids(cells))
    problems.extend(check_texts(config, cells))
    if problems:
        raise ConfigError(*sorted(dict.fromkeys(problems), key=lambda p: p.origin.line if p.origin else 0))
    return cells


def _check_entries(cells: tuple[Cell, ...]) -> None:
    """Raise ConfigError when lists and tables are so long that those of all cells would fill the memory."""
    of_settings: dict[int, int] = {}
    total = 0
    for cell in cells:
        if id(cell.settings) not in of_settings:
            values = (*msgspec.structs.astuple(cell.settings), *msgspec.structs.astuple(cell.steps))
            of_settings[id(cell.settings)] = sum(len(v) for v in values if isinstance(v, tuple | dict))
        total += of_settings[id(cell.settings)]
    if total > MOST_ENTRIES:
        raise ConfigError(
            Problem(
                f"the lists and tables of all {len(cells):,} cells have {total:,} entries together;"
                f" at most {MOST_ENTRIES:,} are possible",
                hint="put what long lists hold into files, such as deps into a requirements file",
            )
        )


def _same_ids(cells: Iterable[Cell]) -> Iterable[Problem]:
    seen: dict[str, Cell] = {}
    told: set[tuple[str, str]] = set()  # one pair of cells says it for their sessions
    for cell in cells:
        other = seen.setdefault(cell.id.lower(), cell)
        if other is not cell and (other.session, cell.session) not in told:
            told.add((other.session, cell.session))
            yield Problem(
                f"two cells have the id {cell.id!r}: {_described(other)} and {_described(cell)}",
                cell.origin,
                "ids are compared ignoring case; rename the session or a label",
            )


def _described(cell: Cell) -> str:
    point = ", ".join(f"{axis} = {label}" for axis, label in cell.axes.items())
    return f"session {cell.session!r}" + (f" at {point}" if point else "")


def _marked(index: Index, default: Positions) -> Iterable[Cell]:
    """Mark what a bare run runs: the default cells, and those that they need."""
    run = with_needs(default, index)
    for at, cell in enumerate(index.cells):
        if at in default:
            yield msgspec.structs.replace(cell, default=True)
        elif at in run:
            sources = {**cell.sources, "default": ("needs of default cells",)}
            yield msgspec.structs.replace(cell, default=True, sources=sources)
        else:
            yield cell


def _plan(config: Config, index: Index, chosen: Positions, durations: Mapping[str, float]) -> Plan:
    ids = [index.cells[at].id for at in sorted(chosen)]
    within = frozenset(ids)
    short: dict[int, tuple[str, ...]] = {}

    def restricted(waited: tuple[str, ...]) -> tuple[str, ...]:
        if id(waited) not in short:
            short[id(waited)] = tuple(id_ for id_ in waited if id_ in within)
        return short[id(waited)]

    cells = [index.cells[at] for at in sorted(chosen)]
    edges = {cell.id: Edges(restricted(cell.needs), restricted(cell.after)) for cell in cells}
    order = starting_order(edges, durations)
    if len(order) < len(edges):
        raise ConfigError(*cycles(edges, index, config))
    return Plan(
        cells=index.cells,
        chosen=order,
        edges={id_: edges[id_] for id_ in order},
        expected={id_: durations[id_] for id_ in order if id_ in durations},
    )
