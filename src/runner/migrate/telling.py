"""What people hear of a migration: which cells came of what, what differs, and what is left to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from runner.migrate.comparing import Difference
from runner.model.visible import line

_MOST = 40
"""Differences that are listed."""

_WIDE = 160


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of it. `ids` are new cells by environments; in `circumstances` the plans were compared.

    `lost` are environments that have no cell.
    """

    source: str
    target: str
    ids: Mapping[str, str]
    sessions: int
    circumstances: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    refused: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    written: str = ""

    @property
    def is_proven(self) -> bool:
        """Say whether every environment has become an equal cell."""
        return bool(self.ids) and not (self.differences or self.refused or self.lost)


def told(outcome: Outcome) -> str:
    """Return the report."""
    parts = (
        _head(outcome),
        _cells(outcome.ids),
        _proof(outcome),
        _list("different on purpose", outcome.wanted),
        _list("not translated", outcome.left),
        [outcome.written] if outcome.written else [],
    )
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


def _head(outcome: Outcome) -> Iterator[str]:
    cells, sessions = len(outcome.ids), outcome.sessions
    yield (
        f"{outcome.source} -> {outcome.target}: {_counted(cells, 'environment')} in"
        f" {_counted(sessions, 'session')}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cells(ids: Mapping[str, str]) -> Iterator[str]:
    wide = max((len(name) for name in ids), default=0)
    wide = max(wide, len("environment"))
    yield f"{'environment':<{wide}}  cell"
    yield from (f"{line(name):<{wide}}  {id_}" for name, id_ in ids.items())


def _proof(outcome: Outcome) -> Iterator[str]:
    if outcome.lost:
        yield f"without a cell: {', '.join(map(line, outcome.lost))}"
    if not outcome.ids:
        yield "no environment could be translated"
    elif outcome.refused:
        yield "the text cannot be read as a config of runner:"
        yield from (f"  {_flat(problem)}" for problem in outcome.refused)
    elif outcome.differences:
        unequal = {difference.env for difference in outcome.differences}
        yield f"{len(unequal)} of {_counted(len(outcome.ids), 'cell')} differ:"
        yield from _differences(outcome.differences)
    else:
        yield f"equal: all {_counted(len(outcome.ids), 'cell')}, compared {', '.join(outcome.circumstances)}"


def _differences(differences: Sequence[Difference]) -> Iterator[str]:
    for each in differences[:_MOST]:
        how = f" ({each.how})" if each.how else ""
        yield f"  {line(each.env)}: {each.field}{how}"
        yield f"    was {_shown(each.old)}"
        yield f"    is  {_shown(each.new)}"
    if len(differences) > _MOST:
        yield f"  and {len(differences) - _MOST} more"


def _shown(value: object) -> str:
    text = line(repr(sorted(value, key=str)) if isinstance(value, frozenset) else repr(value))
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}..."


def _flat(text: str) -> str:
    """Return text of several lines, such as a problem with its hint, as one."""
    return line("; ".join(filter(None, map(str.strip, text.splitlines()))))


def _list(head: str, items: Iterable[str]) -> Iterator[str]:
    found = tuple(items)
    if found:
        yield f"{head}:"
        yield from (f"  - {_flat(item)}" for item in found)
