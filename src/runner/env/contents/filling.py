"""Fill environments: what a lock pins and the project, then bytecode; none of it damaged."""

from functools import partial

from msgspec import Struct

from runner.env.contents.bytecode import Bytecode
from runner.env.contents.damage import Damage, damage_to
from runner.env.installers.uv import FileGoneError, Uv
from runner.env.locks.cells import CellLocks
from runner.model.environment import Built, Environment, Lock
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Stop


class Filling(Struct, frozen=True):
    """What an environment was filled with: the lock that served, and lines that tell how."""

    lock: Lock
    notes: tuple[str, ...]


class Filler:
    """Fills the environments of one run, those of cells and those of builds; `offline`: without a network."""

    def __init__(self, *, uv: Uv, locks: CellLocks, bytecode: Bytecode, offline: bool) -> None:
        self._uv = uv
        self._locks = locks
        self._bytecode = bytecode
        self._offline = offline

    def fill(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock, stop: Stop
    ) -> Filling:
        """Install the lock, or, once, the one that serves in its place; and link bytecode.

        What turns out to be damaged where uv keeps it is installed anew. Raises CellError and Cancelled.
        """
        notes = []
        project = built if spec.installs_project else None
        install = partial(self._uv.install, spec, environment, project, stop=stop, offline=self._offline)
        try:
            install(lock)
        except FileGoneError:
            if lock.origin not in {"remembered", "given"}:
                raise
            lock = self._locks.renew(spec, built, lock, stop)
            notes.append(f"lock: {lock.how}")
            install(lock)
        filled = self._bytecode.fill(spec, environment, lock, project, stop)
        damage = damage_to(environment, filled.changed) if filled.changed else None
        if damage is not None:
            notes.append(damage.words(self.cure(damage, spec, lock.sha256, stop)))
            install(lock, reinstall=damage.distributions)
            filled = self._bytecode.fill(spec, environment, lock, project, stop, reinstalled=True)
        notes += [f"bytecode: {filled.how}"] if filled.how else []
        return Filling(lock, tuple(notes))

    def cure(self, damage: Damage, spec: EnvSpec, lock_sha256: str, stop: Stop) -> str:
        """Undo the damage; return why that failed, empty when it is undone.

        Bytecode that does not fit its source any more stays until that is undone: by it, environments that
        are made until then find out.
        """
        try:
            self._uv.evict(damage.distributions, stop)
        except CellError as error:
            return error.message
        except Cancelled:
            return "the run was interrupted"
        self._bytecode.drop(spec, lock_sha256)
        return ""
