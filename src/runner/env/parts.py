"""What makes environments, put together from the values of a run; that alone touches nothing on disk."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from runner.env.ahead import Ahead
from runner.env.backends.builtin import VirtualenvBackend, interpreter_cache
from runner.env.contents.bytecode import Bytecode
from runner.env.contents.filling import Filler
from runner.env.contents.records import read_record
from runner.env.given.given import GivenFiles, named_indexes
from runner.env.installers.uv import Uv
from runner.env.installers.uvpython import UvPythons
from runner.env.interpreters.find import Interpreters
from runner.env.locks.backend import BackendLocks
from runner.env.locks.cells import CellLocks
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
from runner.model.python import Missing, Offer, PythonSpec
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
    missing: Missing
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
    locks: CellLocks
    backend_locks: BackendLocks
    filler: Filler
    bytecode: Bytecode
    mutexes: Mutexes


def assemble(setting: Setting, coming: Sequence[EnvSpec] = (), *, foresee: bool = False) -> Parts:
    """Put the makers together; `coming` are the specs of the cells that will ask them.

    With `foresee` no Python is downloaded: the error about a missing one says that it would be.
    """
    environ, processes, cache = setting.place.environ, setting.processes, setting.cache
    conceal = setting.concealer.text
    mutexes = Mutexes(setting.work_dir / "mutex", setting.notify, conceal)
    notify = _once(setting.notify)
    locks_store = Store(cache / LOCKS, notify)
    bytecode_store = Store(cache / BYTECODE, notify)
    imported_store = Store(cache / IMPORTED, notify)
    wheels_store = Store(cache / WHEELS / _project_name(setting.package), notify)
    uv = Uv(
        environ=environ,
        own=setting.own,
        processes=processes,
        indexes_of=partial(named_indexes, environ=environ),
    )
    resolved = Locks(
        uv=uv,
        store=locks_store,
        mutexes=Mutexes(cache / "mutex", setting.notify, conceal),
        clock=setting.clock,
        policy=setting.policy,
        previous=_last_lock,
        own=setting.own,
    )
    files = GivenFiles(uv=uv, environ=environ, offline=setting.policy.offline)
    locks = CellLocks(locks=resolved, files=files, policy=setting.policy, own=setting.own)
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
        locks=resolved,
        bytecode=bytecode,
        folder=setting.own / "build-envs",
    )
    interpreters = interpreters_of(setting, foresee=foresee)
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
            own_python=partial(interpreters.find, PythonSpec(text=sys.executable, path=sys.executable)),
            notify=setting.notify,
            turn=turn,
            hold=lambda stop: mutexes.hold(_BUILD, stop, "the build of the package"),
            meanwhile=ahead.step,
            concealer=setting.concealer,
        )

    packages = Packages(setting.package, setting.own, declared, builder)
    return Parts(interpreters, build_envs, packages, locks, backend_locks, filler, bytecode, mutexes)


def interpreters_of(setting: Setting, *, foresee: bool = False) -> Interpreters:
    """Return what finds the Pythons of a run."""
    environ, root = setting.place.environ, Path(setting.place.root)
    downloads = UvPythons(
        environ=environ,
        root=root,
        processes=setting.processes,
        notify=setting.notify,
        offline=setting.policy.offline,
        only_say=foresee,
    )
    return Interpreters(
        environ=environ,
        root=root,
        cache=interpreter_cache(setting.cache),
        remember=interpreter_cache(setting.cache),
        processes=setting.processes,
        missing=setting.missing,
        downloads=downloads if setting.missing == "download" else None,
        offers=setting.offers,
    )


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
