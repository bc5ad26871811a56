"""The locks of backends that pin what they bring: committed, remembered, or resolved now."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct

from runner.env.ages import age
from runner.env.locks.backend_file import BackendFile, content_of, read_file
from runner.env.locks.changes import pin_changes
from runner.env.locks.committed import Committed, missing_from
from runner.env.locks.files import write_committed
from runner.env.locks.remembered import LockMemory, Missing, Record, Remembered, too_old
from runner.env.mutex import Mutexes
from runner.env.once import Once
from runner.env.store import Store
from runner.model.environment import BackendLock, Content, Fixed, LockPolicy, Pin, ResolveWish
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, Resolves
from runner.model.ports import Clock, Stop


class Resolver(Backend, Resolves, Protocol):
    """A backend that has its own locks."""


class Pinning(Protocol):
    """A backend that can tell what a lock pins."""

    name: str

    def contents(self, lock: str) -> tuple[Content, ...]:
        """Return what a lock pins. Raises ValueError."""
        ...


class BackendKey(Struct, frozen=True, kw_only=True):
    """What the lock of a backend follows from: its own words for it, which may name files, and the root."""

    backend: str
    inputs: dict[str, str]
    root: str

    def digest(self) -> str:
        """The name of the lock: 32 hex digits."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:32]


class _Ask(NamedTuple):
    """One lock that is asked for."""

    spec: EnvSpec
    backend: Resolver
    key: BackendKey

    @property
    def path(self) -> Path:
        return backend_path(self.spec, self.backend)


class _Chosen(NamedTuple):
    """What serves, or why nothing does, and the older text to start from."""

    lock: BackendLock | None
    reason: str = ""
    before: str = ""


class BackendLocks:
    """The locks that backends make, of one run: each is found or resolved once.

    `store` keeps remembered ones, `mutexes` keep other runners from resolving the same at the same time.
    `own` is the run's folder.
    """

    def __init__(
        self, *, store: Store, mutexes: Mutexes, clock: Clock, policy: LockPolicy, own: Path
    ) -> None:
        self._memory = LockMemory(store, BackendKey, "lock")
        self._mutexes = mutexes
        self._clock = clock
        self._policy = policy
        self._own = own
        self._made: Once[str, BackendLock] = Once()
        self._written: dict[Path, BackendLock] = {}

    def lock(self, spec: EnvSpec, backend: Resolver, stop: Stop) -> BackendLock:
        """Return the lock of the cell: committed, remembered or resolved now. Raises CellError."""
        ask = _ask(spec, backend)
        written = self._written.get(ask.path)
        if written is not None:
            return written
        file = self._committed(ask)
        if file is not None and file.fresh and not self._moves(ask, file.text):
            return _lock_of(ask, file.text, "committed")
        before = file.text if file is not None and file.fresh else ""
        made = self._made.get(ask.key.digest(), lambda: self._found_or_resolved(ask, before, stop), stop)
        if file is None:
            return made
        return msgspec.structs.replace(made, warnings=(_left_alone(file, ask),))

    def look(self, spec: EnvSpec, backend: Resolver) -> BackendLock | str:
        """Return the lock that serves as it is, or say what is to be done. Changes nothing."""
        ask = _ask(spec, backend)
        file = self._committed(ask)
        if file is not None and file.fresh and not self._moves(ask, file.text):
            return _lock_of(ask, file.text, "committed")
        chosen = self._chosen(ask, self._memory.look(ask.key.digest()))
        return chosen.lock or f"to be resolved ({chosen.reason})"

    def check(self, spec: EnvSpec, backend: Resolver) -> Committed:
        """Say whether the committed lock is fresh, stale or missing; resolve nothing."""
        ask = _ask(spec, backend)
        file = _read(ask)
        if file is None:
            return Committed(ask.path, "missing")
        if file.damage:
            return Committed(ask.path, "stale", (f"it is damaged: {file.damage}",))
        return Committed(ask.path, "fresh" if file.fresh else "stale", file.differences)

    def commit(self, spec: EnvSpec, backend: Resolver, stop: Stop) -> Committed:
        """Write the committed lock unless it is fresh; its versions stay unless the policy says otherwise."""
        ask = _ask(spec, backend)
        file = _read(ask)
        whole = file is not None and not file.damage
        if file is not None and file.fresh and not self._moves(ask, file.text):
            absent = missing_from(_pins(ask, file.text), self._policy)
            self._written[ask.path] = _lock_of(ask, file.text, "committed")
            return Committed(ask.path, "unchanged", absent=absent)
        before = file.text if file is not None and whole and not self._policy.upgrade else ""
        text = self._resolve(ask, before, stop)
        pins = _pins(ask, text)
        done = Committed(ask.path, "written", absent=missing_from(pins, self._policy))
        content = content_of(spec.cell, text, ask.key.inputs)
        if file is None or content != file.content:
            write_committed(ask.path, content, self._own)
        if file is not None:
            moved = pin_changes(_pins(ask, file.text), pins) if whole else ("it was damaged",)
            if content == file.content:
                done = msgspec.structs.replace(done, change="unchanged")
            else:
                said = (*file.differences, *moved)
                done = msgspec.structs.replace(done, change="updated", differences=said)
        self._written[ask.path] = _lock_of(ask, text, "committed")
        return done

    def _committed(self, ask: _Ask) -> BackendFile | None:
        """Return the committed lock of the cell, None when there is none. Raises CellError by the policy."""
        if not ask.spec.cell:
            return None
        there = _read(ask)
        update = f"`runner lock -e {ask.spec.cell}`"
        if there is None:
            if self._policy.locked:
                raise CellError("lock", f"there is no committed lock {ask.path}: {update} writes it")
        elif there.damage:
            raise CellError("lock", f"{ask.path} is damaged: {there.damage}; {update} writes it anew")
        elif there.differences and (self._policy.locked or self._policy.strict):
            what = "; ".join(there.differences)
            raise CellError("lock", f"{ask.path} is stale ({what}): {update} updates it")
        return there

    def _moves(self, ask: _Ask, text: str) -> bool:
        return self._policy.upgrade or bool(self._named(ask, text))

    def _named(self, ask: _Ask, text: str) -> tuple[str, ...]:
        """Return the packages of a lock that are to be upgraded one by one."""
        wanted = self._policy.upgrade_packages
        return tuple(pin.name for pin in _pins(ask, text) if pin.name in wanted) if wanted else ()

    def _found_or_resolved(self, ask: _Ask, before: str, stop: Stop) -> BackendLock:
        digest = ask.key.digest()
        chosen = self._chosen(ask, self._memory.find(digest))
        if chosen.lock is not None:
            return chosen.lock
        with ExitStack() as stack:
            with suppress(CellError):  # the store tells that nothing can be kept
                stack.enter_context(
                    self._mutexes.hold(f"lock-{digest}", stop, f"the lock for {ask.spec.cell}")
                )
            again = self._chosen(ask, self._memory.find(digest))
            if again.lock is not None:  # another runner was first
                return again.lock
            start = before or (chosen.before if self._named(ask, chosen.before) else "")
            text = self._resolve(ask, start, stop)
            self._keep(ask, text)
        return _lock_of(ask, text, f"resolved ({chosen.reason})")

    def _chosen(self, ask: _Ask, found: Remembered | Missing) -> _Chosen:
        """Say whether what was found serves, and why not."""
        if isinstance(found, Missing):
            return _Chosen(None, "--upgrade" if self._policy.upgrade else found.why)
        if _unreadable(ask.backend, found.text):  # another version of the backend wrote it
            return _Chosen(None, "the remembered lock cannot be read")
        now = self._clock.time()
        names = self._named(ask, found.text)
        reason = (
            "--upgrade"
            if self._policy.upgrade
            else f"--upgrade {' '.join(names)}"
            if names
            else too_old(found.record, self._policy, now)
        )
        if reason:
            return _Chosen(None, reason, found.text)
        return _Chosen(_lock_of(ask, found.text, f"reused ({age(now - found.record.resolved)} old)"))

    def _resolve(self, ask: _Ask, before: str, stop: Stop) -> str:
        """Return the text of a new lock, whose lines all end. Raises CellError."""
        wish = ResolveWish(before=before, upgrade=self._policy.upgrade_packages, offline=self._policy.offline)
        text = ask.backend.resolve(ask.spec, wish, stop).rstrip("\n") + "\n"
        _pins(ask, text)
        return text

    def _keep(self, ask: _Ask, text: str) -> None:
        digest = ask.key.digest()
        record = Record(
            key=digest,
            resolved=self._clock.time(),
            sha256=_digest(text),
            pins=_pins(ask, text),
            notes=(),
        )
        made = self._own / "made-locks" / f"{digest}-{token_hex(4)}"
        self._memory.keep(ask.key, Remembered(text, record), made)


def backend_path(spec: EnvSpec, backend: Resolver) -> Path:
    """Return where the backend's committed lock of a cell is."""
    cell = spec.cell.replace(".", "_")
    return Path(spec.root) / "locks" / f"{backend.name}.{cell}.{backend.lock_ending}"


def fixed_by(backend: Pinning, lock: BackendLock) -> tuple[Fixed, ...]:
    """Return the Python distributions among what a lock pins. Raises CellError."""
    return tuple(
        Fixed(each.python, each.version, f"the backend {backend.name}")
        for each in _contents(backend, lock.text)
        if each.python is not None
    )


def _read(ask: _Ask) -> BackendFile | None:
    """Return the committed lock, however it is, also one that its backend cannot read."""
    file = read_file(ask.path, ask.key.inputs)
    if file is None or file.damage:
        return file
    return msgspec.structs.replace(file, damage=_unreadable(ask.backend, file.text))


def _unreadable(backend: Pinning, text: str) -> str:
    """Say why the backend cannot read a lock; empty when it can."""
    try:
        backend.contents(text)
    except ValueError as error:
        said = " ".join(str(error).split())
        return f"the backend {backend.name} cannot read it: {said}"
    return ""


def _contents(backend: Pinning, text: str) -> tuple[Content, ...]:
    try:
        return backend.contents(text)
    except ValueError as error:
        raise CellError("lock", f"the lock of the backend {backend.name} cannot be used: {error}") from error


def _pins(ask: _Ask, text: str) -> tuple[Pin, ...]:
    return tuple(Pin(each.name, each.version) for each in _contents(ask.backend, text))


def _ask(spec: EnvSpec, backend: Resolver) -> _Ask:
    newer: Mapping[str, str] = {} if spec.exclude_newer is None else {"exclude-newer": spec.exclude_newer}
    return _Ask(
        spec,
        backend,
        BackendKey(backend=backend.name, inputs={**backend.inputs(spec), **newer}, root=spec.root),
    )


def _lock_of(ask: _Ask, text: str, how: str) -> BackendLock:
    return BackendLock(text=text, sha256=_digest(f"{ask.key.digest()}\n{text}"), how=how)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _left_alone(there: BackendFile, ask: _Ask) -> str:
    """Say why versions are resolved though the cell has a committed lock."""
    path = os.path.relpath(ask.path, ask.spec.root)
    if there.fresh:
        return f"{path} is left as it is: `runner lock -e {ask.spec.cell} --upgrade` moves it"
    what = "; ".join(there.differences)
    return f"{path} is stale ({what}), other versions are used: `runner lock -e {ask.spec.cell}` updates it"
