"""What came of steps, attempts, cells and the run."""

from typing import Annotated, Literal, Union

from msgspec import Meta, Struct

Phase = Literal["python", "package", "lock", "create", "install", "setup", "command", "teardown", "collect"]
Outcome = Literal["passed", "failed", "error", "skipped", "cancelled"]


class Exited(Struct, frozen=True, tag="exited"):
    """The process ended by itself."""

    code: int


class Signalled(Struct, frozen=True, tag="signalled"):
    """The process was ended by a signal."""

    number: int


class TimedOut(Struct, frozen=True, tag="timed-out"):
    """We ended the process after so many seconds."""

    after: float


class NotStarted(Struct, frozen=True, tag="not-started"):
    """There was no process."""

    reason: str


Exit = Union[Exited, Signalled, TimedOut, NotStarted]  # noqa: UP007 - msgspec reads the union at run time on 3.10


class StepResult(Struct, frozen=True, kw_only=True):
    """One step that was tried. `argv` is empty for steps in this process; `duration` is in seconds.

    `reason` says in words why it is not `ok`.
    """

    phase: Phase
    attempt: int
    argv: tuple[str, ...]
    exit: Exit
    ok: bool
    duration: float
    reason: str = ""


class TestResult(Struct, frozen=True, kw_only=True):
    """One test of a cell. `line` counts from 1; `duration` is in seconds."""

    __test__ = False  # not a test class of pytest's

    id: str
    outcome: Literal["passed", "failed", "error", "skipped"]
    duration: float
    file: str | None = None
    line: int | None = None
    message: str = ""


class Installed(Struct, frozen=True):
    """A distribution in an environment."""

    name: str
    version: str


class Attempt(Struct, frozen=True, kw_only=True):
    """One try at a cell, in an environment of its own."""

    number: int
    outcome: Outcome
    duration: float
    reason: str = ""
    steps: tuple[StepResult, ...] = ()
    tests: tuple[TestResult, ...] = ()


class CellResult(Struct, frozen=True, kw_only=True):
    """All that came of one cell. `log` and `environment` are absolute paths, where there are such.

    `python` is the full version found; `packages` are those of the last attempt's environment;
    `cached` belongs to results that were not run anew.
    """

    id: str
    session: str
    axes: dict[str, str]
    outcome: Outcome
    duration: float = 0.0
    reason: str = ""
    flaky: bool = False
    allowed: bool = False
    cached: bool = False
    python: str | None = None
    packages: tuple[Installed, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    log: str | None = None
    environment: str | None = None
    artifacts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class RunResult(Struct, frozen=True, kw_only=True):
    """All that came of a run. `started` is in seconds since 1970; `exit_code` is the program's."""

    id: str
    outcome: Outcome
    exit_code: int
    started: float
    duration: float
    cells: tuple[CellResult, ...]
    notices: tuple[str, ...] = ()


ATTEMPT_STARTED = ".started"
"""A file in the folder that collectors get, as old as the attempt's first command."""


class Collected(Struct, frozen=True):
    """What a collector found: tests, attachments (absolute paths) and warnings for people."""

    tests: tuple[TestResult, ...] = ()
    attachments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Finish(Struct, frozen=True):
    """A plugin's last word on a run: lines for the summary, and an exit code that can only make it worse."""

    lines: tuple[str, ...] = ()
    exit_code: Annotated[int, Meta(ge=0, le=255)] = 0
