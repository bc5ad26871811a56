"""Locks that earlier runs resolved, in the user cache: found by their key, checked, replaced."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from runner.env.ages import age
from runner.env.folders import write_whole
from runner.env.locks.standing import CommittedFile, moving
from runner.env.mutex import Mutexes
from runner.env.store import Store
from runner.model.encode import decoded
from runner.model.environment import LockPolicy, Pin
from runner.model.errors import CellError
from runner.model.ports import Stop

_SKEW = 60.0
"""Seconds by which a clock may have been set back before a lock counts as one of the future."""

K = TypeVar("K", bound=Struct)


class Record(Struct, frozen=True, kw_only=True):
    """What is written down of a lock, so that its text need not be parsed.

    `key` is the digest of its key, `resolved` is in seconds since 1970.
    """

    key: str
    resolved: float
    sha256: str
    pins: tuple[Pin, ...]
    notes: tuple[str, ...]


class Remembered(Struct, frozen=True):
    """The text of a lock, its paths absolute, and what is written down of it."""

    text: str
    record: Record


def resolved_now(
    key: str, text: str, pins: tuple[Pin, ...], notes: tuple[str, ...], now: float
) -> Remembered:
    """Return a new lock, to be remembered under that key; `now` is in seconds since 1970."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Remembered(text, Record(key=key, resolved=now, sha256=sha256, pins=pins, notes=notes))


class Missing(Struct, frozen=True):
    """There is no lock that can be used, and why. `drop` says that something damaged is in its place."""

    why: str
    drop: bool = False


class Choice(Struct, frozen=True):
    """What was found for a lock: `reason` says why it does not serve, empty when it does.

    `before` is the text of the lock from which --upgrade moves single packages, empty for a new beginning.
    """

    found: Remembered | None
    reason: str = ""
    before: str = ""

    @property
    def serving(self) -> Remembered | None:
        return None if self.reason else self.found


def chosen(
    found: Remembered | Missing, committed: CommittedFile | None, policy: LockPolicy, now: float
) -> Choice:
    """Say whether a lock that was looked for serves, and why not. `now` is in seconds since 1970."""
    old = found if isinstance(found, Remembered) else None
    if policy.upgrade:
        return Choice(old, "--upgrade")
    start = (committed.pins, committed.text) if committed is not None and committed.fresh else None
    if start is None and old is not None:
        start = (old.record.pins, old.text)
    if start is not None and (names := moving(start[0], policy)):
        return Choice(old, f"--upgrade {' '.join(names)}", start[1])
    if isinstance(found, Missing):
        return Choice(None, found.why)
    return Choice(old, _too_old(found.record, policy, now))


def _too_old(record: Record, policy: LockPolicy, now: float) -> str:
    """Say why a lock is too old to serve; nothing when it is not. `now` is in seconds since 1970."""
    passed = now - record.resolved
    if policy.offline:
        return ""
    if passed < -_SKEW:
        return "what was remembered is from the future"
    return f"older than lock-max-age: {age(passed)}" if passed > policy.max_age else ""


class LockMemory(Generic[K]):
    """The remembered locks in a store, whose keys are of the type `key`.

    Each entry has the lock in the file `name`, `record.json` and `key.json`. `own` is the run's folder.
    """

    def __init__(
        self, store: Store, mutexes: Mutexes, own: Path, key: type[K], name: str = "pylock.toml"
    ) -> None:
        self._store = store
        self._mutexes = mutexes
        self._own = own
        self._key = key
        self._name = name

    def path(self, digest: str) -> Path:
        """Return where the text of the lock of that key is, if it is remembered."""
        return self._store.folder / digest / self._name

    @contextmanager
    def held(self, digest: str, cell: str, stop: Stop) -> Iterator[None]:
        """Keep other runners from resolving the same meanwhile, where the cache can be written."""
        with ExitStack() as stack:
            with suppress(CellError):  # the store tells that nothing can be kept
                what = f"the lock for {cell or 'a build'}"
                stack.enter_context(self._mutexes.hold(f"lock-{digest}", stop, what))
            yield

    def look(self, digest: str) -> Remembered | Missing:
        """Return the lock of that key if it is whole. Changes nothing."""
        entry = self._store.find(digest)
        if entry is None:
            return Missing("nothing remembered")
        try:
            text = (entry / self._name).read_text(encoding="utf-8")
            record = decoded((entry / "record.json").read_bytes(), Record)
        except (OSError, ValueError):
            return Missing("what was remembered is damaged", drop=True)
        if record.key != digest or hashlib.sha256(text.encode()).hexdigest() != record.sha256:
            return Missing("what was remembered is damaged", drop=True)
        return Remembered(text, record)

    def find(self, digest: str) -> Remembered | Missing:
        """Return the lock of that key; what is damaged goes."""
        found = self.look(digest)
        if isinstance(found, Missing) and found.drop:
            self._store.drop(digest)
        return found

    def key(self, digest: str) -> K | None:
        """Return what the lock of that name followed from; None when it is gone."""
        entry = self._store.find(digest)
        if entry is None:
            return None
        try:
            return decoded((entry / "key.json").read_bytes(), self._key)
        except (OSError, ValueError):
            return None

    def keep(self, key: K, lock: Remembered) -> None:
        """Remember a lock instead of the one that was."""
        made = self._own / "made-locks" / f"{lock.record.key}-{token_hex(4)}"
        made.mkdir(mode=0o700, parents=True)
        write_whole(made / self._name, lock.text)
        write_whole(made / "record.json", _json(lock.record))
        write_whole(made / "key.json", _json(key))
        self._store.keep(lock.record.key, made, instead=True)

    def drop(self, digest: str) -> None:
        """Forget the lock of that key."""
        self._store.drop(digest)


def _json(value: Struct) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
