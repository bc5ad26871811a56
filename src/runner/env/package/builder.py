"""The project's wheels: taken from earlier runs, else built once, and shared by the cells that they suit."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from runner.env.ages import age
from runner.env.package.builders import LockOf
from runner.env.package.failures import Failures
from runner.env.package.git import git_sees
from runner.env.package.order import (
    BuildFailed,
    Kind,
    MakeEnv,
    Order,
    order_of,
    read_system,
    refuse_python,
)
from runner.env.package.tree import TreeReader
from runner.env.package.wheel import Wheel, as_built, python_name, suits
from runner.env.package.wheelkey import Source, Sources
from runner.env.package.wheels import Missing, Stored, Wheels, left_in
from runner.env.store import Store
from runner.env.turn import Turn
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Clock, Processes, Stop
from runner.model.python import Interpreter
from runner.model.secrets import NO_SECRETS, Concealer

if TYPE_CHECKING:
    from runner.env.package.maker import WheelMaker


class Seen(Struct, frozen=True):
    """What `built` would do, for people; with the wheel when a stored or given one would be taken."""

    how: str
    built: Built | None = None


class _Made(Struct, frozen=True):
    wheel: Wheel
    how: str
    notes: tuple[str, ...] = ()


class PackageBuilder:
    """Provides the project for the cells of a run; called from several workers at a time.

    A cell takes a wheel whose tags suit its interpreter: of this run, or from `store`, where those of earlier
    runs are that were built from the same; else one is built with that interpreter. Builds run one at a time,
    as do those of all builders that share the `turn`, also against other runners: `hold` keeps them away.
    `own` is a folder that nobody else uses, `logs` the one for the logs of builds. `lock_of` gives the lock
    of a build environment, `peek` the same if it can be had without doing anything. `own_python` finds the
    Python that runs runner. Workers that wait for a build call `meanwhile` until it returns False.
    """

    def __init__(
        self,
        *,
        package: PackageSpec,
        own: Path,
        logs: Path,
        work_dir: Path,
        store: Store,
        processes: Processes,
        clock: Clock,
        make_env: MakeEnv,
        lock: LockOf,
        peek: LockOf,
        own_python: Callable[[Stop], Interpreter],
        notify: Callable[[str], None],
        turn: Turn,
        hold: Callable[[Stop], AbstractContextManager[None]],
        meanwhile: Callable[[Stop], bool],
        concealer: Concealer = NO_SECRETS,
    ) -> None:
        self._package = package
        self._own = own
        self._work_dir = work_dir
        self._processes = processes
        self._clock = clock
        self._lock = lock
        self._peek = peek
        self._own_python = own_python
        self._notify = notify
        self._hold = hold
        self._meanwhile = meanwhile
        self._concealer = concealer
        trees = TreeReader(
            package=package,
            work_dir=work_dir,
            memory=store.folder / "tree.json",
            processes=processes,
            clock=clock,
        )
        self._sources = Sources(package, trees)
        self._wheels = Wheels(store, clock)
        self._make_env = make_env
        self._logs = logs
        self._turn = turn
        self._made: dict[Kind, tuple[_Made, ...]] = {}
        self._built_with: set[str] = set()
        self._failures = Failures()
        self._looked_at_git = False

    def built(self, spec: EnvSpec, stop: Stop) -> Built:
        """Return the project's wheel for `spec.interpreter`: given, stored, or built now or before.

        Raises CellError when there is none: the first cell gets the backend's output, the others are told
        where that was shown. Raises Cancelled when `stop` rises meanwhile.
        """
        kind, order = self._kind(spec), order_of(spec, stop)
        who = python_name(order.interpreter)
        began = self._clock.monotonic()
        taken = self._turn.take(who, lambda: self._is_known(kind, order.interpreter), stop)
        waited = self._clock.monotonic() - began
        if taken.mine:
            try:
                made: _Made | None = self._provide(kind, order)
            finally:
                self._turn.leave()
        else:
            made = self._suiting(kind, order.interpreter)
        if made is None:
            raise self._failures.again(kind, order.interpreter)
        builders = [name for name in taken.waited_for if name in self._built_with]
        notes = tuple(f"waited {waited:.1f} s for the build with {name}" for name in builders[:1])
        return _delivered(made, kind, order.interpreter, notes)

    def look(self, spec: EnvSpec, stop: Stop) -> Seen:
        """Say what `built` would do; nothing is built, written or resolved.

        Raises CellError for what is wrong already, and Cancelled.
        """
        kind, order = self._kind(spec), order_of(spec, stop)
        try:
            return self._look(kind, order)
        except BuildFailed as failed:
            raise CellError("package", failed.message) from failed

    @cached_property
    def _maker(self) -> "WheelMaker":
        from runner.env.package.maker import WheelMaker  # noqa: PLC0415 - start-up: a warm run builds nothing

        return WheelMaker(
            package=self._package,
            own=self._own,
            logs=self._logs,
            work_dir=self._work_dir,
            processes=self._processes,
            make_env=self._make_env,
            lock_of=self._lock,
            own_python=self._own_python,
            concealer=self._concealer,
        )

    def _kind(self, spec: EnvSpec) -> Kind:
        if self._package.given is not None:
            return "given"
        if spec.package == "none":
            raise ValueError("a cell without the project asks for its wheel")
        return "wheel" if spec.package == "deps-only" else spec.package

    def _is_known(self, kind: Kind, interpreter: Interpreter) -> bool:
        return self._suiting(kind, interpreter) is not None or self._failures.concern(kind, interpreter)

    def _suiting(self, kind: Kind, interpreter: Interpreter) -> _Made | None:
        """Return what this run has for the interpreter, but for what was deleted since, as by `clean`."""
        return next(
            (
                made
                for made in self._made.get(kind, ())
                if suits(made.wheel, interpreter) and os.path.exists(made.wheel.path)  # noqa: PTH110 - once a cell
            ),
            None,
        )

    def _provide(self, kind: Kind, order: Order) -> _Made:
        try:
            made = self._given() or self._stored_or_built(kind, order)
            _refuse_unsuitable(made.wheel, order.interpreter)
        except BuildFailed as failed:
            raise self._failures.add(failed, kind, order.interpreter) from failed
        self._made[kind] = (*self._made.get(kind, ()), made)
        return made

    def _given(self) -> _Made | None:
        wheel = None if self._package.given is None else self._maker.given_wheel()
        return None if wheel is None else _Made(wheel, f"given: {wheel.path}")

    def _stored_or_built(self, kind: Kind, order: Order) -> _Made:
        source = self._sources.read(kind, order.stop)
        found = self._wheels.find(source.key, order.spec, self._lock, order.stop)
        if isinstance(found, Missing):
            with self._hold(order.stop):
                # Another runner may have built it while we waited.
                again = self._wheels.find(source.key, order.spec, self._lock, order.stop)
                if isinstance(again, Missing):
                    why = found.why or again.why or self._wheels.why(source, order.interpreter)
                    return self._build(source, order, why)
                found = again
        return _Made(found.wheel, self._reused(found))

    def _build(self, source: Source, order: Order, why: str) -> _Made:
        with_ = python_name(order.interpreter)
        self._built_with.add(with_)
        self._turn.offer(lambda: self._meanwhile(order.stop))
        since, began = self._clock.time(), self._clock.monotonic()
        making = self._maker.make(source.key.kind, order)
        how = f"built in {self._clock.monotonic() - began:.1f} s with {with_} ({why})"
        _refuse_unsuitable(making.wheel, order.interpreter)
        if source.key.kind != "given":
            self._look_at_git(order.stop)
        drift = self._sources.drift(source, order.stop)
        if drift:
            # It would stand for files that it was not built from.
            drifted = f"not kept for later runs: since it began, {', '.join(drift)}"
            return _Made(making.wheel, how, (*making.notes, drifted))
        try:
            left = left_in(source, since) if source.key.kind == "editable" else ()
            kept = self._wheels.keep(source, making.wheel, making.builders, left, self._own / "kept")
        except OSError as error:
            raise BuildFailed(f"{self._own} cannot be used: {error}", "project") from error
        return _Made(kept, how, making.notes)

    def _reused(self, found: Stored) -> str:
        unsure = "" if found.sure else ", if the build requirements resolve to the same"
        return f"reused (built {age(self._clock.time() - found.built)} ago){unsure}"

    def _look(self, kind: Kind, order: Order) -> Seen:
        made = self._given()
        if made is None:
            source = self._sources.read(kind, order.stop, remember=False)
            found = self._wheels.find(source.key, order.spec, self._peek, order.stop, only_look=True)
            if isinstance(found, Missing):
                if kind != "given":
                    system = read_system(Path(self._package.root), "project")
                    refuse_python(self._package.root, system.requires_python, order.interpreter)
                return Seen(f"to be built ({found.why or self._wheels.why(source, order.interpreter)})")
            made = _Made(found.wheel, self._reused(found))
        _refuse_unsuitable(made.wheel, order.interpreter)
        return Seen(made.how, _delivered(made, kind, order.interpreter, ()))

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


def _delivered(made: _Made, kind: Kind, interpreter: Interpreter, notes: tuple[str, ...]) -> Built:
    wheel = made.wheel
    try:
        refuse_python(f"{wheel.name} {wheel.version}", wheel.requires_python, interpreter)
    except BuildFailed as failed:
        raise CellError("package", failed.message) from failed
    return as_built(wheel, editable=kind == "editable", how=made.how, notes=(*made.notes, *notes))


def _refuse_unsuitable(wheel: Wheel, interpreter: Interpreter) -> None:
    if suits(wheel, interpreter):
        return
    raise BuildFailed(
        f"{Path(wheel.path).name} does not suit {python_name(interpreter)}: its tags are"
        f" {', '.join(sorted(wheel.tags))}, and that Python takes {interpreter.tags[0]} and others"
        if interpreter.tags
        else f"{python_name(interpreter)} takes no wheels"
    )
