"""Small things that were found out once, remembered across runs in a file each."""

import os
import re
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from runner.env.folders import write_whole
from runner.model.encode import decoded

T = TypeVar("T", bound=Struct)

_KEPT_SECONDS = 30 * 24 * 3600.0
"""A fact so old goes when another is written: to find it out once a month costs nothing."""

_FACT = re.compile(r"\.?[0-9a-f]{32}\.json(?:\.[0-9a-f]{8})?")
"""Names of facts, and of what was to become one."""


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
            return decoded(content, kind) if said == _digest(content) else None
        except (OSError, ValueError):
            return None

    def keep(self, key: Struct, fact: Struct) -> None:
        """Remember a fact, where that can be."""
        if self._folder is None or os.path.islink(self._folder):  # noqa: PTH114 - Path raises in a locked folder; what is behind is not ours
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
    for entry in tuple(os.scandir(folder)):
        with suppress(OSError):
            old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _KEPT_SECONDS
            if old and _FACT.fullmatch(entry.name):
                Path(entry.path).unlink()
