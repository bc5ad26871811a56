"""uv as the installer: one resolution for each distinct set in a run, and installs from its result."""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import msgspec
import uv
from msgspec import Struct

from runner.env.environ import installer_environ, plain
from runner.env.folders import write_whole
from runner.env.helper import run_installer
from runner.env.indexes import Translation, toml_table, translated
from runner.env.installed import normalized
from runner.env.once import Once
from runner.env.requirements import Wanted, wanted
from runner.model.environment import Built, Environment, Lock, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LIFELESS = ("UV_CACHE_DIR", "UV_LINK_MODE", "UV_NO_PROGRESS", "UV_CONCURRENT_", "UV_HTTP_", "UV_OFFLINE")
"""Beginnings of the names of uv's variables that change no resolution."""

_COMMON = ("--no-python-downloads", "--no-progress", "--color", "never")


class LockKey(Struct, frozen=True, kw_only=True):
    """All that a resolution depends on, in named parts; `variables` and contents are hashed, never plain."""

    interpreter: str
    sys_version: str
    soabi: str
    size: int
    mtime: int
    platform: str
    lines: tuple[str, ...]
    constraints: tuple[str, ...]
    files: dict[str, str]
    project: str
    project_metadata: str
    project_sha256: str
    resolution: str
    prerelease: bool
    exclude_newer: str | None
    variables: dict[str, str]
    arguments: tuple[str, ...]
    uv_settings: dict[str, str]
    root: str

    def digest(self) -> str:
        """The name of the lock: 32 hex digits."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:32]


class _Package(Struct):
    name: str
    version: str = ""


class _PyLock(Struct):
    packages: tuple[_Package, ...] = ()


class Uv:
    """uv for one run. `own` is the run's folder, below which its locks go."""

    def __init__(self, *, environ: Mapping[str, str], own: Path, processes: Processes) -> None:
        self._own = own
        self._processes = processes
        self._environ = installer_environ(environ) | {"UV_NO_WRAP": "1"}
        self._locks: Once[str, Lock] = Once()
        self._translations: Once[str, Translation] = Once()

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for what the cell wants, resolved once a run; None when it wants nothing."""
        want = wanted(spec, built)
        if want.nothing:
            return None
        key = _key(spec, want, self._environ, self._translation(spec, stop))
        return self._locks.get(key.digest(), lambda: self._resolve(spec, want, key, stop), stop)

    def install(self, spec: EnvSpec, environment: Environment, lock: Lock, stop: Stop) -> None:
        """Install what the lock pins into the environment; nothing is resolved."""
        translation = self._translation(spec, stop)
        mode = ("--link-mode", spec.link_mode) if spec.link_mode else ()
        run_installer(
            self._processes,
            (
                *(find_uv(self._environ), "pip", "install", "--python", environment.python, *_COMMON, *mode),
                *(*translation.arguments, "--preview-features", "pylock", "-r", lock.path),
            ),
            cwd=spec.root,
            env=self._environ | translation.variables,
            stop=stop,
            phase="install",
            task="install the packages",
        )

    def _translation(self, spec: EnvSpec, stop: Stop) -> Translation:
        return self._translations.get(spec.root, lambda: translated(self._environ, Path(spec.root)), stop)

    def _resolve(self, spec: EnvSpec, want: Wanted, key: LockKey, stop: Stop) -> Lock:
        translation = self._translation(spec, stop)
        interpreter = interpreter_of(spec)
        folder = self._own / "locks" / key.digest()
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "key.json", msgspec.json.encode(key, order="deterministic").decode())
        captured = run_installer(
            self._processes,
            (*_compile_command(spec, want, folder, find_uv(self._environ)), *translation.arguments),
            cwd=spec.root,
            env=self._environ | translation.variables,
            stop=stop,
            phase="lock",
            task=f"resolve the requirements for Python {interpreter.version}",
        )
        output = folder / "pylock.toml"
        pinned = msgspec.convert(tomllib.loads(output.read_text(encoding="utf-8")), _PyLock)
        return Lock(
            key=folder.name,
            path=str(output),
            pins=tuple(Pin(normalized(package.name), package.version) for package in pinned.packages),
            notes=(*_warnings(captured.stderr), *_translation_note(translation)),
        )


def interpreter_of(spec: EnvSpec) -> Interpreter:
    """Return the interpreter of a spec that has one. Raises CellError."""
    if spec.interpreter is None:
        raise CellError("lock", f"backend {spec.backend} gave no interpreter to resolve requirements for")
    return spec.interpreter


def find_uv(environ: Mapping[str, str]) -> str:
    """Return the path of uv: the one that came with runner, else from PATH. Raises CellError."""
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        found = which("uv", path=environ.get("PATH"))
        if found is None:
            raise CellError("lock", "uv was not found: install runner anew, uv comes with it") from None
        return str(Path(found).absolute())


def _compile_command(spec: EnvSpec, want: Wanted, folder: Path, program: str) -> tuple[str, ...]:
    """Write what uv reads into `folder` and return the command that writes pylock.toml there."""
    project = (want.project.line,) if want.project else ()
    write_whole(folder / "requirements.in", _text((*want.lines, *project)))
    command = [program, "pip", "compile", "--format", "pylock.toml", "--no-header", *_COMMON]
    command += ["--python", interpreter_of(spec).executable, "--resolution", spec.resolution]
    if want.prerelease:
        command += ["--prerelease", "allow"]
    if spec.exclude_newer is not None:
        command += ["--exclude-newer", spec.exclude_newer]
    if want.constraints:
        write_whole(folder / "constraints.in", _text(want.constraints))
        command += ["--constraints", str(folder / "constraints.in")]
    for file in want.constraint_files:
        command += ["--constraints", file]
    return (*command, "-o", str(folder / "pylock.toml"), str(folder / "requirements.in"), *want.files)


def _key(spec: EnvSpec, want: Wanted, environ: dict[str, str], translation: Translation) -> LockKey:
    interpreter = interpreter_of(spec)
    referred = (*want.files, *want.constraint_files)
    return LockKey(
        interpreter=interpreter.executable,
        sys_version=interpreter.sys_version,
        soabi=interpreter.soabi,
        size=interpreter.size,
        mtime=interpreter.mtime,
        platform=interpreter.platform,
        lines=want.lines,
        constraints=want.constraints,
        files={file: want.contents.get(file, "") for file in referred} | want.contents,
        project=want.project.line.split(" @ ")[0] if want.project else "",
        project_metadata=want.project.metadata if want.project else "",
        project_sha256=want.project.sha256 if want.project else "",
        resolution=spec.resolution,
        prerelease=want.prerelease,
        exclude_newer=spec.exclude_newer,
        variables={
            name: _hash(value.encode())
            for name, value in (environ | translation.variables).items()
            if name.startswith("UV_") and not name.startswith(_LIFELESS)
        },
        arguments=translation.arguments,
        uv_settings=_uv_settings(Path(spec.root)),
        root=spec.root,
    )


def _uv_settings(root: Path) -> dict[str, str]:
    """Hashes of what uv may find of its settings, by the file, upwards from `root`."""
    found = {}
    for folder in (root, *root.parents):
        for file, keys in ((folder / "uv.toml", ()), (folder / "pyproject.toml", ("tool", "uv"))):
            table = toml_table(file, keys)
            if table is not None:
                found[str(file)] = _hash(msgspec.json.encode(table, order="deterministic"))
    return found


def _warnings(stderr: str) -> tuple[str, ...]:
    return tuple(line for line in plain(stderr).splitlines() if line.startswith("warning:"))


def _translation_note(translation: Translation) -> tuple[str, ...]:
    if not translation.settings:
        return ()
    return (f"uv uses pip's settings: {', '.join(translation.settings)}",)


def _text(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
