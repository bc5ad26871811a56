"""What the cells of a run install of the project: built, given by the user, or made by another cell."""

import threading
from collections.abc import Callable
from functools import cached_property
from glob import glob
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from runner.env.package.builder import PackageBuilder, Seen
from runner.env.package.order import BuildFailed, order_of, refuse_python
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Stop

MakeBuilder = Callable[[PackageSpec, Path], PackageBuilder]

_UNBUILT = "not needed: pyproject.toml says what the project depends on"

_File = tuple[str, int, int]
"""A file that cells name: its path, size in bytes and mtime in nanoseconds."""


class Declared:
    """The project's wheel as far as pyproject.toml tells, for one run. `own` is the run's folder."""

    def __init__(self, package: PackageSpec, own: Path) -> None:
        self._package = package
        self._own = own

    @cached_property
    def wheel(self) -> Built | None:
        """A wheel with the project's metadata alone; None where it must be built, or was given."""
        return self._written(self._own / "declared" / token_hex(6))

    def seen(self) -> Built | None:
        """Return the same, but that its file is gone again."""
        with TemporaryDirectory() as folder:
            return self._written(Path(folder))

    def _written(self, folder: Path) -> Built | None:
        if self._package.given is not None:
            return None
        from runner.env.package.declared import declared  # noqa: PLC0415 - start-up: a warm run builds nothing

        return declared(Path(self._package.root), folder)


class Packages:
    """Provides the project for the cells of a run, called from several workers at a time.

    `make` returns a builder with a folder of its own: one serves the cells that build the project, and one
    each file that a `package-file` leads to, as it is when a cell looks.
    """

    def __init__(self, package: PackageSpec, own: Path, declared: Declared, make: MakeBuilder) -> None:
        self._package = package
        self._own = own
        self._declared = declared
        self._make = make
        self._builder = make(package, own)
        self._given: dict[_File, PackageBuilder] = {}
        self._lock = threading.Lock()

    def built(self, spec: EnvSpec, stop: Stop) -> Built:
        """Return the project's wheel for `spec.interpreter`. Raises CellError and Cancelled.

        Where the project itself is not installed, and declares what it depends on, there is no more in it.
        """
        file = self._file(spec)
        if file is not None:
            return self._builder_of(file).built(spec, stop)
        declared = self._declared.wheel if spec.package == "deps-only" else None
        return self._builder.built(spec, stop) if declared is None else _unbuilt(declared, spec, stop)

    def look(self, spec: EnvSpec, stop: Stop) -> Seen:
        """Say what `built` would do; nothing is built, written or resolved.

        Raises CellError for what is wrong already, and Cancelled.
        """
        if self._names_file(spec) and not _matches(spec):
            return Seen(f"to be made: nothing matches {spec.package_file} yet")
        file = self._file(spec)
        if file is not None:
            return self._builder_of(file).look(spec, stop)
        declared = self._declared.seen() if spec.package == "deps-only" else None
        if declared is None:
            return self._builder.look(spec, stop)
        return Seen(_UNBUILT, _unbuilt(declared, spec, stop))

    def _names_file(self, spec: EnvSpec) -> bool:
        """Whether the cell says which file it wants: what the command line gives weighs more."""
        return self._package.given is None and spec.package_file is not None

    def _file(self, spec: EnvSpec) -> _File | None:
        """Return the one file that the cell's `package-file` matches, None without one. Raises CellError."""
        if not self._names_file(spec):
            return None
        found = _matches(spec)
        if not found:
            raise CellError(
                "package",
                f"package-file: nothing matches {spec.package_file} in {spec.root}; if another session makes"
                " it, name that session in needs",
            )
        if len(found) > 1:
            raise CellError(
                "package",
                f"package-file: {spec.package_file} matches {len(found)} files, and must match one:"
                f" {', '.join(found)}",
            )
        path = Path(spec.root, found[0])
        try:
            state = path.stat()
        except OSError as error:
            raise CellError("package", f"package-file: {path} cannot be used: {error.strerror}") from error
        return str(path), state.st_size, state.st_mtime_ns

    def _builder_of(self, file: _File) -> PackageBuilder:
        with self._lock:
            if file not in self._given:
                own = self._own / f"given-{len(self._given) + 1}"
                self._given[file] = self._make(replace(self._package, given=file[0]), own)
            return self._given[file]


def _matches(spec: EnvSpec) -> list[str]:
    """Return the paths that the cell's `package-file` matches, as it names them."""
    return sorted(glob(spec.package_file or "", root_dir=spec.root, recursive=True))  # noqa: PTH207 - may be absolute


def _unbuilt(declared: Built, spec: EnvSpec, stop: Stop) -> Built:
    order = order_of(spec, stop)
    try:
        refuse_python(f"{declared.name} {declared.version}", declared.requires_python, order.interpreter)
    except BuildFailed as failed:
        raise CellError("package", failed.message) from failed
    return replace(declared, how=_UNBUILT)
