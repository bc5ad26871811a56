"""How lasting environments stand, said without touching or resolving anything."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.env.backends.powers import brings_later, for_backend, with_backend_lock, with_interpreter
from runner.env.folders import check_cache
from runner.env.lasting.asked import asked_for, changes
from runner.env.lasting.editable import deciding, installed_before
from runner.env.lasting.record import Record, moved_from
from runner.env.locks.backend import Resolver
from runner.env.locks.choose import NOTHING
from runner.env.parts import Setting, assemble
from runner.model.environment import BackendLock, Built, Lock
from runner.model.errors import CellError, first_line
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, Installs
from runner.model.ports import Stop

State = Literal["in step", "changed", "not known"]


class Standing(Struct, frozen=True):
    """How an environment stands against its lock; `why` says what changed, or what keeps us from knowing."""

    state: State
    why: str = ""


class _Unknown(Exception):  # noqa: N818 - says what happened
    """What an environment would be made from cannot be said before something is made; says what."""


class Watcher:
    """Says how lasting environments stand; `close()` it. Raises ConfigError when the user cache is unfit."""

    def __init__(self, setting: Setting, backends: Callable[[str], Backend]) -> None:
        check_cache(setting.cache)
        self._setting = setting
        self._backends = backends
        self._parts = assemble(setting, foresee=True)

    def look(self, spec: EnvSpec, record: Record, stop: Stop) -> Standing:
        """Return how the environment of `spec`, made as `record` says, stands. Raises Cancelled."""
        try:
            changed = self._changes(spec, record, stop)
        except _Unknown as unknown:
            return Standing("not known", str(unknown))
        except CellError as error:
            return Standing("not known", first_line(error.message))
        return Standing("changed", changed) if changed else Standing("in step")

    def close(self) -> None:
        """Drop what was kept for looking."""
        self._parts.interpreters.close()

    def _changes(self, spec: EnvSpec, record: Record, stop: Stop) -> str:
        if elsewhere := moved_from(record, Path(spec.folder)):
            return f"it was made for {elsewhere}"
        backend = self._backends(spec.backend)
        setting = self._setting
        spec = for_backend(spec, backend, setting.cache, offline=setting.policy.offline, look=True)
        spec = with_backend_lock(spec, backend, self._pinned)
        if brings_later(spec, backend, stop):
            raise _Unknown(f"the Python of {spec.backend} is not in the user cache")
        spec = with_interpreter(spec, backend, self._parts.interpreters, self._setting.missing, stop)
        before = installed_before(record, spec, deciding(spec, self._setting.package))
        built = before or self._wheel(spec, stop)
        has_lock = not (spec.installer == "pip" or isinstance(backend, Installs))
        lock = self._lock(spec, built, stop) if has_lock else None
        has_it = record if before is not None else None
        return changes(record, asked_for(spec, built, lock, backend, has_it), Path(spec.folder))

    def _pinned(self, spec: EnvSpec, backend: Resolver) -> BackendLock:
        seen = self._parts.backend_locks.look(spec, backend)
        if isinstance(seen, str):
            raise _Unknown(f"the lock of {spec.backend} is {seen}")
        return seen

    def _wheel(self, spec: EnvSpec, stop: Stop) -> Built | None:
        if spec.package == "none":
            return None
        seen = self._parts.packages.look(spec, stop)
        if seen.built is None:
            raise _Unknown(f"the project is {seen.how}")
        return seen.built

    def _lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        lock = self._parts.locks.peek(spec, built, stop)
        if lock is None and (how := self._parts.locks.look(spec, built, stop)) != NOTHING:
            raise _Unknown(f"the lock is {how}")
        return lock


def size_of(folder: Path) -> int:
    """Return how many bytes the files below a folder have, each counted once, however many links it has."""
    seen: dict[tuple[int, int], int] = {}
    for state in _files(str(folder)):
        seen[state.st_dev, state.st_ino] = state.st_size
    return sum(seen.values())


def _files(folder: str) -> Iterator[os.stat_result]:
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry.stat(follow_symlinks=False)
        except OSError:  # somebody deletes it, or it cannot be read: the rest still counts
            continue
