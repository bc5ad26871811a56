"""Make a wheel of the project for one interpreter: build environment, hooks, sdist in between."""

import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.package.build import Build, HookError, Target, extra_requires, make, prepare
from runner.env.package.builders import Builder, BuildLock, LockOf, build_lock
from runner.env.package.buildsystem import BuildSystem
from runner.env.package.order import BuildFailed, Kind, MakeEnv, Order, read_system, refuse_python
from runner.env.package.sdist import SdistError, members_of, unpack
from runner.env.package.wheel import Wheel, WheelError, python_name
from runner.env.package.wheelfile import packed_in, read_wheel
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import PackageSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter
from runner.model.secrets import NO_SECRETS, Concealer

_EXCLUDES = {
    "hatchling": "`/{0}/` to .gitignore beside pyproject.toml (hatchling reads no other)",
    "setuptools": "`prune {0}` to MANIFEST.in",
    "flit_core": '`exclude = ["{0}/"]` to [tool.flit.sdist] in pyproject.toml',
    "poetry": '`exclude = ["{0}/**"]` to [tool.poetry] in pyproject.toml',
    "pdm": '`excludes = ["{0}"]` to [tool.pdm.build] in pyproject.toml',
}


class Making(Struct, frozen=True):
    """A wheel that was made, and what it was made with: of a wheel from an sdist, that of the sdist first.

    `notes` are what people should know of how that went.
    """

    wheel: Wheel
    builders: tuple[Builder, ...]
    notes: tuple[str, ...] = ()


class _Output(Struct, frozen=True):
    path: Path
    builder: Builder
    notes: tuple[str, ...]


class _Room(Struct, frozen=True):
    """A build environment, and what it was filled with."""

    environment: Environment
    lock: BuildLock


class WheelMaker:
    """Makes wheels of one project. Not for several threads at a time.

    A build environment is made once for each set of requirements and interpreter, and an sdist once.
    `lock_of` tells what `make_env` fills an environment with; `own_python` finds the Python that runs runner.
    """

    def __init__(
        self,
        *,
        package: PackageSpec,
        own: Path,
        logs: Path,
        work_dir: Path,
        processes: Processes,
        make_env: MakeEnv,
        lock_of: LockOf,
        own_python: Callable[[Stop], Interpreter],
        concealer: Concealer = NO_SECRETS,
    ) -> None:
        self._package = package
        self._root = Path(package.root)
        self._own = own
        self._logs = logs
        self._work_dir = work_dir
        self._processes = processes
        self._make_env = make_env
        self._lock_of = lock_of
        self._own_python = own_python
        self._concealer = concealer
        self._rooms: dict[tuple[frozenset[str], Interpreter], _Room] = {}
        self._sdist: _Output | None = None
        self._folders = 0

    def given_wheel(self) -> Wheel | None:
        """Return the wheel that was given, None when a build is wanted. Raises BuildFailed.

        What was given as an sdist can be read, and is there.
        """
        if self._package.given is None:
            return None
        given = Path(self._package.given).absolute()
        if fault := _unreadable(given):
            message = f"the given package {given}: {fault}; expected a wheel (.whl) or an sdist (.tar.gz)"
            raise BuildFailed(message, "project")
        if given.name.endswith(".tar.gz"):
            return None
        if given.suffix != ".whl":
            raise BuildFailed(
                f"the given package {given} is neither a wheel (.whl) nor an sdist (.tar.gz)", "project"
            )
        try:
            return read_wheel(given)
        except (WheelError, OSError) as error:
            raise BuildFailed(f"the given package: {error}", "project") from error

    def make(self, kind: Kind, order: Order) -> Making:
        """Build a wheel with the order's interpreter. Raises BuildFailed and Cancelled.

        Where that has no backend which reads `[project]`, the Python that runs runner builds it.
        """
        if kind == "given":
            return self._from_sdist(Path(self._package.given or "").absolute(), order)
        system = read_system(self._root, "project")
        refuse_python(str(self._root), system.requires_python, order.interpreter)
        making = self._of_tree(kind, order, system)
        if not self._is_another(making.wheel):
            return making
        why = (
            f"{system.backend} with {python_name(order.interpreter)} built {making.wheel.name}"
            f" {making.wheel.version} instead of {self._package.config.name}: it does not read [project] in"
            " pyproject.toml"
        )
        again = self._with_own_python(order, why)
        self._sdist = None
        making = self._of_tree(kind, again, system)
        if self._is_another(making.wheel):
            raise BuildFailed(why, "kind")
        how = f"{why}, so it was built with {python_name(again.interpreter)}"
        return replace(making, notes=(*making.notes, how))

    def _with_own_python(self, order: Order, why: str) -> Order:
        """Return the order for the Python that runs runner, if that is another. Raises BuildFailed."""
        try:
            own = self._own_python(order.stop)
        except CellError as error:
            raise BuildFailed(f"{why}, and {error.message}") from error
        if own == order.interpreter:
            raise BuildFailed(why)
        return Order(replace(order.spec, interpreter=own), own, order.stop)

    def _of_tree(self, kind: Kind, order: Order, system: BuildSystem) -> Making:
        if kind == "sdist":
            if self._sdist is None:
                self._sdist = self._new_sdist(system, order)
            return self._from_sdist(self._sdist.path, order, self._sdist)
        target: Target = "editable" if kind == "editable" else "wheel"
        output = self._run(target, self._root, system, order)
        return Making(self._wheel(output.path, system), (output.builder,), output.notes)

    def _is_another(self, wheel: Wheel) -> bool:
        """Whether a wheel is not of the project, as far as pyproject.toml says its name."""
        return self._package.config.name not in {None, wheel.name}

    def _new_sdist(self, system: BuildSystem, order: Order) -> _Output:
        sdist = self._run("sdist", self._root, system, order)
        try:
            self._refuse_work_dir(sdist.path.name, members_of(sdist.path), system)
        except SdistError as error:
            raise BuildFailed(str(error), "kind") from error
        return sdist

    def _from_sdist(self, sdist: Path, order: Order, *before: _Output) -> Making:
        try:
            tree = unpack(sdist, self._folder("unpacked", order.interpreter))
        except (SdistError, OSError) as error:
            raise BuildFailed(str(error), "kind") from error
        system = read_system(tree, "kind")
        refuse_python(sdist.name, system.requires_python, order.interpreter)
        output = self._run("wheel", tree, system, order)
        outputs = (*before, output)
        notes = tuple(note for each in outputs for note in each.notes)
        return Making(self._wheel(output.path, system), tuple(each.builder for each in outputs), notes)

    def _run(self, target: Target, source: Path, system: BuildSystem, order: Order) -> _Output:
        folder = self._folder(target, order.interpreter)
        notes: list[str] = []
        build = Build(
            source=source,
            folder=folder,
            log=self._logs / f"package-{folder.name}.log",
            system=system,
            settings={
                key: value if isinstance(value, str) else list(value)
                for key, value in self._package.config.config_settings.items()
            },
            environ=self._package.environ,
            conceal=self._concealer.text,
            tell=notes.append,
        )
        try:
            prepare(build)
            first = self._room(system.requires, order)
            more = extra_requires(build, target, first.environment, self._processes, order.stop)
            room = self._room((*system.requires, *more), order)
            path = make(build, target, room.environment, self._processes, order.stop)
        except HookError as error:
            what = {"wheel": "a wheel", "sdist": "an sdist", "editable": "an editable wheel"}[target]
            message = f"{what} of {source} could not be built with {python_name(order.interpreter)}: {error}"
            raise BuildFailed(message, log=build.log) from error
        except OSError as error:
            raise BuildFailed(f"the folder of a build, {build.folder}, cannot be used: {error}") from error
        builder = Builder(order.interpreter, tuple(dict.fromkeys((first.lock, room.lock))))
        return _Output(path, builder, tuple(notes))

    def _room(self, requires: tuple[str, ...], order: Order) -> _Room:
        distinct = tuple(dict.fromkeys(requires))
        key = (frozenset(distinct), order.interpreter)
        if key not in self._rooms:
            try:
                environment = self._make_env(distinct, order.spec, order.stop)
                lock = build_lock(distinct, order.spec, self._lock_of, order.stop)
            except CellError as error:
                raise BuildFailed(
                    f"the environment to build {self._root} in, with {python_name(order.interpreter)} and"
                    f" {', '.join(distinct) or 'nothing installed'}, could not be made: {error.message}"
                ) from error
            self._rooms[key] = _Room(environment, lock)
        return self._rooms[key]

    def _wheel(self, path: Path, system: BuildSystem) -> Wheel:
        try:
            wheel, members = read_wheel(path), packed_in(path)
        except (WheelError, OSError) as error:
            raise BuildFailed(f"{system.backend} built a wheel that is none: {error}", "kind") from error
        self._refuse_work_dir(path.name, members, system)
        return wheel

    def _refuse_work_dir(self, archive: str, members: tuple[str, ...], system: BuildSystem) -> None:
        root, work_dir = self._root.resolve(), self._work_dir.resolve()
        if not work_dir.is_relative_to(root) or work_dir == root:
            return
        inside = work_dir.relative_to(root).as_posix()
        packed = next((m for m in members if m.startswith(f"{inside}/")), None)
        if packed is not None:
            raise BuildFailed(
                f"{archive} holds files of the work-dir, such as {packed}: {system.backend} packed them;"
                f" add {_line_to_add(system.backend, inside)}",
                "kind",
            )

    def _folder(self, what: str, interpreter: Interpreter) -> Path:
        self._folders += 1
        return (
            self._own / "builds" / f"{self._folders}-{what}-{interpreter.implementation}{interpreter.version}"
        )


def _unreadable(file: Path) -> str:
    """Say why the file cannot be read, if so."""
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would be waited for
            return "Not a regular file"
        file.open("rb").close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _line_to_add(backend: str, inside: str) -> str:
    known = next((line for name, line in _EXCLUDES.items() if backend.startswith(name)), None)
    if known is None:
        return f"`/{inside}/` to .gitignore, or to what the backend is told to exclude"
    return known.format(inside)
