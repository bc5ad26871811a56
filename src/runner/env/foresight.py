"""How cells would be made, said before anything is: for `runner plan`, which touches nothing."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from runner.env.backends.powers import (
    NEVER_KEPT,
    brings_later,
    for_backend,
    with_backend_lock,
    with_interpreter,
)
from runner.env.contents.records import parts_of, reused
from runner.env.folders import check_cache
from runner.env.locks.choose import NOTHING
from runner.env.parts import Setting, assemble
from runner.model.environment import Built
from runner.model.errors import CellError, first_line
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend, Installs, Resolves
from runner.model.ports import Stop


class Foreseen(Struct, frozen=True, kw_only=True):
    """How one cell would be made, in words: empty where there is nothing to make.

    `python` and `interpreter` are version and path of the interpreter that would be used; without one,
    `missing` says why. `environment` is empty without `--reuse`.
    """

    python: str | None = None
    interpreter: str | None = None
    missing: str = ""
    wheel: str = ""
    lock: str = ""
    environment: str = ""


class Foresight:
    """Says how the workshop of a run with the same setting would make what cells need. `close()` it.

    Raises ConfigError when the user cache cannot be used.
    """

    def __init__(self, setting: Setting, backends: Callable[[str], Backend]) -> None:
        check_cache(setting.cache)
        self._setting = setting
        self._backends = backends
        self._parts = assemble(setting, foresee=True)

    def see(self, spec: EnvSpec, stop: Stop) -> Foreseen:
        """Return how the environment of `spec` would be made. Raises Cancelled."""
        try:
            backend, interpreters = self._backends(spec.backend), self._parts.interpreters
            offline = self._setting.policy.offline
            spec = for_backend(spec, backend, self._setting.cache, offline=offline, look=True)
            if isinstance(backend, Resolves):
                seen = self._parts.backend_locks.look(spec, backend)
                if isinstance(seen, str):
                    return Foreseen(missing=f"brought by {spec.backend}", lock=f"{spec.backend}: {seen}")
                spec = with_backend_lock(spec, backend, lambda *_: seen)
                if brings_later(spec, backend, stop):
                    return Foreseen(missing=f"brought by {spec.backend}", lock=f"{spec.backend}: {seen.how}")
            spec = with_interpreter(spec, backend, interpreters, self._setting.missing, stop)
        except CellError as error:
            return Foreseen(missing=first_line(error.message))
        found = spec.interpreter
        if found is None:
            return Foreseen(missing=f"brought by {spec.backend}")
        wheel, built = self._wheel(spec, stop)
        return Foreseen(
            python=found.version,
            interpreter=found.executable,
            wheel=wheel,
            lock=_with_backends(spec, self._lock(spec, built, stop)),
            environment=self._environment(spec, built, stop) if self._setting.reuse else "",
        )

    def close(self) -> None:
        """Drop what was kept for looking."""
        self._parts.interpreters.close()

    def _wheel(self, spec: EnvSpec, stop: Stop) -> tuple[str, Built | None]:
        if spec.package == "none":
            return "", None
        try:
            seen = self._parts.packages.look(spec, stop)
        except CellError as error:
            return f"error: {first_line(error.message)}", None
        return seen.how, seen.built

    def _lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> str:
        if isinstance(self._backends(spec.backend), Installs):
            return "none: its backend installs by itself"
        if spec.installer == "pip":
            return "none: pip resolves at each install"
        if spec.package != "none" and built is None:
            return "known when the wheel is built"
        try:
            return self._parts.locks.look(spec, built, stop)
        except CellError as error:
            return f"error: {first_line(error.message)}"

    def _environment(self, spec: EnvSpec, built: Built | None, stop: Stop) -> str:
        if isinstance(self._backends(spec.backend), Installs):
            return NEVER_KEPT
        if spec.package != "none" and built is None:
            return "known when the wheel is built"
        lock = None
        try:
            if spec.installer == "uv":
                lock = self._parts.locks.peek(spec, built, stop)
                if lock is None and self._parts.locks.look(spec, built, stop) != NOTHING:
                    return "known when the lock is resolved"
        except CellError:
            return ""  # said of the lock
        made_from = parts_of(spec, built, lock, self._backends(spec.backend).describe())
        return reused(Path(spec.folder), made_from, lock, self._setting.clock.time()).how


def _with_backends(spec: EnvSpec, lock: str) -> str:
    """Return how a cell comes to its locks: its backend's, if that has one, and what comes on top."""
    below = spec.backend_lock
    return lock if below is None else f"{spec.backend}: {below.how}; on top: {lock}"
