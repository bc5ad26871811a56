"""What came of one invocation of runner, in a shape that tests can ask questions of."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from runner.model.encode import decoded
from runner.model.events import Body, CellFinished, Event, Notice, RunFinished, decode_event

B = TypeVar("B", bound=Body)

_TRACEBACK = re.compile(r"^Traceback \(most recent call last\)", re.MULTILINE)


class ShownPackage(Struct, frozen=True):
    """A distribution in a cell's environment."""

    name: str
    version: str


class ShownStep(Struct, frozen=True):
    """A step in the JSON result; `exit` is the code, -N for signal N, None when timed out or not started."""

    phase: str
    attempt: int
    argv: tuple[str, ...]
    exit: int | None
    reason: str
    duration: float


class ShownTest(Struct, frozen=True):
    """A test in the JSON result."""

    id: str
    file: str | None
    line: int | None
    outcome: str
    duration: float
    message: str


class ShownCell(Struct, frozen=True):
    """A cell in the JSON result: `tests` are the last attempt's, `steps` those of all attempts."""

    id: str
    session: str
    axes: dict[str, str]
    outcome: str
    flaky: bool
    allowed: bool
    cached: bool
    reason: str
    duration: float
    python: str | None
    packages: tuple[ShownPackage, ...]
    steps: tuple[ShownStep, ...]
    tests: tuple[ShownTest, ...]
    log: str | None

    def version(self, name: str) -> str | None:
        """The version of a distribution in the cell's environment; None when it was not there."""
        return next((package.version for package in self.packages if package.name == name), None)

    def phases(self) -> tuple[str, ...]:
        """The phases of the steps, in order."""
        return tuple(step.phase for step in self.steps)


class ShownRun(Struct, frozen=True):
    """The run in the JSON result."""

    id: str
    outcome: str
    exit_code: int
    duration: float


class Result(Struct, frozen=True):
    """The JSON result, `--report json=PATH`."""

    run: ShownRun
    cells: tuple[ShownCell, ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """One invocation of runner and all that it said.

    `result` is None and `events` is empty when there was no run: a usage error, or another verb.
    """

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    events: tuple[Event, ...] = ()
    result: Result | None = None

    @property
    def bodies(self) -> tuple[Body, ...]:
        """What happened, without the stamps."""
        return tuple(event.body for event in self.events)

    def of(self, kind: type[B]) -> tuple[B, ...]:
        """What happened of one kind, such as `runner.StepFinished`, in order."""
        return tuple(body for body in self.bodies if isinstance(body, kind))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that plugins added to the summary."""
        return tuple(line for body in self.of(RunFinished) for line in body.lines)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings about the run and its cells, in order."""
        return tuple(text for body in self.bodies for text in _warnings_in(body))

    @property
    def cells(self) -> dict[str, ShownCell]:
        """The cells of the result by id. Raises AssertionError when there was no run."""
        if self.result is None:
            raise AssertionError("there is no result: no run took place" + self._said())
        return {cell.id: cell for cell in self.result.cells}

    def cell(self, id_: str) -> ShownCell:
        """One cell of the result. Raises AssertionError that names the others when it is not there."""
        cells = self.cells
        if id_ not in cells:
            raise AssertionError(f"no cell {id_!r} among {', '.join(cells) or 'none'}" + self._said())
        return cells[id_]

    def log(self, id_: str) -> str:
        """The text of a cell's log; empty when the cell wrote none."""
        path = self.cell(id_).log
        return Path(path).read_text("utf-8", errors="replace") if path else ""

    def assert_exit(self, code: int) -> "Invocation":
        """Check the exit code, and that nobody saw a traceback of runner's own; return self."""
        if self.exit_code != code:
            raise AssertionError(f"exit code {self.exit_code}, expected {code}" + self._said())
        if _TRACEBACK.search(self.stderr):
            raise AssertionError("there is a traceback" + self._said())
        return self

    def assert_cells(self, outcomes: Mapping[str, str]) -> "Invocation":
        """Check that the run had exactly these cells with these outcomes; return self.

        The message is a diff: `-` lines are expected, `+` lines are what came, with the reasons.
        """
        expected = [f"{id_}: {outcome}" for id_, outcome in sorted(outcomes.items())]
        found = [f"{id_}: {cell.outcome}" for id_, cell in sorted(self.cells.items())]
        if found == expected:
            return self
        diff = "\n".join(difflib.unified_diff(expected, found, "expected", "found", lineterm="", n=99))
        reasons = "".join(f"\n{cell.id}: {cell.reason}" for cell in self.cells.values() if cell.reason)
        raise AssertionError(f"other cells or outcomes than expected\n{diff}\n{reasons}" + self._said())

    def assert_said(self, *texts: str) -> "Invocation":
        """Check that each of `texts` is in what people saw (both streams, blanks folded); return self."""
        seen = " ".join((self.stdout + " " + self.stderr).split())
        missing = [text for text in texts if " ".join(text.split()) not in seen]
        if missing:
            raise AssertionError("not said: " + "; ".join(map(repr, missing)) + self._said())
        return self

    def assert_events(self, *kinds: type[Body]) -> "Invocation":
        """Check that events of these kinds came in this order, whatever came between; return self."""
        names = [type(body).__name__ for body in self.bodies]
        rest = iter(names)
        missing = next((kind.__name__ for kind in kinds if kind.__name__ not in rest), None)
        if missing is not None:
            expected = ", ".join(kind.__name__ for kind in kinds)
            came = ", ".join(names) or "none"
            raise AssertionError(
                f"events came in another order: no {missing} where it is expected\n"
                f"expected {expected}\nfound    {came}" + self._said()
            )
        return self

    def _said(self) -> str:
        argv = " ".join(self.argv)
        streams = f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        return f"\n\n$ runner {argv}   (exit {self.exit_code})\n{streams}"


def _warnings_in(body: Body) -> tuple[str, ...]:
    if isinstance(body, CellFinished):
        return body.result.warnings
    return (body.message,) if isinstance(body, Notice) and body.level == "warning" else ()


def read_result(path: Path) -> Result | None:
    """Read a JSON result; None when no run wrote it. Raises msgspec.ValidationError on another shape."""
    return decoded(path.read_bytes(), Result) if _written(path) else None


def read_events(path: Path) -> tuple[Event, ...]:
    """Read what `--events` wrote; a last line that is still being written is left out."""
    if not _written(path):
        return ()
    return tuple(
        decode_event(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")
    )


def _written(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
