"""Everything that a cell's environment needs, on this machine: the `Workshop` of a run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Literal

import msgspec

from runner.env.backends import VirtualenvBackend, interpreter_cache
from runner.env.claim import Claim
from runner.env.environ import installer_environ
from runner.env.folders import Trash, mark, prepare_cache, prepare_work_dir, user_cache
from runner.env.installed import installed
from runner.env.interpreters import Interpreters
from runner.env.mutex import Mutexes
from runner.env.package import PackageBuilder
from runner.env.pip import Pip
from runner.env.source import copy_source
from runner.env.uv import Uv
from runner.model.environment import Built, Environment, Lock
from runner.model.errors import Cancelled, CellError, ConfigError
from runner.model.plan import EnvSpec, PackageSpec, Place
from runner.model.ports import Backend, Clock, Processes, Stop
from runner.model.results import Installed

_BUILD = ".build"
"""The name of the lock for builds: no cell's folder begins with a dot."""


class LocalWorkshop:
    """The `Workshop` that makes everything on this machine; `close()` it when the run is over.

    `backends` gives a backend by name. `own` is a folder below the work-dir that only this run uses,
    for wheels, locks and build environments: it goes when the run is over. The logs of builds go to `logs`,
    and stay. `notify` takes a line for people.
    Raises ConfigError when the work-dir cannot be used.
    """

    def __init__(
        self,
        *,
        place: Place,
        package: PackageSpec,
        backends: Callable[[str], Backend],
        processes: Processes,
        clock: Clock,
        missing: Literal["error", "skip"],
        own: Path,
        logs: Path,
        notify: Callable[[str], None],
    ) -> None:
        work_dir = Path(place.work_dir)
        prepare_work_dir(work_dir)
        cache = prepare_cache(user_cache(place.environ))
        self._place = place
        self._package = package
        self._own = own
        self._backends = backends
        self._processes = processes
        self._mutexes = Mutexes(work_dir / "mutex", notify)
        self._trash = Trash(work_dir)
        try:
            (work_dir / "mutex").mkdir(exist_ok=True)
            self._trash.empty()
            self._claim = Claim(own, self._trash)
        except OSError as error:
            raise ConfigError(f"work-dir {work_dir} cannot be used: {error}") from error
        self._interpreters = Interpreters(
            environ=place.environ,
            root=Path(place.root),
            cache=interpreter_cache(cache),
            processes=processes,
            missing=missing,
        )
        self._uv = Uv(environ=place.environ, own=own, processes=processes)
        self._pip = Pip(environ=place.environ, own=own, processes=processes)
        self._builds = VirtualenvBackend(environ=place.environ, cache=interpreter_cache(cache))
        self._build_numbers = count(1)
        self._packages = PackageBuilder(
            package=package,
            own=own,
            logs=logs,
            work_dir=work_dir,
            processes=processes,
            make_env=self._build_environment,
            notify=notify,
            hold=lambda stop: self._mutexes.hold(_BUILD, stop, "the build of the package"),
            monotonic=clock.monotonic,
        )

    def interpreter(self, spec: EnvSpec, stop: Stop) -> EnvSpec:
        """Return `spec` with the interpreter that it asks for."""
        return msgspec.structs.replace(spec, interpreter=self._interpreters.find(spec.python, stop))

    def package(self, spec: EnvSpec, stop: Stop) -> Built | None:
        """Return the project's wheel for that interpreter; None when the cell installs no project."""
        return None if spec.package == "none" else self._packages.built(spec, stop)

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for all that the cell needs; None when there is nothing to pin, and with pip."""
        if spec.installer == "pip":
            self._pip.check(spec)
            return None
        return self._uv.lock(spec, built, stop)

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        """Create a fresh, bare environment at `folder`, with a `tmp` in it."""
        if stop.level:
            raise Cancelled
        self._trash.fresh(folder)
        try:
            environment = self._backends(spec.backend).create(spec, folder)
            (folder / "tmp").mkdir(exist_ok=True)
            mark(folder)  # again: a backend may have emptied it
        except OSError as error:
            raise CellError("create", f"{folder} cannot be made: {error}") from error
        return environment

    def install(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock | None, stop: Stop
    ) -> tuple[Installed, ...]:
        """Fill the environment and return what is in it, by name."""
        if spec.installer == "pip":
            self._pip.install(spec, environment, built, stop)
        elif lock is not None:
            self._uv.install(spec, environment, lock, stop)
        return installed(environment)

    def hold(self, name: str, stop: Stop) -> AbstractContextManager[None]:
        """Keep other runners away from the folders of the cell whose folder has that name."""
        return self._mutexes.hold(name, stop)

    def copy_source(self, folder: Path, stop: Stop) -> None:
        """Copy what git sees of the project into the new `folder`."""
        copy_source(
            root=Path(self._place.root),
            work_dir=Path(self._place.work_dir),
            folder=folder,
            processes=self._processes,
            environ=installer_environ(self._place.environ),
            stop=stop,
            package_root=Path(self._package.root),
        )

    def close(self) -> None:
        """Throw away what only this run used, and finish what goes on in the background."""
        self._interpreters.close()
        self._claim.give_up()
        self._trash.close()

    def _build_environment(self, lines: tuple[str, ...], spec: EnvSpec, stop: Stop) -> Environment:
        """Return a new environment for `spec.interpreter` with these requirements in it."""
        needs = EnvSpec(
            root=spec.root,
            backend=self._builds.name,
            installer="uv",
            python=spec.python,
            interpreter=spec.interpreter,
            requirements=lines,
            exclude_newer=spec.exclude_newer,
        )
        folder = self._own / "build-envs" / str(next(self._build_numbers))
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = self._uv.lock(needs, None, stop)
            environment = self._builds.create(needs, folder)
            if lock is not None:
                self._uv.install(needs, environment, lock, stop)
        except CellError as error:
            asked = ", ".join(lines)
            message = f"the environment to build the project in ({asked}): {error.message}"
            raise CellError("package", message) from error
        return environment
