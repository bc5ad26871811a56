"""What a lasting environment is to be made from, and how that differs from what it was made from."""

import hashlib
import zipfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.contents.records import EnvParts, differences, parts_of
from runner.env.lasting.editable import digest
from runner.env.lasting.record import Record, moved_from
from runner.env.locks.changes import pin_changes
from runner.env.requirements.wanted import wanted
from runner.model.encode import canonical
from runner.model.environment import Built, Lock, Pin
from runner.model.errors import CellError
from runner.model.nearest import enumerated
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, Installs, Resolves

_MOST_PINS = 6
_CHANGED = "the lock changed"


class Asked(Struct, frozen=True):
    """All that must be the same for an environment to be kept: see `Record`."""

    parts: EnvParts
    asked: str
    pins: tuple[Pin, ...]


def asked_for(
    spec: EnvSpec, built: Built | None, lock: Lock | None, backend: Backend, before: Record | None = None
) -> Asked:
    """Return what the environment of `spec`, its interpreter found, is made from. Raises CellError.

    `before` is the record of an environment that has this wheel already.
    """
    parts = parts_of(spec, built, lock, backend.describe())
    if before is not None:
        parts = replace(parts, wheel=before.parts.wheel)
    elif built is not None and built.kind == "editable" and spec.installs_project:
        try:
            parts = replace(parts, wheel=digest(built))
        except (OSError, zipfile.BadZipFile) as error:
            raise CellError("package", f"{built.path} cannot be read: {error}") from error
    asked = _hash_without_lock(spec, built, backend) if decides_anew(spec, backend) else ""
    return Asked(parts, asked, lock.pins if lock else ())


def decides_anew(spec: EnvSpec, backend: Backend) -> bool:
    """Say whether who installs decides by itself what: then there is no lock to be in step with."""
    if isinstance(backend, Installs):
        return not isinstance(backend, Resolves)
    return spec.installer == "pip"


def changes(record: Record, asked: Asked, folder: Path) -> str:
    """Say why the environment in `folder` is not what is asked for; empty when it is."""
    if elsewhere := moved_from(record, folder):
        return f"it was made for {elsewhere}"
    found = [
        _with_pins(words, record, asked) if words == _CHANGED else words
        for words in differences(record.parts, asked.parts)
    ]
    if record.asked != asked.asked and not found:
        found.append("what is asked for changed")
    python = record.environment.python
    if not found and python and not Path(python).exists():
        found.append("its python is gone")
    return ", ".join(found)


def _with_pins(words: str, record: Record, asked: Asked) -> str:
    moved = pin_changes(record.pins, asked.pins)
    return f"{words}: {enumerated(moved, _MOST_PINS)}" if moved else words


def _hash_without_lock(spec: EnvSpec, built: Built | None, backend: Backend) -> str:
    """Hash what is asked of an installer that keeps no lock; which files a backend reads is not known."""
    if isinstance(backend, Installs):
        return _hash(replace(spec, interpreter=None, cache="", offline=False, look=False))
    want = wanted(spec, built)
    project = replace(want.project, line="") if want.project else None
    return _hash(replace(want, project=project))


def _hash(value: Struct) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
