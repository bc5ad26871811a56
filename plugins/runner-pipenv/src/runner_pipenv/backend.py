"""The backend: a bare environment, and what pipenv installs into it."""

import hashlib
import json
import os
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from runner import (
    BackendLock,
    CellError,
    Content,
    Environment,
    EnvSpec,
    Stop,
    create_virtualenv,
    pipfile_pins,
)
from runner_pipenv.syncing import sync


class Keys(Struct, frozen=True):
    """The keys that sessions with this backend have.

    `pipfile` is the path of the Pipfile, relative to the project's root; its lock is beside it. `categories`
    are installed besides `packages`: `dev`, or those with a name of their own.
    """

    pipfile: str = "Pipfile"
    categories: tuple[str, ...] = ()


class PipenvBackend:
    """Environments like those of the backend `virtualenv`, filled by `pipenv sync`."""

    name = "pipenv"
    keys = Keys

    def describe(self) -> str:
        """Return pipenv's name and version: what it installs may depend on it."""
        return f"pipenv {metadata.version('pipenv')}"

    def follow(self, spec: EnvSpec) -> BackendLock:
        """Return what Pipfile.lock pins for the cell. Raises CellError."""
        if spec.interpreter is None:
            raise CellError("lock", "pipenv needs a Python, and none was found")
        pipfile = _pipfile(spec)
        if not pipfile.is_file():
            raise CellError("lock", f"there is no {pipfile}: the key `pipfile` names it")
        lock = pipfile.with_name("Pipfile.lock")
        pins = pipfile_pins(str(lock), _categories(spec), spec.interpreter)
        text = "\n".join(json.dumps([pin.name, pin.version, pin.sha256, pin.python]) for pin in pins)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return BackendLock(text=text, sha256=sha256, how=f"from {os.path.relpath(lock, spec.root)}")

    def contents(self, lock: str) -> tuple[Content, ...]:
        """Return what `follow` found."""
        return tuple(Content(*json.loads(line)) for line in lock.splitlines())

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        """Create the environment and have pipenv fill it. Raises CellError."""
        environment = create_virtualenv(spec, folder, stop)
        sync(_pipfile(spec), _categories(spec), environment, stop)
        return environment


def _categories(spec: EnvSpec) -> tuple[str, ...]:
    found = spec.keys.get("categories", ())
    return tuple(map(str, found)) if isinstance(found, list | tuple) else ()


def _pipfile(spec: EnvSpec) -> Path:
    return Path(os.path.normpath(Path(spec.root, str(spec.keys.get("pipfile", "Pipfile")))))
