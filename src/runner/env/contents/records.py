"""What is remembered of an environment for `--reuse`: what it was made from, and what is in it."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from runner.env.ages import age
from runner.env.contents.damage import stamped
from runner.env.contents.installed import installed
from runner.env.folders import is_marked, write_whole
from runner.model.encode import canonical, decoded
from runner.model.environment import Built, Environment, Lock, Reused
from runner.model.plan import EnvSpec
from runner.model.python import Interpreter

_FILE = ".environment.json"


class PythonPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which interpreter: `size` (bytes) and `mtime` (nanoseconds) are those of its executable."""

    executable: str
    version: str
    sys_version: str
    size: int
    mtime: int


class EnvParts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that must be equal for an environment to be kept.

    `lock`, `backend_lock` and `wheel` are hex digests of contents, empty where there is none, `keys` those of
    values, which may be secret; `backend` is what it says of itself: name and version. `python` is None where
    the backend brings one.
    """

    python: PythonPart | None
    lock: str
    wheel: str
    backend: str
    installer: str
    link_mode: str | None
    system_site_packages: bool
    seed: tuple[str, ...]
    keys: dict[str, str] = {}
    backend_lock: str = ""


class EnvRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An environment as it was when its installation was finished, at `made`: seconds since 1970.

    `lock_key` names what its lock followed from; it is empty without a lock.
    """

    parts: EnvParts
    lock_key: str = ""
    environment: Environment
    made: float

    def is_of(self, folder: Path) -> bool:
        """Say whether the environment is in `folder`: not where a copied or moved project came from."""
        return self.environment.folder == str(folder)


_WORDS = {
    "lock": "the lock changed",
    "wheel": "the wheel changed",
    "backend": "the backend changed ({} -> {})",
    "installer": "the installer changed ({} -> {})",
    "link_mode": "link-mode changed",
    "system_site_packages": "system-site-packages changed",
    "seed": "seed changed",
    "keys": "a key of the session type or the backend changed",
    "backend_lock": "the lock of the backend changed",
}


def parts_of(spec: EnvSpec, built: Built | None, lock: Lock | None, description: str) -> EnvParts:
    """Return what an environment is made from; `description` is what its backend says of itself."""
    return EnvParts(
        python=_python_part(spec.interpreter) if spec.interpreter else None,
        lock=lock.sha256 if lock else "",
        wheel=built.sha256 if built and spec.installs_project else "",
        backend=description,
        installer=spec.installer,
        link_mode=spec.link_mode,
        system_site_packages=spec.system_site_packages,
        seed=spec.seed,
        keys={name: hashlib.sha256(canonical(value)).hexdigest() for name, value in spec.keys.items()},
        backend_lock=spec.backend_lock.sha256 if spec.backend_lock else "",
    )


def write_record(folder: Path, record: EnvRecord) -> None:
    """Write the record into `folder`: when all is installed, before any step. Raises OSError."""
    write_whole(folder / _FILE, msgspec.json.encode(record).decode())


def read_record(folder: Path) -> EnvRecord | None:
    """Return the record in an environment's folder; None for one that is broken, missing or not ours."""
    try:
        text = (folder / _FILE).read_bytes()
        record = decoded(text, EnvRecord)
    except (OSError, ValueError):  # msgspec's errors, and those of text that is no UTF-8
        return None
    return record if is_marked(folder) and not folder.is_symlink() else None


def drop_record(folder: Path) -> None:
    """Make sure that the environment is not kept: something in it was damaged. Raises OSError."""
    (folder / _FILE).unlink(missing_ok=True)


def differences(old: EnvParts, new: EnvParts) -> tuple[str, ...]:
    """Say in words what changed; nothing when all parts are equal."""
    before, now = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    changed = tuple(
        words.format(before[name], now[name]) for name, words in _WORDS.items() if before[name] != now[name]
    )
    return changed if old.python == new.python else (_interpreters(old.python, new.python), *changed)


def reused(folder: Path, parts: EnvParts, lock: Lock | None, now: float) -> Reused:
    """Return the environment in `folder` if it was made from the same parts, else why it is made anew.

    Nothing is said of the backend that makes none.
    """
    if parts.backend == "none":
        return Reused()
    anew = _unknowable(parts, lock)
    if anew:
        return Reused(f"made anew: {anew}")
    record = read_record(folder)
    if record is None:
        there = folder.exists()
        return Reused(f"made anew: nothing {'is known of what was' if there else 'was'} there")
    changed = _changed(record, folder, parts)
    if changed:
        return Reused(f"made anew: {changed}")
    return Reused(
        f"kept, made {age(now - record.made)} ago", record.environment, installed(record.environment)
    )


def _changed(record: EnvRecord, folder: Path, parts: EnvParts) -> str:
    """Say why the environment that was made is not the one that is wanted; empty when it is."""
    if not record.is_of(folder):
        return f"it was made for {record.environment.folder}"
    changed = differences(record.parts, parts)
    if changed:
        return ", ".join(changed)
    if stamped(record.environment) is not None:
        return "the run that used it last was killed"
    return "" if Path(record.environment.python).exists() else "its python is gone"


def _python_part(interpreter: Interpreter) -> PythonPart:
    return PythonPart(
        executable=interpreter.executable,
        version=interpreter.version,
        sys_version=interpreter.sys_version,
        size=interpreter.size,
        mtime=interpreter.mtime,
    )


def _interpreters(old: PythonPart | None, new: PythonPart | None) -> str:
    if old is None or new is None:
        return "the interpreter changed"
    if old.version != new.version:
        return f"the interpreter changed ({old.version} -> {new.version})"
    if old.executable != new.executable:
        return f"the interpreter changed ({old.executable} -> {new.executable})"
    return f"the interpreter changed ({new.executable} is another file)"


def _unknowable(parts: EnvParts, lock: Lock | None) -> str:
    """Say why nobody can know that an environment would come out the same; empty when one can."""
    if parts.installer == "pip":
        return "pip decides anew each time what it installs"
    folders = ", ".join(pin.name for pin in lock.pins if not pin.version) if lock else ""
    return f"{folders} is installed from a folder, which may have changed" if folders else ""
