"""What makes environments, put together from the values of a run; that alone touches nothing on disk."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from runner.env.ahead import Ahead
from runner.env.backends.builtin import VirtualenvBackend, interpreter_cache
from runner.env.contents.bytecode import Bytecode
from runner.env.contents.filling import Filler
from runner.env.contents.records import read_record
from runner.env.installers.uv import Uv
from runner.env.interpreters.find import Interpreters
from runner.env.locks.backend import BackendLocks
from runner.env.locks.choose import Locks
from runner.env.mutex import Mutexes
from runner.env.package.build_envs import BuildEnvironments
from runner.env.package.builder import PackageBuilder
from runner.env.package.packages import Declared, Packages
from runner.env.store import BACKEND_LOCKS, BYTECODE, IMPORTED, LOCKS, WHEELS, Store
from runner.env.turn import Turn
from runner.model.environment import LockPolicy
from runner.model.plan import EnvSpec, PackageSpec, Place
from runner.model.ports import Clock, Processes
from runner.model.python import Offer, PythonSpec
from runner.model.secrets import NO_SECRETS, Concealer

_BUILD = ".build"
"""The name of the mutex of builds: no cell's folder begins with a dot."""


class Setting(Struct, frozen=True, kw_only=True):
    """Where and how a run makes environments.

    `own` is a folder that only this run uses: it goes when the run is over. `cache` is what all projects of
    the user share. The logs of builds go to `logs`, and stay; `concealer` takes secrets out of what we write
    there. `notify` takes a line for people. `offers` are the interpreters that plugins have for requests.
    """

    place: Place
    package: PackageSpec
    policy: LockPolicy
    reuse: bool
    missing: Literal["error", "skip"]
    processes: Processes
    clock: Clock
    own: Path
    logs: Path
    cache: Path
    notify: Callable[[str], None]
    concealer: Concealer = NO_SECRETS
    offers: Mapping[PythonSpec, Offer] = {}

    @property
    def work_dir(self) -> Path:
        return Path(self.place.work_dir)


class Parts(NamedTuple):
    """The makers that the workshop of a run, and its foresight, work with."""

    interpreters: Interpreters
    build_envs: BuildEnvironments
    packages: Packages
    locks: Locks
    backend_locks: BackendLocks
    filler: Filler
    bytecode: Bytecode
    mutexes: Mutexes


def assemble(setting: Setting, coming: Sequence[EnvSpec] = ()) -> Parts:
    """Put the makers together; `coming` are the specs of the cells that will ask them."""
    environ, processes, cache = setting.place.environ, setting.processes, setting.cache
    conceal = setting.concealer.text
    mutexes = Mutexes(setting.work_dir / "mutex", setting.notify, conceal)
    notify = _once(setting.notify)
    locks_store = Store(cache / LOCKS, notify)
    bytecode_store = Store(cache / BYTECODE, notify)
    imported_store = Store(cache / IMPORTED, notify)
    wheels_store = Store(cache / WHEELS / _project_name(setting.package), notify)
    uv = Uv(environ=environ, own=setting.own, processes=processes)
    locks = Locks(
        uv=uv,
        store=locks_store,
        mutexes=Mutexes(cache / "mutex", setting.notify, conceal),
        clock=setting.clock,
        policy=setting.policy,
        previous=_last_lock,
        own=setting.own,
    )
    backend_locks = BackendLocks(
        store=Store(cache / BACKEND_LOCKS, notify),
        mutexes=Mutexes(cache / "mutex", setting.notify, conceal),
        clock=setting.clock,
        policy=setting.policy,
        own=setting.own,
    )
    bytecode = Bytecode(
        store=bytecode_store,
        imported=imported_store,
        processes=processes,
        environ=environ,
        own=setting.own,
    )
    filler = Filler(uv=uv, locks=locks, bytecode=bytecode, offline=setting.policy.offline)
    build_envs = BuildEnvironments(
        backend=VirtualenvBackend(environ=environ, cache=interpreter_cache(cache)),
        filler=filler,
        locks=locks,
        bytecode=bytecode,
        folder=setting.own / "build-envs",
    )
    interpreters = Interpreters(
        environ=environ,
        root=Path(setting.place.root),
        cache=interpreter_cache(cache),
        remember=interpreter_cache(cache),
        processes=processes,
        missing=setting.missing,
        offers=setting.offers,
    )
    declared = Declared(setting.package, setting.own)
    ahead = Ahead(coming, interpreters, locks, lambda: declared.wheel)
    turn = Turn()

    def builder(package: PackageSpec, own: Path) -> PackageBuilder:
        return PackageBuilder(
            package=package,
            own=own,
            logs=setting.logs,
            work_dir=setting.work_dir,
            store=wheels_store,
            processes=processes,
            clock=setting.clock,
            make_env=build_envs.make,
            lock=build_envs.lock,
            peek=build_envs.peek,
            notify=setting.notify,
            turn=turn,
            hold=lambda stop: mutexes.hold(_BUILD, stop, "the build of the package"),
            meanwhile=ahead.step,
            concealer=setting.concealer,
        )

    packages = Packages(setting.package, setting.own, declared, builder)
    return Parts(interpreters, build_envs, packages, locks, backend_locks, filler, bytecode, mutexes)


def _once(notify: Callable[[str], None]) -> Callable[[str], None]:
    """Return what tells only the first line that it gets: a cache that is full is so for every store."""
    lines = count()

    def tell(line: str) -> None:
        if next(lines) == 0:
            notify(line)

    return tell


def _project_name(package: PackageSpec) -> str:
    """Name the folder for a project's wheels after its own, so that people find it."""
    root = Path(package.root).resolve()
    return f"{root.name[:40]}-{hashlib.sha256(bytes(root)).hexdigest()[:16]}"


def _last_lock(spec: EnvSpec) -> str | None:
    record = read_record(Path(spec.folder)) if spec.folder else None
    return record.lock_key if record else None
