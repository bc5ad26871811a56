"""Everything that a cell's environment needs, on this machine: the `Workshop` of a run."""

import sysconfig
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from msgspec.structs import replace

from runner.env.backends.keeping import BackendFolders
from runner.env.backends.powers import NEVER_KEPT, for_backend, with_backend_lock, with_interpreter
from runner.env.claim import Claim
from runner.env.contents.damage import Damage, looked, modified, stamp, stamped
from runner.env.contents.installed import installed
from runner.env.contents.records import EnvRecord, drop_record, parts_of, read_record, reused, write_record
from runner.env.deleting import delete
from runner.env.environ import installer_environ
from runner.env.folders import mark, prepare_cache, prepare_work_dir
from runner.env.installers.pip import Pip
from runner.env.locks.backend import backend_path
from runner.env.locks.standing import Committed
from runner.env.package.source import copy_source
from runner.env.parts import Setting, assemble
from runner.env.requirements.pylock import committed_path
from runner.env.store import prune_daily, sweep
from runner.env.trash import Trash
from runner.model.environment import Built, Environment, Installation, Lock, Reused
from runner.model.errors import Cancelled, CellError, ConfigError
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, BringsInterpreter, FollowsLock, Installs, Resolves
from runner.model.ports import Stop
from runner.model.settings import BACKENDS


class LocalWorkshop:
    """The `Workshop` that makes everything on this machine; `close()` it when the run is over.

    `backends` gives a backend by name; `coming` are the specs of the run's cells, in the order in which they
    are likely to come: what can be done for them while a wheel is built is done. Raises ConfigError when the
    work-dir cannot be used.
    """

    def __init__(
        self, setting: Setting, backends: Callable[[str], Backend], coming: Sequence[EnvSpec] = ()
    ) -> None:
        work_dir = setting.work_dir
        prepare_work_dir(work_dir)
        prepare_cache(setting.cache)
        self._setting = setting
        self._backends = backends
        self._trash = Trash(work_dir)
        self._folders = BackendFolders(setting.cache)
        try:
            (work_dir / "mutex").mkdir(exist_ok=True)
            self._trash.empty()
            self._claim = Claim(setting.own, self._trash)
        except OSError as error:
            raise ConfigError(f"work-dir {work_dir} cannot be used: {error}") from error
        # Its first call is not safe in several threads, and whoever looks for uv or tags calls it.
        sysconfig.get_config_vars()
        self._parts = assemble(setting, tuple(spec for spec in coming if self._is_ours(spec)))
        self._pip = Pip(
            environ=setting.place.environ,
            own=setting.own,
            processes=setting.processes,
            policy=setting.policy,
        )

    def _is_ours(self, spec: EnvSpec) -> bool:
        """Whether runner itself finds the interpreter and installs."""
        others = BringsInterpreter | FollowsLock | Installs | Resolves
        return not isinstance(self._backends(spec.backend), others)

    def interpreter(self, spec: EnvSpec, stop: Stop) -> EnvSpec:
        """Return `spec` with the interpreter that it asks for, and what its backend pins."""
        backend, locks = self._backends(spec.backend), self._parts.backend_locks
        spec = self._for_backend(spec, backend, stop)
        spec = with_backend_lock(spec, backend, lambda spec, backend: locks.lock(spec, backend, stop))
        return with_interpreter(spec, backend, self._parts.interpreters, self._setting.missing, stop)

    def package(self, spec: EnvSpec, stop: Stop) -> Built | None:
        """Return the project's wheel for that interpreter; None when the cell installs no project."""
        return None if spec.package == "none" else self._parts.packages.built(spec, stop)

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for all that the cell needs; None when there is nothing to pin, and with pip."""
        if self._installing(spec):
            return None
        if spec.installer == "pip":
            self._pip.check(spec, built, stop)
            return None
        return self._parts.locks.lock(spec, self._present(spec, built, stop), stop)

    def commit_backend_lock(self, spec: EnvSpec, stop: Stop) -> Committed | None:
        """Write the committed lock of the cell's backend unless it is fresh; None where there is none."""
        backend = self._backends(spec.backend)
        if not isinstance(backend, Resolves):
            return None
        return self._parts.backend_locks.commit(self._for_backend(spec, backend, stop), backend, stop)

    def _for_backend(self, spec: EnvSpec, backend: Backend, stop: Stop) -> EnvSpec:
        setting = self._setting
        if backend.name not in BACKENDS:
            self._folders.use(stop)
        return for_backend(spec, backend, setting.cache, offline=setting.policy.offline)

    def check_backend_lock(self, spec: EnvSpec, stop: Stop) -> Committed | None:  # noqa: ARG002 - as the one above
        """Say how the committed lock of the cell's backend stands; None where there is none."""
        backend = self._backends(spec.backend)
        return self._parts.backend_locks.check(spec, backend) if isinstance(backend, Resolves) else None

    def committed_paths(self, spec: EnvSpec) -> tuple[Path, ...]:
        """Return where the committed locks of the cell are, or would be."""
        backend = self._backends(spec.backend)
        paths = (committed_path(spec.root, spec.cell),)
        return (*paths, backend_path(spec, backend)) if isinstance(backend, Resolves) else paths

    def commit_lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed | None:
        """Write the committed lock of the cell unless it is fresh; None where there is none to write."""
        return self._parts.locks.commit(spec, built, stop) if self._has_lock(spec) else None

    def check_lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed | None:
        """Say how the committed lock of the cell stands; None where there should be none."""
        return self._parts.locks.check(spec, built, stop) if self._has_lock(spec) else None

    def _has_lock(self, spec: EnvSpec) -> bool:
        return spec.installer != "pip" and not self._installing(spec)

    def _installing(self, spec: EnvSpec) -> Installs | None:
        """Return the backend of the cell, if it installs by itself."""
        backend = self._backends(spec.backend)
        return backend if isinstance(backend, Installs) else None

    def reuse(self, spec: EnvSpec, built: Built | None, lock: Lock | None, stop: Stop) -> Reused:  # noqa: ARG002 - the Protocol's
        """Return the environment that the last run left, if it is to be kept and nothing in it changed."""
        if not self._setting.reuse:
            return Reused()
        if self._installing(spec):
            return Reused(NEVER_KEPT)
        folder = Path(spec.folder)
        made_from = parts_of(spec, built, lock, self._backends(spec.backend).describe())
        kept = reused(folder, made_from, lock, self._setting.clock.time())
        if kept.environment is None:
            return kept
        try:
            for name in ("tmp", "source"):
                delete(folder / name)
            (folder / "tmp").mkdir()
            stamp(kept.environment)
        except OSError as error:
            raise CellError("create", f"{folder} cannot be used again: {error}") from error
        return kept

    def create(self, spec: EnvSpec, stop: Stop) -> Environment:
        """Create a fresh, bare environment in its folder, with a `tmp` in it."""
        if stop.level:
            raise Cancelled
        folder = Path(spec.folder)
        self._cure_what_the_last_run_left(spec, stop)
        self._trash.fresh(folder)
        try:
            environment = self._backends(spec.backend).create(spec, folder, stop)
            (folder / "tmp").mkdir(exist_ok=True)
            mark(folder)  # again: a backend may have emptied it
        except OSError as error:
            raise CellError("create", f"{folder} cannot be made: {error}") from error
        return environment

    def install(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock | None, stop: Stop
    ) -> Installation:
        """Fill the environment and return what is in it."""
        backend = self._installing(spec)
        if backend is not None:
            return backend.install(spec, environment, stop)
        built = self._present(spec, built, stop)
        lock, notes = self._fill(spec, environment, built, lock, stop)
        if environment.folder is not None:
            self._write_down(spec, environment, built, lock)
        return Installation(installed(environment), notes)

    def _present(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Built | None:
        """Return the wheel, built anew if somebody deleted what is remembered, as `clean --cache` does."""
        if built is None or Path(built.path).exists():
            return built
        return self._parts.packages.built(spec, stop)

    def _fill(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock | None, stop: Stop
    ) -> tuple[Lock | None, tuple[str, ...]]:
        """Install into the environment; return the lock that served, and lines that tell how."""
        if spec.installer == "pip":
            self._pip.install(spec, environment, built, stop)
            return lock, ()
        if lock is None:
            return None, ()
        filling = self._parts.filler.fill(spec, environment, built, lock, stop)
        return filling.lock, filling.notes

    def inspect(
        self, spec: EnvSpec, environment: Environment, lock: Lock | None, stop: Stop
    ) -> tuple[str, ...]:
        """Look for damage that steps did to what environments share, undo it, and say what it was.

        Which modules they imported is learned on the way: later environments get their bytecode.
        """
        sha256 = lock.sha256 if lock else ""
        if lock is not None:
            self._parts.bytecode.learn(spec, environment, sha256)
        since = stamped(environment)
        damage = None if since is None else modified(environment, since)
        failure = "" if damage is None else self._parts.filler.cure(damage, spec, sha256, stop)
        if not failure:  # else the next run tries again
            _settle(spec, environment, damage)
        return () if damage is None else (damage.words(failure),)

    def hold(self, name: str, stop: Stop) -> AbstractContextManager[None]:
        """Keep other runners away from the folders of the cell whose folder has that name."""
        return self._parts.mutexes.hold(name, stop)

    def copy_source(self, folder: Path, stop: Stop) -> None:
        """Copy what git sees of the project into the new `folder`."""
        copy_source(
            root=Path(self._setting.place.root),
            work_dir=self._setting.work_dir,
            folder=folder,
            processes=self._setting.processes,
            environ=installer_environ(self._setting.place.environ),
            stop=stop,
            package_root=Path(self._setting.package.root),
        )

    def close(self) -> None:
        """Throw away what only this run used and what nobody used for long, and finish in the background."""
        self._parts.interpreters.close()
        self._parts.build_envs.learn()
        self._claim.give_up()
        self._folders.leave()
        prune_daily(self._setting.cache, self._setting.clock.time())
        sweep(self._setting.work_dir, self._setting.clock.time())
        self._trash.close()

    def _write_down(
        self,
        spec: EnvSpec,
        environment: Environment,
        built: Built | None,
        lock: Lock | None,
    ) -> None:
        """Remember what the environment was made from, and when no step had run in it yet."""
        record = EnvRecord(
            parts=parts_of(spec, built, lock, self._backends(spec.backend).describe()),
            lock_key=lock.key if lock else "",
            environment=replace(environment, notes=()),
            made=self._setting.clock.time(),
        )
        try:
            write_record(Path(spec.folder), record)
            stamp(environment)
        except OSError as error:
            raise CellError("install", f"{spec.folder} cannot be written: {error.strerror}") from error

    def _cure_what_the_last_run_left(self, spec: EnvSpec, stop: Stop) -> None:
        """Make up for a run that was killed before it looked for damage, or could not undo it."""
        folder = Path(spec.folder)
        record = read_record(folder)
        since = stamped(record.environment) if record and record.is_of(folder) else None
        if record is None or since is None:
            return
        damage = modified(record.environment, since)
        if damage is not None:
            self._setting.notify(damage.words(self._parts.filler.cure(damage, spec, record.parts.lock, stop)))
        _settle(spec, record.environment, damage)


def _settle(spec: EnvSpec, environment: Environment, damage: Damage | None) -> None:
    """Remember that somebody looked at the environment; one with damage is not kept."""
    with suppress(OSError):  # what cannot be written is looked at again
        if damage is not None:
            drop_record(Path(spec.folder))
        looked(environment)
