"""Keeping a lasting environment in step with what its cell asks for: kept as it is, or made anew."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.ages import age
from runner.env.contents.installed import installed
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


class Order(Struct, frozen=True):
    """What is to be made for one cell: the spec with its interpreter, the wheel, the lock, and all in one.

    `decided_by` is what decided the wheel before it was asked for, if that is editable.
    """

    spec: EnvSpec
    built: Built | None
    lock: Lock | None
    asked: Asked
    decided_by: dict[str, str]


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

        Raises CellError, Cancelled, and PluginError.
        """
        folder = Path(spec.folder)
        with self._mutexes.hold(mutex_name(folder.name), stop, f"{LASTING}/{folder.name}"):
            record = read_record(folder)
            spec = self._workshop.interpreter(spec, stop)
            decided_by = deciding(spec, self._package)
            before = installed_before(record, spec, decided_by)
            order = self._order(spec, before, decided_by, stop)
            why = self._why_anew(record, order)
            if record is not None and not why:
                return self._kept(record, order, before)
            if before is not None:  # its wheel goes with the environment
                order = self._order(spec, None, decided_by, stop)
            self._tell(f"{spec.cell}: making the environment")
            return self._made(record, order, why, stop)

    def _order(self, spec: EnvSpec, before: Built | None, decided_by: dict[str, str], stop: Stop) -> Order:
        built = before or self._workshop.package(spec, stop)
        lock = self._workshop.lock(spec, built, stop)
        asked = asked_for(spec, built, lock, self._backends(spec.backend))
        return Order(spec, built, lock, asked, decided_by)

    def _why_anew(self, record: Record | None, order: Order) -> str:
        """Say why what is there cannot be kept; empty when it can, or when there is nothing."""
        folder = Path(order.spec.folder)
        if record is None:
            return _UNKNOWN if folder.exists() else ""
        if self._upgrading and decides_anew(order.spec, self._backends(order.spec.backend)):
            return self._again or f"--upgrade, and {order.spec.installer} keeps no lock"
        return self._again or changes(record, order.asked, folder)

    def _kept(self, record: Record, order: Order, before: Built | None) -> InStep:
        if before is None and order.built is not None and order.built.kind == "editable":
            self._write(order, record)  # next time nothing is built
        how = f"in step, made {age(self._clock.time() - record.made)} ago"
        return InStep(record=record, how=how, made=False, warnings=_warnings(order))

    def _made(self, old: Record | None, order: Order, why: str, stop: Stop) -> InStep:
        drift = None if old is None else drift_of(old)
        spec = order.spec
        environment = self._workshop.create(spec, stop)
        installation = self._workshop.install(spec, environment, order.built, order.lock, stop)
        record = Record(
            cell=spec.cell,
            parts=order.asked.parts,
            asked=order.asked.asked,
            pins=order.asked.pins,
            project=None,
            environment=environment,
            packages=installed(environment),
            made=self._clock.time(),
        )
        return InStep(
            record=self._write(order, record),
            how=f"made anew: {why}" if why else "made",
            made=True,
            lost=() if drift is None else (*drift.added, *drift.changed),
            notes=(*_notes(order), *installation.notes),
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
