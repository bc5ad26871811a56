"""What a backend does itself, and what is refused where it cannot be done."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from runner.env.interpreters.find import Interpreters
from runner.env.interpreters.matching import release
from runner.env.interpreters.words import too_old
from runner.env.locks.backend import Resolver, fixed_by
from runner.env.store import OF_BACKENDS
from runner.model.environment import BackendLock
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, BringsInterpreter, FollowsLock, Installs, Resolves
from runner.model.ports import Stop
from runner.model.python import OLDEST, Interpreter, Missing, PythonSpec, dotted

NEVER_KEPT = "made anew: its backend installs by itself"
"""What `--reuse` says of an environment of which only its backend knows what is in it."""


_KEYS = {"requirements": "deps", "lock_from": "lock-from"}
"""What fields of a spec are called in the config, where that is not their name."""


def for_backend(
    spec: EnvSpec, backend: Backend, cache: Path, *, offline: bool, look: bool = False
) -> EnvSpec:
    """Return `spec` with the backend's own folder in the user cache `cache`, and what the backend may do."""
    return replace(spec, cache=str(cache / OF_BACKENDS / backend.name), offline=offline, look=look)


def brings_later(spec: EnvSpec, backend: Backend, stop: Stop) -> bool:
    """Whether its Python is not there yet, and `spec.look` forbids to make it. Raises CellError."""
    return (
        isinstance(backend, Resolves)
        and isinstance(backend, BringsInterpreter)
        and backend.interpreter(spec, stop) is None
    )


def with_backend_lock(
    spec: EnvSpec, backend: Backend, lock: Callable[[EnvSpec, Resolver], BackendLock]
) -> EnvSpec:
    """Return `spec` with what its backend pins, if it does; `lock` gives its lock. Raises CellError."""
    if not isinstance(backend, Resolves):
        return spec
    found = lock(spec, backend)
    return replace(
        spec,
        backend_lock=found,
        fixed=fixed_by(backend, found),
        requirements=(*spec.requirements, *backend.requirements(spec)),
    )


def with_interpreter(
    spec: EnvSpec,
    backend: Backend,
    interpreters: Interpreters,
    missing: Missing,
    stop: Stop,
) -> EnvSpec:
    """Return `spec` with the interpreter that it asks for, or that its backend brings. Raises CellError.

    What a lock of another tool says for that interpreter is added where the backend follows one.
    The spec must not ask for what nobody would install then: the project where the backend installs, anything
    by runner without a Python. `missing` says whether a cell without its interpreter is skipped.
    """
    if isinstance(backend, BringsInterpreter):
        spec = replace(spec, interpreter=_brought(spec, backend, interpreters, missing, stop))
    else:
        found = interpreters.find(spec.python, stop)
        spec = replace(spec, interpreter=served(found, spec.python, spec.backend))
    if isinstance(backend, Installs):
        _refuse(spec, ("package", "lock_from"), "installs by itself, and not the project")
    elif spec.interpreter is None:
        fields = ("package", "requirements", "groups", "seed", "lock_from")
        _refuse(spec, fields, "brings no Python to install into")
    if isinstance(backend, FollowsLock):
        lock = backend.follow(spec)
        spec = replace(spec, backend_lock=lock, fixed=fixed_by(backend, lock))
    return spec


def served(found: Interpreter, asked: PythonSpec, backend: str) -> Interpreter:
    """Return the interpreter, unless it is one that only commands can use. Raises CellError."""
    short = release(found.version)[:2]
    if short < OLDEST and backend != "none":
        raise too_old(dotted(short), asked.path or "")
    return found


def _brought(
    spec: EnvSpec,
    backend: BringsInterpreter,
    interpreters: Interpreters,
    missing: Missing,
    stop: Stop,
) -> Interpreter | None:
    try:
        path = backend.interpreter(spec, stop)
    except CellError as error:
        if error.skip is None:
            raise CellError(error.phase, error.message, skip=missing == "skip") from error
        raise
    return (
        None if path is None else interpreters.find(PythonSpec(text=path, path=path, missing="error"), stop)
    )


def _refuse(spec: EnvSpec, fields: tuple[str, ...], why: str) -> None:
    asked = {field: getattr(spec, field) not in {"none", (), None} for field in fields}
    wrong = [_KEYS.get(field, field) for field, is_asked in asked.items() if is_asked]
    if wrong:
        none = {"package": 'package = "none"', "lock-from": "lock-from = false"}.get(wrong[0])
        none = none or f"{wrong[0]} = []"
        raise CellError(
            "install",
            f'backend = "{spec.backend}" {why}, but the session sets {", ".join(wrong)}'
            f"\nremove what it sets, as in {none}, or choose another backend",
        )
