"""Which lines only some of the cells reach, said through the axes of the matrix. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from msgspec import Struct

Cells = frozenset[str]

_MOST_NAMED = 3


class Reach(Struct, frozen=True):
    """One file: its statements in order, and which cells reach each of its lines."""

    file: str
    statements: tuple[int, ...]
    cells: dict[int, Cells]

    @property
    def measured_by(self) -> Cells:
        """The cells that ran anything of the file: of the others it says nothing."""
        return frozenset().union(*self.cells.values())


class Insight(Struct, frozen=True, kw_only=True):
    """Lines of one file that the same cells reach, and others do not.

    `lines` are ranges for people, such as `40, 52-60`; `count` is how many statements there are. `words` ends
    the sentence that the lines begin: `run only with py313`.
    """

    file: str
    lines: str
    count: int
    words: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.lines} {self.words}"


def insights(reaches: Iterable[Reach], factors: Mapping[str, Mapping[str, str]]) -> tuple[Insight, ...]:
    """Return what can be said of all files; `factors` are those of each cell, by axis.

    Lines that every cell reaches that ran the file, or none, are left out.
    """
    return tuple(insight for reach in reaches for insight in _of_file(reach, factors))


def ranges(lines: Iterable[int], statements: tuple[int, ...]) -> str:
    """Return lines as ranges for people; one goes on over lines that are no statements."""
    at = {line: index for index, line in enumerate(statements)}
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and at[line] == at[runs[-1][-1]] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def words_for(some: Cells, everyone: Cells, factors: Mapping[str, Mapping[str, str]]) -> str:
    """Say which of `everyone` some cells are: by factors if these fit exactly, or else by name."""
    only = _one_axis(some, everyone, factors) or _two_axes(some, everyone, factors)
    if only and " or " not in only:
        return f"only with {only}"
    without = _one_axis(everyone - some, everyone, factors)
    if without and " or " not in without:
        return f"everywhere but with {without}"
    return f"only with {only}" if only else f"only in {_named(some)}"


def _of_file(reach: Reach, factors: Mapping[str, Mapping[str, str]]) -> list[Insight]:
    everyone = reach.measured_by
    groups: dict[Cells, list[int]] = defaultdict(list)
    for line in reach.statements:
        some = reach.cells.get(line, frozenset())
        if some and some != everyone:
            groups[some].append(line)
    return [
        Insight(
            file=reach.file,
            lines=ranges(lines, reach.statements),
            count=len(lines),
            words=f"{'runs' if len(lines) == 1 else 'run'} {words_for(some, everyone, factors)}",
            cells=tuple(sorted(some)),
        )
        for some, lines in groups.items()
    ]


def _by_factor(everyone: Cells, factors: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Cells]]:
    """Return, by axis and factor, which cells have it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell in sorted(everyone):
        for axis, factor in factors.get(cell, {}).items():
            found[axis][factor].add(cell)
    return {axis: {name: frozenset(cells) for name, cells in sets.items()} for axis, sets in found.items()}


def _one_axis(some: Cells, everyone: Cells, factors: Mapping[str, Mapping[str, str]]) -> str:
    """Name the factors of one axis whose cells these are; the axis with the fewest."""
    answers: list[list[str]] = []
    for sets in _by_factor(everyone, factors).values():
        inside = [name for name, cells in sets.items() if cells <= some]
        if inside and frozenset().union(*(sets[name] for name in inside)) == some:
            answers.append(inside)
    fewest = min(answers, key=len, default=[])
    return " or ".join(fewest)


def _two_axes(some: Cells, everyone: Cells, factors: Mapping[str, Mapping[str, str]]) -> str:
    """Name two factors that these cells have in common and no others have both."""
    axes = _by_factor(everyone, factors)
    common = [(name, cells) for sets in axes.values() for name, cells in sets.items() if some <= cells]
    for (name, cells), (other, others) in combinations(common, 2):
        if cells & others == some:
            return f"{name} and {other}"
    return ""


def _named(cells: Cells) -> str:
    names = sorted(cells)
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more cells"
