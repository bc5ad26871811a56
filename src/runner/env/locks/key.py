"""What a lock follows from, in named parts: hashed for its name, compared for explanations."""

import hashlib
import os
import re

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.env.installers.uvconfig import UvConfig
from runner.env.requirements.credentials import blanked, concealed
from runner.env.requirements.wanted import Wanted
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.python import Interpreter

_MACOS = re.compile(r"(?<=^macosx-)[\d.]+-")


class Inputs(Struct, frozen=True, kw_only=True):
    """What is asked for. All is hashed or plain text without credentials.

    `python` is a version, with its implementation unless that is CPython. `files` maps names relative to root
    to the sha256 of contents, `settings` those of uv's settings to hashes. `project` is a name.
    """

    python: str = ""
    platform: str = ""
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    files: dict[str, str] = {}
    project: str = ""
    version: str = ""
    extras: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    requires_python: str = ""
    resolution: str = ""
    prerelease: bool = False
    exclude_newer: str = ""
    settings: dict[str, str] = {}

    def digest(self) -> str:
        """A name for them: 32 hex digits."""
        return _digest(self)


class LockKey(Struct, frozen=True, kw_only=True):
    """All that a resolution on this machine depends on; `interpreter` and `root` are absolute paths."""

    inputs: Inputs
    interpreter: str
    sys_version: str
    soabi: str
    size: int
    mtime: int
    arguments: tuple[str, ...]
    root: str

    def digest(self) -> str:
        """The name of the lock: 32 hex digits."""
        return _digest(self)


def interpreter_of(spec: EnvSpec) -> Interpreter:
    """Return the interpreter of a spec that has one. Raises CellError."""
    if spec.interpreter is None:
        raise CellError("lock", f"backend {spec.backend} gave no interpreter to resolve requirements for")
    return spec.interpreter


def lock_key(spec: EnvSpec, want: Wanted, config: UvConfig) -> LockKey:
    """Return the key of the lock for this spec on this machine."""
    interpreter = interpreter_of(spec)
    variables = {name: _hash(config.environ.get(name, "")) for name in want.variables}
    return LockKey(
        inputs=_inputs(spec, want, config.settings | variables),
        interpreter=interpreter.executable,
        sys_version=interpreter.sys_version,
        soabi=interpreter.soabi,
        size=interpreter.size,
        mtime=interpreter.mtime,
        arguments=(*config.arguments, *(("--no-deps",) if want.alone else ())),
        root=spec.root,
    )


def shared_inputs(spec: EnvSpec, want: Wanted, config: UvConfig) -> Inputs:
    """Return what a lock follows from that machines can share: any patch release, any folder, any index."""
    inputs = _inputs(spec, want, config.shared)
    return replace(
        inputs,
        python=short_version(inputs.python),
        platform=_MACOS.sub("", inputs.platform),
        requirements=tuple(_anywhere(line, spec.root) for line in inputs.requirements),
        constraints=tuple(_anywhere(line, spec.root) for line in inputs.constraints),
        files={_anywhere(name, spec.root): sha256 for name, sha256 in inputs.files.items()},
        version="",
        requires_python="",
    )


def short_version(version: str) -> str:
    """Return X.Y of a version of Python, an implementation before and a `t` after it kept."""
    threads = "t" if version.endswith("t") else ""
    return ".".join(version.split(".")[:2]).removesuffix("t") + threads


def _inputs(spec: EnvSpec, want: Wanted, settings: dict[str, str]) -> Inputs:
    interpreter = interpreter_of(spec)
    project = want.project

    def named(option: str, files: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{option} {_relative(file, spec.root)}" for file in files)

    return Inputs(
        python=_python(interpreter),
        platform=interpreter.platform,
        requirements=tuple(map(concealed, (*want.lines, *named("-r", want.files)))),
        constraints=tuple(map(concealed, (*want.constraints, *named("-c", want.constraint_files)))),
        fixed=tuple(sorted({f"{each.name}=={each.version}" for each in spec.fixed})),
        files={_relative(name, spec.root): sha256 for name, sha256 in want.contents.items()},
        project=project.name if project else "",
        version=project.version if project else "",
        extras=project.extras if project else (),
        dependencies=tuple(map(concealed, project.dependencies)) if project else (),
        requires_python=project.requires_python if project else "",
        resolution=spec.resolution,
        prerelease=want.prerelease,
        exclude_newer=spec.exclude_newer or "",
        settings=settings,
    )


def _python(interpreter: Interpreter) -> str:
    name = interpreter.implementation.lower()
    before = "" if name == "cpython" else f"{name} "
    return f"{before}{interpreter.version}{'t' if interpreter.free_threaded else ''}"


def _relative(name: str, root: str) -> str:
    return name if "://" in name else os.path.relpath(name, root)


def _anywhere(line: str, root: str) -> str:
    """Return a line without what only this machine has: the folder of the project, hashes of credentials."""
    return blanked(line).replace(f"{root}/", "{root}/")


def _digest(value: Struct) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
