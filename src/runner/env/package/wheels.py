"""The wheels of a project that earlier runs built, each with a record of what it was built from and with."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from runner.env.package.builders import Builder, LockOf, judge
from runner.env.package.source import files_below
from runner.env.package.tree import Tree
from runner.env.package.wheel import Wheel, sha256_of, suits
from runner.env.package.wheelkey import Source, WheelKey, differences
from runner.env.store import Store
from runner.model.encode import canonical, decoded
from runner.model.plan import EnvSpec
from runner.model.ports import Clock, Stop
from runner.model.python import Interpreter

T = TypeVar("T")

_KEYS = 8
"""How many states of the project are kept."""

_IN_USE = 3600.0
"""Seconds in which a wheel is kept anyway: a run that goes on beside many changes still installs it."""

_COARSE = 2.0
"""Seconds: the grain of times on the coarsest file systems."""

_DAMAGED = "the stored wheel was damaged"


class Left(Struct, frozen=True, order=True, array_like=True):
    """A file that a build left in the tree, by its path below the root; its mtime is in nanoseconds."""

    path: str
    size: int
    mtime: int


class Record(Struct, frozen=True, kw_only=True):
    """A stored wheel, its path relative to the entry's folder, and when it was built: seconds since 1970.

    `key` is the digest of its key. `left` is what an editable wheel needs in the tree and git does not see,
    such as extensions.
    """

    key: str
    wheel: Wheel
    builders: tuple[Builder, ...]
    built: float
    left: tuple[Left, ...]


class Stored(Struct, frozen=True):
    """A wheel that is as good as a new one; not `sure`: if its build requirements resolve to the same."""

    wheel: Wheel
    built: float
    sure: bool


class Missing(Struct, frozen=True):
    """There is no such wheel; `why` is empty when none was stored for what is wanted."""

    why: str


class Wheels:
    """The stored wheels of one project. An entry is named by its key and by what it was built with."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(
        self, key: WheelKey, spec: EnvSpec, lock_of: LockOf, stop: Stop, *, only_look: bool = False
    ) -> Stored | Missing:
        """Return a wheel under `key` for the interpreter of `spec` whose builders would build it again.

        What is damaged is dropped, unless `only_look`: then nothing is touched. Raises Cancelled.
        """
        objections = []
        for name, record in self._candidates(key, spec.interpreter):
            wheel = self._undamaged(name, record)
            if record is None or wheel is None:
                objections.append(_DAMAGED)
                if not only_look:
                    self._store.drop(name)
                continue
            if gone := next((each.path for each in record.left if _left(key.root, each.path) != each), None):
                objections.append(f"{gone}, which the build left in the tree, is gone or changed")
                continue
            verdict = judge(record.builders, spec, lock_of, stop)
            if not verdict.objection and (verdict.sure or only_look):
                if not only_look:
                    self._store.find(name)  # so that it counts as used
                return Stored(wheel, record.built, verdict.sure)
            objections.append(verdict.objection or "the build requirements resolve to nothing")
        return Missing(objections[0] if objections else "")

    def keep(
        self, source: Source, wheel: Wheel, builders: tuple[Builder, ...], left: tuple[Left, ...], spare: Path
    ) -> Wheel:
        """Store the wheel and return it where it is then; it is prepared in `spare`. Raises OSError."""
        file = Path(wheel.path).name
        key = source.key.digest()
        record = Record(
            key=key,
            wheel=replace(wheel, path=file),
            builders=builders,
            built=self._clock.time(),
            left=left,
        )
        made_of = hashlib.sha256(canonical((wheel.sha256, builders, left))).hexdigest()[:16]
        name = f"{key}-{made_of}"
        folder = spare / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wheel.path, folder / file)
        for part, value in (("record", record), ("key", source.key), ("tree", source.tree)):
            (folder / f"{part}.json").write_bytes(canonical(value))
        stored = (self._store.keep(name, folder) / file).absolute()
        self._drop_old()
        # Somebody may delete all that is remembered just now.
        return replace(wheel, path=str(stored)) if stored.exists() else wheel

    def why(self, source: Source, interpreter: Interpreter) -> str:
        """Say what is different from the newest stored wheel of this kind that would suit."""
        alike = [
            (name, key, record)
            for name in self._store.names()
            if (key := _load(self._store.folder / name / "key.json", WheelKey)) is not None
            and key.kind == source.key.kind
            and (record := self._record(name)) is not None
        ]
        suiting = [each for each in alike if suits(each[2].wheel, interpreter)]
        if not suiting:
            return "nothing stored for this Python" if alike else "nothing stored"
        name, key, _ = max(suiting, key=lambda each: each[2].built)
        tree = _load(self._store.folder / name / "tree.json", Tree)
        words = differences(Source(key, tree), source) if tree is not None else ()
        return ", ".join(words) or "nothing stored"

    def _candidates(
        self, key: WheelKey, interpreter: Interpreter | None
    ) -> Iterator[tuple[str, Record | None]]:
        """Yield the entries to look at: the interpreter's own first, then the newest; at last broken ones."""
        digest = key.digest()
        suiting: list[tuple[bool, float, str, Record]] = []
        broken: list[str] = []
        for name in self._store.names():
            if name.partition("-")[0] != digest:
                continue
            record = self._record(name)
            if record is None:
                broken.append(name)
            elif interpreter is not None and suits(record.wheel, interpreter):
                own = any(builder.interpreter == interpreter for builder in record.builders)
                suiting.append((own, record.built, name, record))
        yield from (
            (name, record) for _, _, name, record in sorted(suiting, key=itemgetter(0, 1, 2), reverse=True)
        )
        yield from ((name, None) for name in broken)

    def _undamaged(self, name: str, record: Record | None) -> Wheel | None:
        if record is None:
            return None
        file = self._store.folder / name / record.wheel.path
        try:
            same = sha256_of(file) == record.wheel.sha256
        except OSError:
            return None
        return replace(record.wheel, path=str(file.absolute())) if same else None

    def _record(self, name: str) -> Record | None:
        record = _load(self._store.folder / name / "record.json", Record)
        if record is None or record.key != name.partition("-")[0]:
            return None
        inside = Path(record.wheel.path).name == record.wheel.path
        return record if inside else None

    def _drop_old(self) -> None:
        """Drop all but the newest states; what was built just now stays in any case."""
        now = self._clock.time()
        newest: dict[str, float] = {}
        entries = tuple(self._entries())
        for key, _, built in entries:
            newest[key] = max(built, newest.get(key, 0.0))
        kept = sorted(newest, key=newest.__getitem__, reverse=True)[:_KEYS]
        for key, name, built in entries:
            if key not in kept and now - built > _IN_USE:
                self._store.drop(name)

    def _entries(self) -> Iterator[tuple[str, str, float]]:
        """Yield key, name and time of each entry."""
        for name in self._store.names():
            if (self._store.folder / name).is_dir():
                record = self._record(name)
                yield name.partition("-")[0], name, record.built if record else 0.0


def left_in(source: Source, since: float) -> tuple[Left, ...]:
    """Return what was written below the root since then, in seconds since 1970, and git does not see."""
    root = source.key.root
    paths = (os.path.relpath(path, root) for path in files_below(root))
    found = (_left(root, path) for path in paths if path not in source.tree.files)
    return tuple(sorted(each for each in found if each is not None and each.mtime >= (since - _COARSE) * 1e9))


def _left(root: str, path: str) -> Left | None:
    try:
        state = os.stat(f"{root}/{path}")  # noqa: PTH116 - asked of every file
    except OSError:
        return None
    return Left(path, state.st_size, state.st_mtime_ns)


def _load(file: Path, type_: type[T]) -> T | None:
    try:
        return decoded(file.read_bytes(), type_)
    except (OSError, ValueError):
        return None
