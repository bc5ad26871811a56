"""The lock of a cell: what a lock file of another tool pins, and what is resolved on top of it, as one."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from packaging.utils import canonicalize_name, canonicalize_version

from runner.env.folders import write_whole
from runner.env.given.given import Given, GivenFiles
from runner.env.locks.choose import NOTHING, Locks, Seen
from runner.env.locks.standing import Committed
from runner.env.once import Once
from runner.env.requirements.pylock import checked, entries, folder_notes, joined, pins, places, without
from runner.env.requirements.wanted import Wanted
from runner.model.environment import Built, Fixed, Lock, LockPolicy
from runner.model.errors import CellError
from runner.model.lock_files import updated_by
from runner.model.plan import EnvSpec
from runner.model.ports import Stop

_LookUp = Callable[[EnvSpec, Wanted, Stop], str | None]
"""Returns the lock of what is wanted, pinned already; None when it cannot without looking anything up."""

_Key = tuple[str, str | None, tuple[str, ...], tuple[str, ...], str, bool]


class _Ground(Struct, frozen=True):
    """What the given file pins for a cell, the text of a lock; and the spec of what is resolved on top."""

    text: str
    notes: tuple[str, ...]
    above: EnvSpec


class CellLocks:
    """The locks of the cells of one run: those of `locks` alone where no file is given (`lock-from`).

    What a given file pins is installed as it says; `locks` resolves what the cell wants beside that, around
    those pins. `own` is the run's folder.
    """

    def __init__(self, *, locks: Locks, files: GivenFiles, policy: LockPolicy, own: Path) -> None:
        self._locks = locks
        self._files = files
        self._policy = policy
        self._own = own
        self._read: Once[_Key, Given] = Once()

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for all that the cell wants beside the project; None when it wants nothing.

        Raises CellError.
        """
        if spec.lock_from is None:
            return self._locks.lock(spec, built, stop)
        ground = self._ground(spec, built, stop, self._locks.pinned)
        return self._whole(spec, ground, self._locks.lock(ground.above, built, stop)) if ground else None

    def renew(self, spec: EnvSpec, built: Built | None, lock: Lock, stop: Stop) -> Lock:
        """Return a new lock instead of a remembered one that names files which are gone. Raises CellError."""
        if spec.lock_from is None:
            return self._locks.renew(spec, built, lock, stop)
        ground = self._ground(spec, built, stop, self._locks.pinned_anew)
        if ground is None:
            return lock
        top = self._locks.lock(ground.above, built, stop)
        if top is not None and top.origin == "remembered":
            top = self._locks.renew(ground.above, built, top, stop)
        return self._whole(spec, ground, top) or lock

    def look(self, spec: EnvSpec, built: Built | None, stop: Stop) -> str:
        """Return how the cell would come to its lock, in words. Resolves and changes nothing."""
        seen = self._seen(spec, built, stop)
        return seen if isinstance(seen, str) else seen.how

    def peek(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return the lock that `lock` would, but where it lies; None when there is none without resolving.

        That of a given file lies nowhere.
        """
        seen = self._seen(spec, built, stop)
        return None if isinstance(seen, str) else seen

    def commit(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Write the committed lock of what no file gives unless it is fresh; see `CommittedLocks.commit`."""
        return self._locks.commit(self._above(spec, built, stop), built, stop)

    def check(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Say how the committed lock of what no file gives stands; see `CommittedLocks.check`."""
        return self._locks.check(self._above(spec, built, stop), built, stop)

    def _above(self, spec: EnvSpec, built: Built | None, stop: Stop) -> EnvSpec:
        if spec.lock_from is None:
            return spec
        ground = self._ground(spec, built, stop, self._locks.pinned)
        return ground.above if ground else spec

    def _ground(self, spec: EnvSpec, built: Built | None, stop: Stop, look_up: _LookUp) -> _Ground | None:
        """Return what the file gives; None when something has to be looked up that `look_up` does not."""
        python = spec.interpreter.executable if spec.interpreter else ""
        key = (spec.root, spec.lock_from, spec.groups, spec.extras, python, built is None)
        given = self._read.get(key, lambda: self._files.read(spec, built, stop), stop)
        texts = [given.text]
        for want in given.wanted:
            text = look_up(spec, want, stop)
            if text is None:
                return None
            texts.append(text)
        return _ground_of(spec, given, joined(texts), built)

    def _seen(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | str:
        """Return the lock that serves as it is, or say what is to be done. Changes nothing."""
        ground = None
        if spec.lock_from is not None:
            ground = self._ground(spec, built, stop, self._locks.pinned_before)
            if ground is None:
                return f"from {spec.lock_from}, whose files are to be looked up"
        top = self._locks.foreseen(ground.above if ground else spec, built, stop)
        if ground is None:
            return top.lock if isinstance(top, Seen) else top
        if isinstance(top, str) and top != NOTHING:
            return _how(spec, top)
        whole = self._joined(spec, ground, top if isinstance(top, Seen) else None)
        return whole.lock if whole else NOTHING

    def _whole(self, spec: EnvSpec, ground: _Ground, top: Lock | None) -> Lock | None:
        """Return what is given and what is on top of it as one lock; None when that is nothing."""
        seen = Seen(top, Path(top.path).read_text(encoding="utf-8")) if top else None
        whole = self._joined(spec, ground, seen)
        return replace(whole.lock, path=str(self._written(whole))) if whole else None

    def _joined(self, spec: EnvSpec, ground: _Ground, top: Seen | None) -> Seen | None:
        """Return what is given and what is on top of it as one lock, which is nowhere yet."""
        text = joined((ground.text, top.text)) if top else ground.text
        if not entries(text):
            return None
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        lock = Lock(
            key=top.lock.key if top else sha256[:32],
            path="",
            sha256=sha256,
            pins=pins(text),
            origin="given",
            how=_how(spec, top.lock.how if top else ""),
            notes=(*ground.notes, *(top.lock.notes if top else ())),
            warnings=(*(top.lock.warnings if top else ()), *self._not_moved(spec, ground, top)),
        )
        return Seen(lock, text)

    def _not_moved(self, spec: EnvSpec, ground: _Ground, top: Seen | None) -> tuple[str, ...]:
        """Say which packages that are to be upgraded are not runner's to move, or not there."""
        given = {entry.name for entry in entries(ground.text)}
        names = tuple(map(canonicalize_name, self._policy.upgrade_packages))
        how = updated_by(spec.lock_from or "")
        return (
            *(
                f"--upgrade {name}: {spec.lock_from} pins it, {how} moves it"
                for name in names
                if name in given
            ),
            *(
                f"--upgrade {name}: it is not among the packages of this cell"
                for name in names
                if top is None and name not in given
            ),
        )

    def _written(self, whole: Seen) -> Path:
        """Write a lock into the run's folder, which only this user can read: addresses may hold passwords."""
        path = self._own / "locks" / f"given-{whole.lock.sha256[:32]}" / "pylock.toml"
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            write_whole(path, whole.text)
        return path


def _ground_of(spec: EnvSpec, given: Given, text: str, built: Built | None) -> _Ground:
    """Return what is given, less what somebody else puts there. Raises CellError."""
    notes = list(given.notes)
    others = {each.name: each for each in spec.fixed}
    for entry in entries(text):
        other = others.get(entry.name)
        if other is not None and not _is_same(other.version, entry.version):
            raise CellError(
                "lock",
                f"{spec.lock_from} pins {entry.name} {entry.version}, and {other.by} has {other.version}",
            )
        if built is not None and entry.name == built.name:
            notes.append(f"{entry.name} is the project itself, and not what {spec.lock_from} pins")
    text = without(text, {*others, *((built.name,) if built else ())})
    fixed = tuple(Fixed(entry.name, entry.version, spec.lock_from or "") for entry in entries(text))
    above = replace(
        spec,
        groups=given.groups,
        constraints=(*spec.constraints, *places(text)),
        fixed=(*spec.fixed, *fixed),
    )
    return _Ground(text, (*notes, *folder_notes(text), *checked(text)), above)


def _is_same(version: str, other: str) -> bool:
    return canonicalize_version(version) == canonicalize_version(other)


def _how(spec: EnvSpec, top: str) -> str:
    return f"from {spec.lock_from}" + (f", on top {top}" if top and top != NOTHING else "")
