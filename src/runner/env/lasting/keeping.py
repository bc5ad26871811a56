"""Keeping a lasting environment in step with what its cell asks for: kept as it is, or made anew."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.ages import age
from runner.env.contents.installed import installed
from runner.env.contents.records import EnvParts
from runner.env.contents.records import read_record as read_env_record
from runner.env.lasting.aside import put_back, set_aside
from runner.env.lasting.asked import Asked, asked_for, changes, decides_anew
from runner.env.lasting.editable import deciding, installed_before, keep
from runner.env.lasting.record import Record, drift_of, mutex_name, read_record, write_record
from runner.env.mutex import Mutexes
from runner.model.environment import Built, Lock
from runner.model.errors import CellError
from runner.model.layout import LASTING
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.plugins import Backend
from runner.model.ports import Clock, Stop, Workshop

_UNKNOWN = "it was not finished, or by another version of runner"


class InStep(Struct, frozen=True, kw_only=True):
    """A lasting environment that is as its cell asks.

    `how` tells people whether it was kept or `made`, and why. `lost` are packages that somebody had installed
    by hand, and that went with the one before; `notes` are lines about how it came to be, `warnings` those
    that people must see.
    """

    record: Record
    how: str
    made: bool
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Order(Struct, frozen=True, kw_only=True):
    """What is asked for one cell, and how what is there stands against it.

    `spec` has its interpreter. `decided_by` is what decided an editable wheel before that was asked for;
    `as_before` says that the wheel is the one that was installed. `why` says why what is there cannot be
    kept.
    """

    spec: EnvSpec
    built: Built | None
    lock: Lock | None
    asked: Asked
    decided_by: dict[str, str]
    as_before: bool
    record: Record | None = None
    why: str = ""

    @property
    def keeps(self) -> bool:
        return self.record is not None and not self.why

    @property
    def has_news(self) -> bool:
        """Whether what is kept must be written down again: so that next time nothing is built."""
        return not self.as_before and self.built is not None and self.built.kind == "editable"


class Keeper:
    """Keeps lasting environments in step: one at a time, against other runners, too.

    `again` says why one is made anew in any case; `upgrading`, that one is whose installer keeps no lock.
    `tell` takes a line for people before something takes long.
    """

    def __init__(
        self,
        *,
        workshop: Workshop,
        backends: Callable[[str], Backend],
        package: PackageSpec,
        mutexes: Mutexes,
        clock: Clock,
        tell: Callable[[str], None],
        again: str = "",
        upgrading: bool = False,
    ) -> None:
        self._workshop = workshop
        self._backends = backends
        self._package = package
        self._mutexes = mutexes
        self._clock = clock
        self._tell = tell
        self._again = again
        self._upgrading = upgrading

    def in_step(self, spec: EnvSpec, stop: Stop) -> InStep:
        """Return the environment of `spec`, made if it is missing or not as is asked for.

        What was there is lost only when another has taken its place. Raises CellError, Cancelled, and
        PluginError.
        """
        order = self._judged(spec, stop)
        if order.keeps and not order.has_news:  # nobody waits for others who also only look
            return self._kept(order)
        folder = Path(spec.folder)
        with self._mutexes.hold(mutex_name(folder.name), stop, f"{LASTING}/{folder.name}"):
            put_back(folder)
            order = self._judged(spec, stop)
            if order.keeps:
                return self._kept(order)
            self._tell(f"{spec.cell}: making the environment")
            order, lost = self._with_wheel(order, stop), _by_hand(order.record, folder)
            with set_aside(folder):
                return replace(self._made(order, stop), lost=lost)

    def _judged(self, spec: EnvSpec, stop: Stop) -> Order:
        record = read_record(Path(spec.folder))
        spec = self._workshop.interpreter(spec, stop)
        decided_by = deciding(spec, self._package)
        before = installed_before(record, spec, decided_by)
        built = before or self._workshop.package(spec, stop)
        lock = self._workshop.lock(spec, built, stop)
        has_it = record if before is not None else None
        order = Order(
            spec=spec,
            built=built,
            lock=lock,
            asked=asked_for(spec, built, lock, self._backends(spec.backend), has_it),
            decided_by=decided_by,
            as_before=before is not None,
            record=record,
        )
        return replace(order, why=self._why_anew(record, order))

    def _with_wheel(self, order: Order, stop: Stop) -> Order:
        """Return the order with a wheel that does not go with the environment."""
        if not order.as_before:
            return order
        spec = order.spec
        built = self._workshop.package(spec, stop)
        lock = self._workshop.lock(spec, built, stop)
        asked = asked_for(spec, built, lock, self._backends(spec.backend))
        return replace(order, built=built, lock=lock, asked=asked, as_before=False)

    def _why_anew(self, record: Record | None, order: Order) -> str:
        """Say why what is there cannot be kept; empty when it can, or when there is nothing."""
        folder = Path(order.spec.folder)
        if record is None:
            return _UNKNOWN if folder.exists() else ""
        if self._upgrading and decides_anew(order.spec, self._backends(order.spec.backend)):
            return self._again or f"--upgrade, and {order.spec.installer} keeps no lock"
        return self._again or changes(record, order.asked, folder)

    def _kept(self, order: Order) -> InStep:
        record = order.record
        if record is None:
            raise ValueError("only what is there can be kept")
        if order.has_news:
            record = self._write(order, record)
        how = f"in step, made {age(self._clock.time() - record.made)} ago"
        return InStep(record=record, how=how, made=False, warnings=_warnings(order))

    def _made(self, order: Order, stop: Stop) -> InStep:
        spec = order.spec
        environment = self._workshop.create(spec, stop)
        installation = self._workshop.install(spec, environment, order.built, order.lock, stop)
        record = Record(
            cell=spec.cell,
            parts=_as_it_was_made(order),
            asked=order.asked.asked,
            pins=order.asked.pins,
            project=None,
            environment=replace(environment, notes=()),
            packages=installed(environment),
            made=self._clock.time(),
        )
        return InStep(
            record=self._write(order, record),
            how=f"made anew: {order.why}" if order.why else "made",
            made=True,
            notes=(*_notes(order), *environment.notes, *installation.notes),
            warnings=_warnings(order),
        )

    def _write(self, order: Order, record: Record) -> Record:
        """Write down that the environment is finished, with the project if that is editable."""
        folder, built = Path(order.spec.folder), order.built
        try:
            if built is not None and built.kind == "editable":
                record = replace(record, project=keep(built, order.decided_by, folder))
            write_record(folder, record)
        except OSError as error:
            raise CellError("install", f"{folder} cannot be written: {error.strerror}") from error
        return record


def _as_it_was_made(order: Order) -> EnvParts:
    """Return what the environment was made from: another lock, where files that one names were gone."""
    written = read_env_record(Path(order.spec.folder))
    parts = order.asked.parts
    return parts if written is None else replace(parts, lock=written.parts.lock)


def _by_hand(record: Record | None, folder: Path) -> tuple[str, ...]:
    """Return what somebody put into an environment that is about to go."""
    if record is None:
        return ()
    drift = drift_of(record, folder)
    return (*drift.added, *drift.changed)


def _notes(order: Order) -> tuple[str, ...]:
    built, lock, pinned = order.built, order.lock, order.spec.backend_lock
    return (
        *((f"{order.spec.backend} lock: {pinned.how}",) if pinned else ()),
        *((f"wheel: {built.how}", *built.notes) if built else ()),
        *((f"lock: {lock.how}", *lock.notes) if lock else ()),
    )


def _warnings(order: Order) -> tuple[str, ...]:
    locks = (order.spec.backend_lock, order.lock)
    return tuple(line for each in locks if each is not None for line in each.warnings)
