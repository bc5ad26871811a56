"""The values of a benchmark: what is measured (frozen), and what `results.json` holds (as JSON has it)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

State = Literal["as it is", "cold", "warm", "changed"]
"""Before each run: nothing is done; caches and project are made anew; nothing; one source line is changed."""


class BenchmarkError(Exception):
    """Something could not be measured; the text says what, where, and what to do."""


@dataclass(frozen=True)
class Python:
    """An interpreter of the matrix."""

    name: str
    """As configs have it: `3.12`."""
    version: str
    folder: Path
    """The folder of its programs, which goes on PATH."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work of a case.

    The first word of each command is a program of the tool's own environment. `prepare` runs once, `before`
    ahead of every run, and neither is timed; `commands` run one after the other, and are.
    """

    name: str
    title: str
    tool: str
    commands: tuple[tuple[str, ...], ...]
    files: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    """Whether it works in environments of its earlier runs."""
    slow: bool = False
    """Whether it takes part in every other round only."""
    prepare: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    listed: str = ""
    """For lists: a regular expression that matches once for each cell that is shown."""


@dataclass(frozen=True)
class Evidence:
    """What a run left behind for those who check that the work was done."""

    contender: Contender
    output: str
    lines: tuple[str, ...]
    """What the children wrote; in environments: Python, stamp of the source, folder of the environment."""
    stamp: str
    started: float
    """In seconds since the epoch."""
    first: bool
    """Whether it was the contender's first run, where nobody can have kept an environment."""


@dataclass(frozen=True)
class Case:
    """A piece of work, and who does it."""

    name: str
    title: str
    cells: int
    state: State
    rounds: int
    files: Mapping[str, str]
    contenders: tuple[Contender, ...]
    check: Callable[[Evidence], None]
    """Raises BenchmarkError unless the work was done."""
    ideal_seconds: float | None = None


class Sample(TypedDict):
    """One run."""

    seconds: float
    cpu_seconds: float
    peak_kib: int


class Series(TypedDict):
    """The runs of one contender in one case; `ratio` is its median through runner's.

    `warm_up` are the runs before, which are in neither.
    """

    contender: str
    title: str
    warm_up: list[Sample]
    samples: list[Sample]
    median: float
    ratio: float | None


class CaseResult(TypedDict):
    """The runs of one case."""

    name: str
    title: str
    cells: int
    ideal_seconds: float | None
    series: list[Series]


class TargetResult(TypedDict):
    """A target of the design, and what was reached; `met` is None where there is no bound."""

    work: str
    against: str
    runner: str
    other: str
    value: str
    bound: str
    met: bool | None


class Machine(TypedDict):
    """Where it was measured."""

    cpus: int
    model: str
    memory_gib: int
    system: str
    python: str
    load_at_start: float


class Results(TypedDict):
    """All of `results.json`."""

    date: str
    quick: bool
    jobs: int
    machine: Machine
    pythons: list[str]
    versions: dict[str, str]
    cases: list[CaseResult]
    targets: list[TargetResult]
