"""Environments to build the project in: made as those of cells are, from remembered locks."""

from itertools import count
from pathlib import Path
from typing import NamedTuple

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.bytecode import Bytecode
from runner.env.contents.filling import Filler
from runner.env.locks.choose import Locks
from runner.model.environment import Environment, Lock
from runner.model.plan import EnvSpec
from runner.model.ports import Stop


class _Made(NamedTuple):
    """A build environment, and what it was filled with."""

    spec: EnvSpec
    environment: Environment
    lock: Lock


class BuildEnvironments:
    """Makes build environments below `folder`."""

    def __init__(
        self,
        *,
        backend: VirtualenvBackend,
        filler: Filler,
        locks: Locks,
        bytecode: Bytecode,
        folder: Path,
    ) -> None:
        self._backend = backend
        self._filler = filler
        self._locks = locks
        self._bytecode = bytecode
        self._folder = folder
        self._numbers = count(1)
        self._made: list[_Made] = []

    def lock(self, lines: tuple[str, ...], spec: EnvSpec, stop: Stop) -> Lock | None:
        """Return the lock of these requirements for `spec.interpreter`; None for none. Raises CellError."""
        return self._locks.lock(self._needs(lines, spec), None, stop)

    def peek(self, lines: tuple[str, ...], spec: EnvSpec, stop: Stop) -> Lock | None:
        """Return the same if it can be had without resolving, else None."""
        return self._locks.peek(self._needs(lines, spec), None, stop)

    def make(self, lines: tuple[str, ...], spec: EnvSpec, stop: Stop) -> Environment:
        """Return a new environment for `spec.interpreter` with these requirements in it. Raises CellError."""
        needs = self._needs(lines, spec)
        folder = self._folder / str(next(self._numbers))
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = self.lock(lines, spec, stop)
        environment = self._backend.create(needs, folder, stop)
        if lock is not None:
            filling = self._filler.fill(needs, environment, None, lock, stop)
            self._made.append(_Made(needs, environment, filling.lock))
        return environment

    def learn(self) -> None:
        """Remember which modules the builds imported, when they are over."""
        for made in self._made:
            self._bytecode.learn(made.spec, made.environment, made.lock.sha256)

    def _needs(self, lines: tuple[str, ...], spec: EnvSpec) -> EnvSpec:
        return EnvSpec(
            root=spec.root,
            backend=self._backend.name,
            installer="uv",
            python=spec.python,
            interpreter=spec.interpreter,
            requirements=lines,
            exclude_newer=spec.exclude_newer,
        )
