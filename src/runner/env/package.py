"""The project's wheels of one run: each built once, shared by the cells that it suits."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from runner.env.maker import BuildFailed, Kind, MakeEnv, Order, WheelMaker, refuse_python
from runner.env.source import git_sees
from runner.env.turn import Turn
from runner.env.wheel import Wheel, python_name, suits
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter

_TAIL_LINES = 40
_TAIL_BYTES = 64 * 1024


class _Made(Struct, frozen=True):
    wheel: Wheel
    note: str


class _Failure(Struct, frozen=True):
    """Why there is no wheel, in short: what the cells after the first one are told."""

    summary: str
    python: str
    log: Path | None
    last_line: str


class PackageBuilder:
    """Builds the project for the cells of a run; called from several workers at a time.

    Builds run one at a time, also against other runners: `hold` keeps them away. A cell takes a wheel whose
    tags suit its interpreter, else one is built with that interpreter. `own` is a folder that only this run
    uses, `logs` the one for the logs of builds.
    """

    def __init__(
        self,
        *,
        package: PackageSpec,
        own: Path,
        logs: Path,
        work_dir: Path,
        processes: Processes,
        make_env: MakeEnv,
        notify: Callable[[str], None],
        hold: Callable[[Stop], AbstractContextManager[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._package = package
        self._work_dir = work_dir
        self._processes = processes
        self._notify = notify
        self._hold = hold
        self._monotonic = monotonic
        self._maker = WheelMaker(
            package=package,
            own=own,
            logs=logs,
            work_dir=work_dir,
            processes=processes,
            make_env=make_env,
        )
        self._turn = Turn()
        self._made: dict[Kind, tuple[_Made, ...]] = {}
        self._failures: dict[tuple[Kind | None, Interpreter | None], _Failure] = {}
        self._looked_at_git = False

    def built(self, spec: EnvSpec, stop: Stop) -> Built:
        """Return the project's wheel for `spec.interpreter`, built now, before, or given.

        Raises CellError when there is none: the first cell gets the backend's output, the others are told
        where that was shown. Raises Cancelled when `stop` rises meanwhile.
        """
        interpreter = spec.interpreter
        if interpreter is None:
            raise CellError(
                "package",
                f"the backend {spec.backend!r} brings its own interpreter, and no wheel can be built for one"
                ' that is not there yet; set package = "none"',
            )
        kind = self._kind(spec)
        began = self._monotonic()
        taken = self._turn.take(python_name(interpreter), lambda: self._is_known(kind, interpreter), stop)
        waited = self._monotonic() - began
        if taken.mine:
            try:
                self._make(kind, spec, interpreter, stop)
            finally:
                self._turn.leave()
        notes = tuple(f"waited {waited:.1f} s for the build with {who}" for who in taken.waited_for[:1])
        return self._delivered(kind, interpreter, notes)

    def _kind(self, spec: EnvSpec) -> Kind:
        if self._package.given is not None:
            return "given"
        if spec.package == "none":
            raise ValueError("a cell without the project asks for its wheel")
        return spec.package

    def _is_known(self, kind: Kind, interpreter: Interpreter) -> bool:
        return self._suiting(kind, interpreter) is not None or self._failure(kind, interpreter) is not None

    def _suiting(self, kind: Kind, interpreter: Interpreter) -> _Made | None:
        return next((made for made in self._made.get(kind, ()) if suits(made.wheel, interpreter)), None)

    def _failure(self, kind: Kind, interpreter: Interpreter) -> _Failure | None:
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

    def _make(self, kind: Kind, spec: EnvSpec, interpreter: Interpreter, stop: Stop) -> None:
        try:
            with self._hold(stop):
                began = self._monotonic()
                wheel = self._maker.make(kind, Order(spec, interpreter, stop))
            note = f"built in {self._monotonic() - began:.1f} s with {python_name(interpreter)}"
            if wheel.path == self._given_path():
                note = f"given: {wheel.path}"
            self._made[kind] = (*self._made.get(kind, ()), _Made(wheel, note))
        except BuildFailed as failed:
            raise self._remembered(failed, kind, interpreter) from failed
        if not suits(wheel, interpreter):
            raise self._remembered(BuildFailed(_unsuitable(wheel, interpreter)), kind, interpreter)
        self._look_at_git(stop)

    def _given_path(self) -> str | None:
        return None if self._package.given is None else str(Path(self._package.given).absolute())

    def _remembered(self, failed: BuildFailed, kind: Kind, interpreter: Interpreter) -> CellError:
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

    def _delivered(self, kind: Kind, interpreter: Interpreter, notes: tuple[str, ...]) -> Built:
        made = self._suiting(kind, interpreter)
        if made is None:
            failure = self._failure(kind, interpreter)
            if failure is None:
                raise AssertionError("a turn was left without a wheel and without a failure")
            raise _told_before(failure, self._first_broken(kind) or failure)
        wheel = made.wheel
        try:
            refuse_python(f"{wheel.name} {wheel.version}", wheel.requires_python, interpreter)
        except BuildFailed as failed:
            raise CellError("package", failed.message) from failed
        return Built(
            path=wheel.path,
            sha256=wheel.sha256,
            name=wheel.name,
            version=wheel.version,
            kind="editable" if kind == "editable" else "wheel",
            notes=(made.note, *notes),
        )

    def _look_at_git(self, stop: Stop) -> None:
        """Tell once when git would take up the work-dir: backends that follow git would pack it."""
        if self._looked_at_git:
            return
        self._looked_at_git = True
        root, work_dir = Path(self._package.root).resolve(), self._work_dir.resolve()
        if work_dir.is_relative_to(root) and git_sees(work_dir, self._processes, self._package.environ, stop):
            self._notify(
                f"git does not ignore the work-dir, and build backends may pack it: add the line"
                f" `/{work_dir.relative_to(root).as_posix()}/` to {root / '.gitignore'}"
            )


def _told_before(failure: _Failure, first: _Failure) -> CellError:
    """Return what a cell is told of a build that broke with `failure`, after `first` was shown whole."""
    if failure.log is None:
        return CellError("package", f"{failure.summary.splitlines()[0]} (shown before)")
    differs = f"\n  {failure.last_line}" if failure.last_line != first.last_line else ""
    return CellError(
        "package",
        f"{failure.summary}{differs}\nshown before, with {first.python}; the whole output: {failure.log}",
    )


def _unsuitable(wheel: Wheel, interpreter: Interpreter) -> str:
    return (
        f"{Path(wheel.path).name} does not suit {python_name(interpreter)}: its tags are"
        f" {', '.join(sorted(wheel.tags))}, and that Python takes {interpreter.tags[0]} and others"
        if interpreter.tags
        else f"{python_name(interpreter)} takes no wheels"
    )


def _tail(log: Path | None) -> tuple[str, ...]:
    """Return the last lines of the log that are not empty at its end."""
    if log is None or not log.exists():
        return ()
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return tuple(text.rstrip().splitlines()[-_TAIL_LINES:])
