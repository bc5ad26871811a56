"""What a lock file of another tool (`lock-from`) pins for a cell."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.given.files import text_of
from runner.env.given.markers import marker_environment
from runner.env.given.pipfile import blaming, check_fresh, check_python, read_pipfile_lock
from runner.env.given.pipfile_lines import batches, is_direct
from runner.env.given.pipfile_lock import Entry
from runner.env.given.pylocks import Part, check_part, for_cell, read_pylock
from runner.env.installers.helper import InstallerError
from runner.env.installers.uv import Uv
from runner.env.locks.key import interpreter_of
from runner.env.requirements.pylock import absolute
from runner.env.requirements.wanted import EDITABLE, Wanted, requirements_in, wanted
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.lock_files import lock_file_kind
from runner.model.plan import EnvSpec
from runner.model.ports import Stop

_STALE = "needs to be updated"


class Given(Struct, frozen=True, kw_only=True):
    """What a file pins for one cell, as far as the file says it by itself.

    `text` is a lock, empty for none. What is `wanted` is pinned there, too, but its files are to be looked
    up. `groups` are those of the cell that the file knows nothing of. `notes` are lines about it.
    """

    text: str = ""
    wanted: tuple[Wanted, ...] = ()
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class GivenFiles:
    """Reads lock files of other tools for the cells of one run. `environ` is that of runner itself."""

    def __init__(self, *, uv: Uv, environ: Mapping[str, str], own: Path, offline: bool) -> None:
        self._uv = uv
        self._environ = environ
        self._own = own
        self._offline = offline

    def read(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Given:
        """Return what the file of a spec that has one pins. Raises CellError."""
        path = Path(os.path.normpath(Path(spec.root, spec.lock_from or "")))
        match lock_file_kind(path.name):
            case "Pipfile.lock":
                return self._pipfile(spec, path, built)
            case "uv.lock":
                return self._uv_lock(spec, path, stop)
            case "pylock.toml":
                return _pylock(spec, path)
            case "requirements":
                return _requirements(spec, path)
            case None:
                raise CellError("lock", f"lock-from = {spec.lock_from!r}: no such lock file is known")

    def _pipfile(self, spec: EnvSpec, path: Path, built: Built | None) -> Given:
        lock = read_pipfile_lock(path)
        notes = check_fresh(lock, path)
        interpreter = interpreter_of(spec)
        check_python(lock, path, interpreter.version)
        with blaming(path):
            pinned = lock.chosen(spec.groups, marker_environment(interpreter))
            if built is not None:
                pinned = tuple(each for each in pinned if not _is_project(each, path.parent, spec))
            unhashed = [each.name for each in pinned if not (each.hashes or is_direct(each))]
            found = batches(pinned, lock.sources, path.parent, self._environ)
        if unhashed:
            notes += (f"{path.name} has no hashes for {', '.join(unhashed)}: their files are not checked",)
        return Given(
            wanted=tuple(replace(_alone(spec, batch.lines), only=batch.index) for batch in found),
            notes=notes,
        )

    def _uv_lock(self, spec: EnvSpec, path: Path, stop: Stop) -> Given:
        project = path.with_name("pyproject.toml")
        text_of(path, "`uv lock` writes it")
        text_of(project, "uv.lock is the lock of the project beside it")
        arguments = ["export", "--format", "pylock.toml", "--locked", "--no-emit-project", "--no-header"]
        arguments += ["--no-progress", "--color", "never", "--no-python-downloads", "--quiet"]
        arguments += ["--project", str(path.parent), "--python", interpreter_of(spec).executable]
        arguments += ["--no-default-groups", *(word for name in spec.groups for word in ("--group", name))]
        arguments += [word for name in spec.extras for word in ("--extra", name)]
        task = f"read {path}"
        try:
            try:
                said = self._uv.run(spec, (*arguments, "--offline"), task, stop)
            except InstallerError as error:
                if self._offline or _STALE in error.words:
                    raise
                said = self._uv.run(spec, tuple(arguments), task, stop)
        except InstallerError as error:
            if _STALE in error.words:
                message = f"{path} is stale: `uv lock` updates it"
                raise CellError("lock", message) from error
            raise
        text = absolute(said.stdout, Path(spec.root))
        return Given(text=for_cell(read_pylock(text, path), Part(), path, interpreter_of(spec)))


def _pylock(spec: EnvSpec, path: Path) -> Given:
    lock = read_pylock(text_of(path, "write it with the tool that makes it"), path)
    groups = spec.groups if lock.dependency_groups else ()
    extras = spec.extras if lock.extras else ()
    part = Part(extras, groups)
    check_part(lock, part, path)
    return Given(text=for_cell(lock, part, path, interpreter_of(spec)), groups=() if groups else spec.groups)


def _requirements(spec: EnvSpec, path: Path) -> Given:
    text_of(path, "write it with the tool that makes it")
    want = _alone(spec, (f"-r {path}",))
    for entry in requirements_in(path):
        if "--hash" not in entry or entry.startswith(EDITABLE) or not ("==" in entry or "@" in entry):
            raise CellError(
                "lock",
                f"{path}: `{entry}` has no version or no hash, and lock-from takes none without"
                f'\nuse deps = ["-r {spec.lock_from}"] to have it resolved',
            )
    return Given(wanted=(want,), groups=spec.groups)


def _is_project(entry: Entry, folder: Path, spec: EnvSpec) -> bool:
    """Whether an entry is the project at the root: `package` says how that is installed."""
    return bool(entry.path) and os.path.realpath(folder / entry.path) == os.path.realpath(spec.root)


def _alone(spec: EnvSpec, lines: tuple[str, ...]) -> Wanted:
    """Return what these lines want, and nothing that it depends on. Raises CellError."""
    pinned = replace(spec, requirements=lines, constraints=(), groups=(), seed=())
    return replace(wanted(pinned, None), alone=True)
