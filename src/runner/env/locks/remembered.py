"""Locks that earlier runs resolved, in the user cache: found by their key, checked, replaced."""

import hashlib
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from runner.env.ages import age
from runner.env.folders import write_whole
from runner.env.store import Store
from runner.model.encode import decoded
from runner.model.environment import LockPolicy, Pin

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


def too_old(record: Record, policy: LockPolicy, now: float) -> str:
    """Say why a lock is too old to serve; nothing when it is not. `now` is in seconds since 1970."""
    passed = now - record.resolved
    if policy.offline:
        return ""
    if passed < -_SKEW:
        return "what was remembered is from the future"
    return f"older than lock-max-age: {age(passed)}" if passed > policy.max_age else ""


class Missing(Struct, frozen=True):
    """There is no lock that can be used, and why. `drop` says that something damaged is in its place."""

    why: str
    drop: bool = False


class LockMemory(Generic[K]):
    """The remembered locks in a store, whose keys are of the type `key`.

    Each entry has the lock in the file `name`, `record.json` and `key.json`.
    """

    def __init__(self, store: Store, key: type[K], name: str = "pylock.toml") -> None:
        self._store = store
        self._key = key
        self._name = name

    def path(self, digest: str) -> Path:
        """Return where the text of the lock of that key is, if it is remembered."""
        return self._store.folder / digest / self._name

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

    def keep(self, key: K, lock: Remembered, made: Path) -> None:
        """Remember a lock instead of the one that was; `made` is the path of a new folder to make for it."""
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
