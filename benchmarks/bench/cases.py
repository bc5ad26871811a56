"""The pieces of work, in the order in which they are measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench import checks, configs, contenders, samples
from bench.model import Case, Contender, Python, State

JOBS = 2
TRIVIAL = ("python", "-c", "import sample")
PYTEST = ("pytest", "-q")
LENGTHS = ("0.2", "0.3", "0.5", "0.7", "0.9", "1.1", "1.3", "1.5", "1.7", "2.0")
"""Seconds; they fill two slots evenly."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    cold_rounds: int
    lists: tuple[int, ...]
    few: int
    some: int
    """Cells of the two runs whose difference is a cell's cost."""
    many: int
    """The same, for runner only."""
    tox_envs: int
    """Environments of a tox.ini."""


FULL = Size(rounds=5, cold_rounds=3, lists=(10, 100, 1000), few=10, some=110, many=1010, tox_envs=300)
QUICK = Size(rounds=2, cold_rounds=1, lists=(10, 100, 1000), few=10, some=60, many=210, tox_envs=60)


def every(pythons: Sequence[Python], size: Size, *, reuse: bool) -> tuple[Case, ...]:
    """Return all cases; `reuse` tells whether runner can keep environments."""
    return (
        *_quick_verbs(pythons, size),
        *_tox_config(pythons, size),
        *_matrices(pythons, size, reuse=reuse),
        *_noops(pythons, size, reuse=reuse),
        _big(pythons, size, reuse=reuse),
        _packing(size),
    )


def _quick_verbs(pythons: Sequence[Python], size: Size) -> Iterator[Case]:
    rounds = size.rounds * 2
    yield Case("version", "--version", 1, "as it is", rounds, {}, contenders.versions(), checks.anything)
    names = [python.name for python in pythons]
    for wanted in size.lists:
        cells = wanted // len(names) * len(names)
        yield Case(
            name=f"list-{wanted}",
            title=f"list of {cells} cells",
            cells=cells,
            state="as it is",
            rounds=rounds,
            files={},
            contenders=contenders.lists(names, cells),
            check=checks.listed(cells),
        )


def _tox_config(pythons: Sequence[Python], size: Size) -> Iterator[Case]:
    """Yield what both tools say of one tox.ini: its environments by name, and all their settings."""
    names = [python.name for python in pythons]
    files, cells = configs.tox_ini(names, size.tox_envs)
    for verb, check in (("list", checks.listed(cells)), ("config", checks.configured(cells))):
        yield Case(
            name=f"tox-ini-{verb}",
            title=f"{verb} of a tox.ini of {cells} environments",
            cells=cells,
            state="as it is",
            rounds=size.rounds * 2 if verb == "list" else size.cold_rounds,
            files={},
            contenders=contenders.tox_ini(verb, files),
            check=check,
        )


def _matrices(pythons: Sequence[Python], size: Size, *, reuse: bool) -> Iterator[Case]:
    names = [python.name for python in pythons]
    states: tuple[State, ...] = ("warm", "changed", "cold")
    for state in states:
        for word, command in (("trivial", TRIVIAL), ("pytest", PYTEST)):
            tools = (
                *contenders.matrix(pythons, command, reuse=reuse),
                *contenders.floor(pythons, ["pytest"], command, project=True),
            )
            yield Case(
                name=f"{state}-{word}",
                title=f"{len(names)} Pythons, {_WORDS[state]}, {_COMMANDS[word]}",
                cells=len(names),
                state=state,
                rounds=size.cold_rounds if state == "cold" else size.rounds,
                files=samples.package(),
                contenders=tuple(tool for tool in tools if _takes_part(tool, state)),
                check=checks.environments(names),
            )


_WORDS: dict[State, str] = {"warm": "warm", "changed": "one source line changed", "cold": "cold caches"}
_COMMANDS = {"trivial": "a trivial command", "pytest": "a real pytest"}


def _takes_part(tool: Contender, state: State) -> bool:
    """Tell whether it makes sense.

    When all is cold, nothing is kept. The floor does not build, so it needs one state of the source; and
    runner keeps an environment only for the wheel that is in it.
    """
    if state == "warm":
        return True
    if tool.tool == "floor":
        return False
    return tool.name != "runner-reuse" if state == "changed" else not tool.keeps


def _noops(pythons: Sequence[Python], size: Size, *, reuse: bool) -> Iterator[Case]:
    names = [python.name for python in pythons]
    for wanted in (size.few, size.some, size.many):
        cells = wanted // len(names) * len(names)
        tools = contenders.noop(names, cells, reuse=reuse)
        if wanted == size.many:
            tools = tuple(tool for tool in tools if tool.tool in {"runner", "floor"})
        yield Case(
            name=f"noop-{('few', 'some', 'many')[(size.few, size.some, size.many).index(wanted)]}",
            title=f"{cells} no-op cells",
            cells=cells,
            state="warm",
            rounds=size.rounds,
            files={},
            contenders=tools,
            check=checks.children(cells),
        )


def _big(pythons: Sequence[Python], size: Size, *, reuse: bool) -> Case:
    python = next((python for python in pythons if python.name == "3.12"), pythons[-1])
    command = ("python", "prove.py")
    return Case(
        name="big",
        title=f"one environment of over {samples.BIG_AT_LEAST} packages, warm",
        cells=1,
        state="warm",
        rounds=size.rounds,
        files=samples.big(),
        contenders=(
            *contenders.environment(python, samples.BIG, command, reuse=reuse),
            *contenders.floor([python], samples.BIG, command, project=False),
        ),
        check=checks.large(python.name, samples.BIG_AT_LEAST),
    )


def _packing(size: Size) -> Case:
    return Case(
        name="packing",
        title=f"{2 * len(LENGTHS)} cells of {LENGTHS[0]} to {LENGTHS[-1]} s",
        cells=2 * len(LENGTHS),
        state="warm",
        rounds=size.rounds,
        files={},
        contenders=contenders.packing(LENGTHS),
        check=checks.children(2 * len(LENGTHS)),
        ideal_seconds=sum(float(length) for length in LENGTHS) * 2 / JOBS,
    )


def only(cases: Sequence[Case], tools: Sequence[str]) -> tuple[Case, ...]:
    """Keep the contenders whose tool is named, all when none is."""
    if not tools:
        return tuple(cases)
    kept = (replace(case, contenders=tuple(c for c in case.contenders if c.tool in tools)) for case in cases)
    return tuple(case for case in kept if case.contenders)
