"""What went wrong with the builds of one run: told whole to the first cell, in short to the others."""

from pathlib import Path

from msgspec import Struct

from runner.env.package.order import BuildFailed, Kind
from runner.env.package.wheel import python_name
from runner.model.errors import CellError
from runner.model.python import Interpreter

_TAIL_LINES = 40
_TAIL_BYTES = 64 * 1024


class _Failure(Struct, frozen=True):
    """Why there is no wheel, in short: what the cells after the first one are told."""

    summary: str
    python: str
    log: Path | None
    last_line: str


class Failures:
    """The broken builds of one run, and which cells each of them concerns."""

    def __init__(self) -> None:
        self._failures: dict[tuple[Kind | None, Interpreter | None], _Failure] = {}

    def concern(self, kind: Kind, interpreter: Interpreter) -> bool:
        """Say whether a cell that wants this cannot have it."""
        return self._of(kind, interpreter) is not None

    def add(self, failed: BuildFailed, kind: Kind, interpreter: Interpreter) -> CellError:
        """Remember what happened, and return it as the first cell is told."""
        tail = _tail(failed.log)
        failure = _Failure(failed.message, python_name(interpreter), failed.log, tail[-1] if tail else "")
        first = self._first_broken(kind)
        whose = None if failed.scope == "project" else kind
        self._failures[whose, interpreter if failed.scope == "interpreter" else None] = failure
        if failed.log is None:
            return CellError("package", failed.message)
        if first is not None:
            return _told_before(failure, first)
        shown = "\n".join(f"  {line}" for line in tail)
        return CellError("package", f"{failed.message}\n{shown}\nthe whole output: {failed.log}")

    def again(self, kind: Kind, interpreter: Interpreter) -> CellError:
        """Return what the next cell is told. Raises LookupError when nothing concerns it."""
        failure = self._of(kind, interpreter)
        if failure is None:
            raise LookupError("a turn was left without a wheel and without a failure")
        return _told_before(failure, self._first_broken(kind) or failure)

    def _of(self, kind: Kind, interpreter: Interpreter) -> _Failure | None:
        keys: tuple[tuple[Kind | None, Interpreter | None], ...] = (
            (None, None),
            (kind, None),
            (kind, interpreter),
        )
        return next((self._failures[key] for key in keys if key in self._failures), None)

    def _first_broken(self, kind: Kind) -> _Failure | None:
        # A copy: another worker may add a failure meanwhile.
        failures = tuple(self._failures.items())
        return next((f for (k, _), f in failures if k == kind and f.log is not None), None)


def _told_before(failure: _Failure, first: _Failure) -> CellError:
    """Return what a cell is told of a build that broke with `failure`, after `first` was shown whole."""
    if failure.log is None:
        return CellError("package", f"{failure.summary.splitlines()[0]} (shown before)")
    differs = f"\n  {failure.last_line}" if failure.last_line != first.last_line else ""
    return CellError(
        "package",
        f"{failure.summary}{differs}\nshown before, with {first.python}; the whole output: {failure.log}",
    )


def _tail(log: Path | None) -> tuple[str, ...]:
    """Return the last lines of the log that are not empty at its end."""
    if log is None or not log.exists():
        return ()
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return tuple(text.rstrip().splitlines()[-_TAIL_LINES:])
