"""Which lock a cell gets: its committed one, a remembered one, or one resolved now; and why."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from runner.env.ages import age
from runner.env.folders import write_whole
from runner.env.installers.helper import InstallerError
from runner.env.installers.uv import Uv
from runner.env.installers.uvresolving import Resolving
from runner.env.locks.changes import key_changes
from runner.env.locks.committed import CommittedLock, CommittedLocks
from runner.env.locks.key import LockKey, lock_key
from runner.env.locks.remembered import (
    Choice,
    LockMemory,
    Missing,
    Record,
    Remembered,
    chosen,
    resolved_now,
)
from runner.env.locks.standing import Committed, check_usable, left_alone, missing_from
from runner.env.mutex import Mutexes
from runner.env.once import Once
from runner.env.requirements.pylock import committed_path, pins
from runner.env.requirements.wanted import Wanted, wanted
from runner.env.store import Store
from runner.model.environment import Built, Lock, LockPolicy
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Clock, Stop

NOTHING = "nothing to install"
"""How a cell comes to a lock that has none."""


class _Ask(Struct, frozen=True):
    """One lock that is asked for: what it is of, its key, and the cell's committed one."""

    spec: EnvSpec
    want: Wanted
    key: LockKey
    digest: str
    committed: CommittedLock | None = None


class Seen(Struct, frozen=True):
    """A lock that serves as it is, and its text with absolute paths."""

    lock: Lock
    text: str


class Locks:
    """The locks of one run, shared by its workers: each is found or resolved once.

    `store` keeps remembered ones, `mutexes` keep other runners from resolving the same at the same time.
    `previous` returns the `Lock.key` of the cell's last run, to explain what changed, or None. `own` is the
    run's folder.
    """

    def __init__(
        self,
        *,
        uv: Uv,
        store: Store,
        mutexes: Mutexes,
        clock: Clock,
        policy: LockPolicy,
        previous: Callable[[EnvSpec], str | None],
        own: Path,
    ) -> None:
        names = tuple(canonicalize_name(name) for name in policy.upgrade_packages)
        self._uv = uv
        self._memory = LockMemory(store, mutexes, own, LockKey)
        self._clock = clock
        self._policy = replace(policy, upgrade_packages=names)
        self._previous = previous
        self._own = own
        self._committed = CommittedLocks(uv, self._policy, own)
        self._made: Once[str, Lock] = Once()
        self._renewals: Once[str, Lock] = Once()
        self._renewed: dict[str, Lock] = {}

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for all that the cell wants beside the project; None when it wants nothing.

        Raises CellError: for requirements that cannot be met or looked up, and for a committed lock that the
        policy does not take as it is.
        """
        want = wanted(spec, built)
        if want.nothing:
            return None
        committed = self._committed_lock(spec, want, stop)
        if committed is not None and committed.serves(self._policy):
            return self._told(self._delivered(committed.lock(), committed.text), spec)
        ask = self._ask(spec, want, stop, committed)
        lock = self._made.get(ask.digest, lambda: self._found_or_resolved(ask, stop), stop)
        lock = self._told(self._renewed.get(ask.digest, lock), spec)
        if committed is None:
            return lock
        return replace(lock, warnings=(left_alone(committed, spec), *lock.warnings))

    def renew(self, spec: EnvSpec, built: Built | None, lock: Lock, stop: Stop) -> Lock:
        """Return a new lock instead of a remembered one that names files which are gone. Raises CellError."""
        ask = self._ask(spec, wanted(spec, built), stop)
        renewed = self._renewals.get(ask.digest, lambda: self._renew(ask, lock, stop), stop)
        self._renewed[ask.digest] = renewed
        return renewed

    def look(self, spec: EnvSpec, built: Built | None, stop: Stop) -> str:
        """Return how the cell would come to its lock, in words. Resolves and changes nothing."""
        seen = self.foreseen(spec, built, stop)
        return seen.lock.how if isinstance(seen, Seen) else seen

    def peek(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return the lock that `lock` would, but where it lies; None when there is none without resolving."""
        seen = self.foreseen(spec, built, stop)
        return seen.lock if isinstance(seen, Seen) else None

    def commit(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Write the cell's committed lock unless it is fresh; see `CommittedLocks.commit`."""
        return self._committed.commit(spec, built, stop)

    def check(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Say how the cell's committed lock stands; see `CommittedLocks.check`."""
        return self._committed.check(spec, built, stop)

    def pinned(self, spec: EnvSpec, want: Wanted, stop: Stop) -> str:
        """Return the text of a lock of what is wanted, where that is pinned already. Raises CellError.

        Neither its age nor --upgrade matters: looked up again, it would pin the same.
        """
        ask = self._pinned_ask(spec, want, stop)
        lock = self._made.get(ask.digest, lambda: self._found_or_resolved(ask, stop), stop)
        return Path(self._renewed.get(ask.digest, lock).path).read_text(encoding="utf-8")

    def pinned_before(self, spec: EnvSpec, want: Wanted, stop: Stop) -> str | None:
        """Return what `pinned` does if it is remembered. Changes nothing."""
        found = self._memory.look(self._pinned_ask(spec, want, stop).digest)
        return found.text if isinstance(found, Remembered) else None

    def pinned_anew(self, spec: EnvSpec, want: Wanted, stop: Stop) -> str:
        """Return what `pinned` does, looked up again if it was remembered. Raises CellError."""
        ask = self._pinned_ask(spec, want, stop)
        lock = self._made.get(ask.digest, lambda: self._found_or_resolved(ask, stop), stop)
        if lock.origin == "remembered":
            renewed = self._renewals.get(ask.digest, lambda: self._renew(ask, lock, stop), stop)
            self._renewed[ask.digest] = renewed
        return self.pinned(spec, want, stop)

    def _pinned_ask(self, spec: EnvSpec, want: Wanted, stop: Stop) -> _Ask:
        """Return what asks for files alone: nothing in the spec that decides on versions plays a part."""
        plain = replace(spec, lock_from=None, fixed=(), resolution="highest", exclude_newer=None)
        key = lock_key(plain, want, self._uv.config(plain, stop, want.only))
        return _Ask(plain, want, key, key.digest())

    def foreseen(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Seen | str:
        """Return the lock that serves as it is, where it lies, or say what is to be done. Changes nothing."""
        want = wanted(spec, built)
        if want.nothing:
            return NOTHING
        committed = self._committed_lock(spec, want, stop)
        if committed is not None and committed.serves(self._policy):
            return Seen(committed.lock(), committed.text)
        ask = self._ask(spec, want, stop, committed)
        choice = self._choice(ask, self._memory.look(ask.digest))
        if choice.serving is None:
            return f"to be resolved ({choice.reason})"
        lock = self._remembered_as(choice.serving, self._memory.path(ask.digest))
        return Seen(lock, choice.serving.text)

    def _told(self, lock: Lock, spec: EnvSpec) -> Lock:
        """Say in its warnings which packages were to be upgraded that the lock of a cell does not have."""
        fixed = {each.name for each in spec.fixed}
        names = missing_from(lock.pins, self._policy) if spec.cell else ()
        absent = tuple(name for name in names if name not in fixed)
        warnings = tuple(f"--upgrade {name}: it is not among the packages of this cell" for name in absent)
        return replace(lock, warnings=warnings) if warnings else lock

    def _ask(self, spec: EnvSpec, want: Wanted, stop: Stop, committed: CommittedLock | None = None) -> _Ask:
        key = lock_key(spec, want, self._uv.config(spec, stop))
        return _Ask(spec, want, key, key.digest(), committed)

    def _committed_lock(self, spec: EnvSpec, want: Wanted, stop: Stop) -> CommittedLock | None:
        """Return the committed lock of the cell, None when there is none. Raises CellError by the policy."""
        if not spec.cell:
            return None
        there = self._committed.find(spec, want, stop)
        check_usable(there, committed_path(spec.root, spec.cell), spec.cell, self._policy)
        return there

    def _found_or_resolved(self, ask: _Ask, stop: Stop) -> Lock:
        choice = self._choice(ask, self._memory.find(ask.digest))
        if choice.serving is not None:
            return self._remembered(ask, choice.serving)
        with self._memory.held(ask.digest, ask.spec.cell, stop):
            again = self._choice(ask, self._memory.find(ask.digest))
            if again.serving is not None:  # another runner was first
                return self._remembered(ask, again.serving)
            return self._resolved(ask, replace(again, reason=choice.reason), stop)

    def _renew(self, ask: _Ask, lock: Lock, stop: Stop) -> Lock:
        with self._memory.held(ask.digest, ask.spec.cell, stop):
            other = self._memory.find(ask.digest)
            if isinstance(other, Remembered) and other.record.sha256 != lock.sha256:
                return self._remembered(ask, other)
            self._memory.drop(ask.digest)
            choice = Choice(None, "the remembered one names files that are gone")
            return self._resolved(ask, choice, stop, refresh=True)

    def _choice(self, ask: _Ask, found: Remembered | Missing) -> Choice:
        """Say whether what was found serves, and why not."""
        if ask.want.alone:
            return Choice(found) if isinstance(found, Remembered) else Choice(None, "nothing remembered")
        if isinstance(found, Missing) and not found.drop:
            found = Missing(self._explained(ask, found))
        return chosen(found, ask.committed, self._policy, self._clock.time())

    def _explained(self, ask: _Ask, missing: Missing) -> str:
        """Say what changed since the cell's last lock, if that is known."""
        before = self._previous(ask.spec)
        old = None if before is None else self._memory.key(before)
        return missing.why if old is None else "; ".join(key_changes(old, ask.key)) or missing.why

    def _resolved(self, ask: _Ask, choice: Choice, stop: Stop, *, refresh: bool = False) -> Lock:
        old = choice.found
        resolving = Resolving(
            preferred=choice.before,
            upgrade=self._policy.upgrade_packages,
            offline=self._policy.offline,
            refresh=refresh,
        )
        try:
            resolved = self._uv.resolve(ask.spec, ask.want, resolving, stop)
        except InstallerError as error:
            if old is None or not error.unreachable:
                raise
            passed = age(self._clock.time() - old.record.resolved)
            hint = f"--offline uses the lock of {passed} ago"
            raise CellError(error.phase, f"{error.message}\n{hint}") from error
        now = self._clock.time()
        made = resolved_now(ask.digest, resolved.text, pins(resolved.text), resolved.notes, now)
        self._memory.keep(ask.key, made)
        path = self._memory.path(ask.digest)
        lock = _lock_of(made.record, path, "resolved", f"resolved ({choice.reason})")
        return self._delivered(lock, made.text)

    def _remembered(self, ask: _Ask, found: Remembered) -> Lock:
        lock = self._remembered_as(found, self._memory.path(ask.digest))
        return self._delivered(lock, found.text)

    def _remembered_as(self, found: Remembered, path: Path) -> Lock:
        passed = age(self._clock.time() - found.record.resolved)
        return _lock_of(found.record, path, "remembered", f"reused ({passed} old)")

    def _delivered(self, lock: Lock, text: str) -> Lock:
        """Write the lock into the run's folder, since what is remembered may go while the run goes on."""
        folder = self._own / "locks" / f"{lock.key}-{lock.sha256[:8]}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "pylock.toml"
        if not path.exists():
            write_whole(path, text)
        return replace(lock, path=str(path))


def _lock_of(record: Record, path: Path, origin: Literal["remembered", "resolved"], how: str) -> Lock:
    return Lock(
        key=record.key,
        path=str(path),
        sha256=record.sha256,
        pins=record.pins,
        origin=origin,
        how=how,
        notes=record.notes,
    )
