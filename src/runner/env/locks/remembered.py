"""Locks that earlier runs resolved, in the user cache: found by their key, checked, replaced."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from runner.env.folders import write_whole
from runner.env.locks.key import LockKey
from runner.env.store import Store
from runner.model.encode import decoded
from runner.model.environment import Pin


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


class Missing(Struct, frozen=True):
    """There is no lock that can be used, and why. `drop` says that something damaged is in its place."""

    why: str
    drop: bool = False


class LockMemory:
    """The remembered locks in a store. Each entry has `pylock.toml`, `record.json` and `key.json`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def path(self, digest: str) -> Path:
        """Return where the text of the lock of that key is, if it is remembered."""
        return self._store.folder / digest / "pylock.toml"

    def look(self, digest: str) -> Remembered | Missing:
        """Return the lock of that key if it is whole. Changes nothing."""
        entry = self._store.find(digest)
        if entry is None:
            return Missing("nothing remembered")
        try:
            text = (entry / "pylock.toml").read_text(encoding="utf-8")
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

    def key(self, digest: str) -> LockKey | None:
        """Return what the lock of that name followed from; None when it is gone."""
        entry = self._store.find(digest)
        if entry is None:
            return None
        try:
            return decoded((entry / "key.json").read_bytes(), LockKey)
        except (OSError, ValueError):
            return None

    def keep(self, key: LockKey, lock: Remembered, made: Path) -> None:
        """Remember a lock instead of the one that was; `made` is the path of a new folder to make for it."""
        made.mkdir(mode=0o700, parents=True)
        write_whole(made / "pylock.toml", lock.text)
        write_whole(made / "record.json", _json(lock.record))
        write_whole(made / "key.json", _json(key))
        self._store.keep(lock.record.key, made, instead=True)

    def drop(self, digest: str) -> None:
        """Forget the lock of that key."""
        self._store.drop(digest)


def _json(value: Struct) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
