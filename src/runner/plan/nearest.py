"""What to say when nothing matches: the nearest names, and what would match. Pure."""

import re
from collections.abc import Iterable

import msgspec

from runner.model.errors import Problem
from runner.model.globs import is_glob
from runner.model.nearest import closest, enumerated
from runner.model.text import LONGEST_NAME
from runner.plan.select import Index

_PYTHON_FACTOR = re.compile(r"(?P<impl>pypy|py)(?P<major>\d)(?P<minor>\d+)(?P<threads>t?)")
_SHOWN = 3


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the names most like `name`, best first, ignoring case."""
    by_lower = {other.lower(): other for other in known}
    return [by_lower[hit] for hit in closest(name.lower(), by_lower, most=_SHOWN, cutoff=0.5)]


def no_match(selector: str, index: Index, option: str) -> Problem:
    """Say that a selector matches nothing, with what would."""
    hints = [*_other_sessions(selector, index)]
    if len(selector) <= LONGEST_NAME:
        hints += _other_python(selector, index)
    if not hints:
        names = [*index.sessions, *index.factors, *index.by_id]
        close = near(selector, dict.fromkeys(names))
        hints = [
            f"the nearest: {', '.join(close)}" if close else f"the sessions: {enumerated(index.sessions)}"
        ]
    return Problem(f"{option} {selector!r} matches no cell", hint="\n".join(hints))


def _other_sessions(selector: str, index: Index) -> list[str]:
    """Name the sessions that are not default ones and would match."""
    found = index.find(selector, index.everything)
    names = list(dict.fromkeys(index.cells[at].session for at in sorted(found)))
    if not names:
        return []
    return [
        f"only default sessions count here; session {name!r} has it: "
        + (f"-e {name!r}" if is_glob(selector) else f"-e {name}-{selector}")
        for name in names[:_SHOWN]
    ]


def _other_python(selector: str, index: Index) -> list[str]:
    """Name the `-p V` with which the selector would match."""
    for token in selector.split("-"):
        hit = _PYTHON_FACTOR.fullmatch(token)
        if hit is None or token in index.factors:
            continue
        version = f"{'pypy' if hit['impl'] == 'pypy' else ''}{hit['major']}.{hit['minor']}{hit['threads']}"
        with_it = tuple(
            msgspec.structs.replace(
                cell,
                id="-".join((cell.session, token, *cell.factors[1:])),
                factors=(token, *cell.factors[1:]),
            )
            for cell in index.cells
            if cell.point and cell.point[0].axis == "python"
        )
        if with_it and Index(with_it).find(selector, frozenset(range(len(with_it)))):
            return [f"no session has Python {version} on its axis; -p {version} adds it"]
    return []
