"""uv as the installer: one resolution for each distinct set in a run, and installs from its result."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import msgspec
import uv
from msgspec import Struct
from packaging.utils import canonicalize_name

from runner.env.environ import installer_environ, plain
from runner.env.folders import write_whole
from runner.env.helper import run_installer
from runner.env.indexes import Translation, translated
from runner.env.once import Once
from runner.env.requirements import Wanted, wanted
from runner.env.uvsettings import refuse_elsewhere, uv_files
from runner.model.environment import Built, Environment, Lock, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter
from runner.model.toml import tomllib

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


class _Config(Struct, frozen=True):
    """What files and variables tell uv when it runs in one folder.

    `hashes` are those of the settings, by file; `pip` are the names of those for `uv pip` alone.
    """

    translation: Translation
    hashes: dict[str, str]
    pip: frozenset[str]


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
        self._configs: Once[str, _Config] = Once()

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for what the cell wants, resolved once a run; None when it wants nothing."""
        want = wanted(spec, built)
        if want.nothing:
            return None
        key = _key(spec, want, self._environ, self._config(spec, stop))
        return self._locks.get(key.digest(), lambda: self._resolve(spec, want, key, stop), stop)

    def install(self, spec: EnvSpec, environment: Environment, lock: Lock, stop: Stop) -> None:
        """Install what the lock pins into the environment; nothing is resolved.

        Without the network first, which is several times faster; it is asked for what the cache lacks.
        """
        config = self._config(spec, stop)
        command = [find_uv(self._environ), "pip", "install", *_COMMON, "--python", environment.python]
        command += ["--preview-features", "pylock", "-r", lock.path, *config.translation.arguments]
        command += _overruling(spec, config)
        if spec.link_mode:
            command += ["--link-mode", spec.link_mode]

        def run(*more: str) -> None:
            run_installer(
                self._processes,
                (*command, *more),
                cwd=spec.root,
                env=self._environ | config.translation.variables,
                stop=stop,
                phase="install",
                task="install the packages",
            )

        try:
            run("--offline")
        except CellError:
            run()

    def _config(self, spec: EnvSpec, stop: Stop) -> _Config:
        return self._configs.get(spec.root, lambda: self._read_config(Path(spec.root)), stop)

    def _read_config(self, root: Path) -> _Config:
        files = uv_files(self._environ, root)
        refuse_elsewhere(files)
        return _Config(
            translation=translated(self._environ, root),
            hashes={f.path: _hash(msgspec.json.encode(f.table, order="deterministic")) for f in files},
            pip=frozenset(key for file in files for key in file.pip),
        )

    def _resolve(self, spec: EnvSpec, want: Wanted, key: LockKey, stop: Stop) -> Lock:
        config = self._config(spec, stop)
        interpreter = interpreter_of(spec)
        folder = self._own / "locks" / key.digest()
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "key.json", msgspec.json.encode(key, order="deterministic").decode())
        command = _compile_command(spec, want, folder, find_uv(self._environ))
        if "universal" in config.pip:
            command = (*command, "--no-universal")
        try:
            captured = run_installer(
                self._processes,
                (*command, *config.translation.arguments, *_overruling(spec, config)),
                cwd=spec.root,
                env=self._environ | config.translation.variables,
                stop=stop,
                phase="lock",
                task=f"resolve the requirements for Python {interpreter.version}",
            )
        except CellError as error:
            lines = (_without_folder(error.message, folder, spec), *_translation_note(config.translation))
            raise CellError(error.phase, "\n".join(lines)) from error
        output = folder / "pylock.toml"
        pinned = msgspec.convert(tomllib.loads(output.read_text(encoding="utf-8")), _PyLock)
        return Lock(
            key=folder.name,
            path=str(output),
            pins=tuple(Pin(canonicalize_name(package.name), package.version) for package in pinned.packages),
            notes=(*_warnings(captured.stderr), *_translation_note(config.translation)),
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


def _overruling(spec: EnvSpec, config: _Config) -> list[str]:
    """Options that overrule a Python in the settings for `uv pip`: a cell has its own."""
    return ["--python-version", interpreter_of(spec).version] if "python-version" in config.pip else []


def _without_folder(message: str, folder: Path, spec: EnvSpec) -> str:
    """Leave our own folder out of what uv says of the files that we wrote there."""
    for path in (str(folder), os.path.relpath(folder, spec.root)):
        message = message.replace(f"{path}{os.sep}", "")
    return message


def _key(spec: EnvSpec, want: Wanted, environ: dict[str, str], config: _Config) -> LockKey:
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
            for name, value in (environ | config.translation.variables).items()
            if name.startswith("UV_") and not name.startswith(_LIFELESS)
        },
        arguments=config.translation.arguments,
        uv_settings=config.hashes,
        root=spec.root,
    )


def _warnings(stderr: str) -> tuple[str, ...]:
    """Return uv's warnings, with the indented lines that belong to them."""
    return tuple(re.findall(r"(?m)^warning:.*(?:\n[ \t].*)*", plain(stderr)))


def _translation_note(translation: Translation) -> tuple[str, ...]:
    if not translation.settings:
        return ()
    return (f"uv uses pip's settings: {', '.join(translation.settings)}",)


def _text(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
