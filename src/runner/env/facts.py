"""Small things that were found out once, remembered across runs in a file each."""

import time
from contextlib import suppress
from hashlib import sha256
from os import scandir
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from runner.env.folders import write_whole

T = TypeVar("T", bound=Struct)

_KEPT_SECONDS = 30 * 24 * 3600.0
"""A fact so old goes when another is written: to find it out once a month costs nothing."""


class Facts:
    """A file below `folder` for each fact; without a folder nothing is remembered.

    What cannot be read or written is as if it were not there, and so is what is not what was written: each
    file begins with the hash of the rest. The reader checks that the fact is still true.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, key: Struct, kind: type[T]) -> T | None:
        """Return what was kept under `key`, if it reads as a `kind`."""
        if self._folder is None:
            return None
        try:
            said, _, content = (self._folder / _name(key)).read_bytes().partition(b"\n")
            return msgspec.json.decode(content, type=kind) if said == _digest(content) else None
        except (OSError, ValueError, RecursionError):
            return None

    def keep(self, key: Struct, fact: Struct) -> None:
        """Remember a fact, where that can be."""
        if self._folder is None:
            return
        with suppress(OSError, UnicodeEncodeError):  # a path need not be UTF-8
            content = msgspec.json.encode(fact)
            self._folder.mkdir(parents=True, exist_ok=True)
            _drop_old(self._folder)
            write_whole(self._folder / _name(key), b"\n".join((_digest(content), content)).decode())


def _name(key: Struct) -> str:
    return sha256(msgspec.json.encode(key, order="deterministic")).hexdigest()[:32] + ".json"


def _digest(content: bytes) -> bytes:
    return sha256(content).hexdigest().encode()


def _drop_old(folder: Path) -> None:
    for entry in tuple(scandir(folder)):
        with suppress(OSError):
            if time.time() - entry.stat().st_mtime > _KEPT_SECONDS:
                Path(entry.path).unlink()
