"""What happens in a run, as values: reporters and the fold see these and nothing else.

An `Event` is stamped where the run is told (`cli.teller`); its body says what happened. Events hold names
and hashes of variables, never values, and decode back from the JSON that `--events` writes.
"""

from typing import Literal, Union

from msgspec import Struct

from runner.model.encode import canonical, decoded
from runner.model.results import CellResult, Outcome, Phase, StepResult


class PlannedCell(Struct, frozen=True):
    """A cell of the run, as known before it starts. `expected` is in seconds."""

    id: str
    session: str
    axes: dict[str, str]
    expected: float | None = None


class RunStarted(Struct, frozen=True, kw_only=True, tag="run-started"):
    """The run begins.

    `live` says that output of cells is copied as it comes; `passthrough`, that the one cell writes to the
    terminal itself. `folder` is the run's own, `runs/<run>`; both paths are absolute.
    """

    version: str
    root: str
    folder: str
    jobs: int
    cells: tuple[PlannedCell, ...]
    live: bool = False
    passthrough: bool = False


class CellStarted(Struct, frozen=True, kw_only=True, tag="cell-started"):
    """A worker took the cell. `log` is the absolute path that its output goes to."""

    cell: str
    log: str


class AttemptStarted(Struct, frozen=True, kw_only=True, tag="attempt-started"):
    """An attempt begins; the first is 1."""

    cell: str
    attempt: int
    of: int


class StepStarted(Struct, frozen=True, kw_only=True, tag="step-started"):
    """A step begins. `argv` is empty for steps in this process; `detail` is for people."""

    cell: str
    attempt: int
    phase: Phase
    argv: tuple[str, ...] = ()
    detail: str = ""


class StepFinished(Struct, frozen=True, kw_only=True, tag="step-finished"):
    """A step ended."""

    cell: str
    result: StepResult


class CellFinished(Struct, frozen=True, kw_only=True, tag="cell-finished"):
    """A cell ended: each chosen cell exactly once, also those that never started."""

    result: CellResult


class Notice(Struct, frozen=True, kw_only=True, tag="notice"):
    """Something that people should know; `cell` is empty when it is about the run."""

    level: Literal["info", "warning"]
    message: str
    cell: str = ""


class Interrupted(Struct, frozen=True, kw_only=True, tag="interrupted"):
    """A signal asked the run to stop; `again`: it was being stopped already, so everything is killed.

    What was stopping it is an earlier signal, or its timeout.
    """

    signal: str
    again: bool = False


class RunFinished(Struct, frozen=True, kw_only=True, tag="run-finished"):
    """The run ended. `lines` are extra summary lines from plugins."""

    outcome: Outcome
    exit_code: int
    duration: float
    lines: tuple[str, ...] = ()


Body = Union[  # noqa: UP007 - msgspec reads the union at run time on 3.10
    RunStarted,
    CellStarted,
    AttemptStarted,
    StepStarted,
    StepFinished,
    CellFinished,
    Notice,
    Interrupted,
    RunFinished,
]


class Event(Struct, frozen=True):
    """Something that happened: the run's id, the number in the run from 1, and wall time in seconds."""

    run: str
    seq: int
    time: float
    body: Body


def encode_event(event: Event) -> bytes:
    """Return one line of JSON, without the newline."""
    return canonical(event)


def decode_event(line: bytes | str) -> Event:
    """Read back what `encode_event` wrote. Raises ValueError when it is something else."""
    return decoded(line, Event)
