"""The locks of backends that pin what they bring: committed, remembered, or resolved now."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.env.ages import age
from runner.env.locks.backend_file import content_of, read_file
from runner.env.locks.remembered import Choice, LockMemory, Missing, Remembered, chosen, resolved_now
from runner.env.locks.standing import (
    Committed,
    CommittedFile,
    check_usable,
    left_alone,
    missing_from,
    verdict,
    written,
)
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


class BackendLocks:
    """The locks that backends make, of one run: each is found or resolved once.

    `store` keeps remembered ones, `mutexes` keep other runners from resolving the same at the same time.
    `own` is the run's folder.
    """

    def __init__(
        self, *, store: Store, mutexes: Mutexes, clock: Clock, policy: LockPolicy, own: Path
    ) -> None:
        self._memory = LockMemory(store, mutexes, own, BackendKey, "lock")
        self._clock = clock
        self._policy = policy
        self._own = own
        self._made: Once[str, BackendLock] = Once()
        self._written: dict[Path, BackendLock] = {}

    def lock(self, spec: EnvSpec, backend: Resolver, stop: Stop) -> BackendLock:
        """Return the lock of the cell: committed, remembered or resolved now. Raises CellError."""
        ask = _ask(spec, backend)
        if ask.path in self._written:
            return self._written[ask.path]
        there = self._committed(ask)
        if there is not None and there.serves(self._policy):
            return _lock_of(ask, there.text, "committed")
        made = self._made.get(ask.key.digest(), lambda: self._found_or_resolved(ask, there, stop), stop)
        return made if there is None else replace(made, warnings=(left_alone(there, spec),))

    def look(self, spec: EnvSpec, backend: Resolver) -> BackendLock | str:
        """Return the lock that serves as it is, or say what is to be done. Changes nothing."""
        ask = _ask(spec, backend)
        there = self._committed(ask)
        if there is not None and there.serves(self._policy):
            return _lock_of(ask, there.text, "committed")
        choice = self._choice(ask, there, self._memory.look(ask.key.digest()))
        if choice.serving is None:
            return f"to be resolved ({choice.reason})"
        return self._remembered(ask, choice.serving)

    def check(self, spec: EnvSpec, backend: Resolver) -> Committed:
        """Say whether the committed lock is fresh, stale or missing; resolve nothing."""
        ask = _ask(spec, backend)
        return verdict(_read(ask), ask.path)

    def commit(self, spec: EnvSpec, backend: Resolver, stop: Stop) -> Committed:
        """Write the committed lock unless it is fresh; its versions stay unless the policy says otherwise."""
        ask = _ask(spec, backend)
        there = _read(ask)
        if there is not None and there.serves(self._policy):
            self._written[ask.path] = _lock_of(ask, there.text, "committed")
            return Committed(ask.path, "unchanged", absent=missing_from(there.pins, self._policy))
        text, pins = self._resolve(ask, there.kept(self._policy) if there else "", stop)
        content = content_of(spec.cell, text, ask.key.inputs)
        done = written(ask.path, content, pins, there, policy=self._policy, own=self._own)
        self._written[ask.path] = _lock_of(ask, text, "committed")
        return done

    def _committed(self, ask: _Ask) -> CommittedFile | None:
        """Return the committed lock of the cell, None when there is none. Raises CellError by the policy."""
        if not ask.spec.cell:
            return None
        there = _read(ask)
        check_usable(there, ask.path, ask.spec.cell, self._policy)
        return there

    def _found_or_resolved(self, ask: _Ask, there: CommittedFile | None, stop: Stop) -> BackendLock:
        digest = ask.key.digest()
        choice = self._choice(ask, there, self._memory.find(digest))
        if choice.serving is not None:
            return self._remembered(ask, choice.serving)
        with self._memory.held(digest, ask.spec.cell, stop):
            again = self._choice(ask, there, self._memory.find(digest))
            if again.serving is not None:  # another runner was first
                return self._remembered(ask, again.serving)
            text, pins = self._resolve(ask, again.before, stop)
            self._memory.keep(ask.key, resolved_now(digest, text, pins, (), self._clock.time()))
        return _lock_of(ask, text, f"resolved ({choice.reason})")

    def _choice(self, ask: _Ask, there: CommittedFile | None, found: Remembered | Missing) -> Choice:
        """Say whether what was found serves, and why not."""
        if isinstance(found, Remembered) and not _is_readable(ask.backend, found.text):
            found = Missing("the remembered lock cannot be read")  # another version of the backend wrote it
        return chosen(found, there, self._policy, self._clock.time())

    def _remembered(self, ask: _Ask, found: Remembered) -> BackendLock:
        passed = age(self._clock.time() - found.record.resolved)
        return _lock_of(ask, found.text, f"reused ({passed} old)")

    def _resolve(self, ask: _Ask, before: str, stop: Stop) -> tuple[str, tuple[Pin, ...]]:
        """Return the text of a new lock, whose lines all end, and what it pins. Raises CellError."""
        wish = ResolveWish(before=before, upgrade=self._policy.upgrade_packages, offline=self._policy.offline)
        text = ask.backend.resolve(ask.spec, wish, stop).rstrip("\n") + "\n"
        return text, _pins(_contents(ask.backend, text))


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


def _read(ask: _Ask) -> CommittedFile | None:
    """Return the committed lock, however it is, also one that its backend cannot read."""
    there = read_file(ask.path, ask.key.inputs)
    if there is None or there.damage:
        return there
    try:
        return replace(there, pins=_pins(ask.backend.contents(there.text)))
    except ValueError as error:
        said = " ".join(str(error).split())
        return replace(there, damage=f"the backend {ask.backend.name} cannot read it: {said}")


def _is_readable(backend: Pinning, text: str) -> bool:
    try:
        backend.contents(text)
    except ValueError:
        return False
    return True


def _contents(backend: Pinning, text: str) -> tuple[Content, ...]:
    try:
        return backend.contents(text)
    except ValueError as error:
        raise CellError("lock", f"the lock of the backend {backend.name} cannot be used: {error}") from error


def _pins(contents: tuple[Content, ...]) -> tuple[Pin, ...]:
    return tuple(Pin(each.name, each.version) for each in contents)


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
