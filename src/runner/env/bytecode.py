"""Bytecode across environments: compiled once for a lock and a Python, then linked into each environment."""

import hashlib
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from secrets import token_hex

import msgspec
from msgspec import Struct

from runner.env.distributions import distributions
from runner.env.environ import installer_environ, plain
from runner.env.once import Once
from runner.env.pycs import Manifest, check, put, read_manifest, take
from runner.env.store import Store
from runner.model.environment import Built, Environment, Lock
from runner.model.errors import Cancelled
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter
from runner.model.results import Exited

_TRIES = 3
"""How often an environment looks for an entry that fits it: another runner may replace it meanwhile."""

_COMPILED = (Exited(0), Exited(1))
"""How `compileall` ends: with 1 when some sources cannot be compiled, which many packages have."""


class BytecodeKey(Struct, frozen=True, kw_only=True):
    """What bytecode follows from: all sources, and the Python, which fixes its tag and magic number."""

    lock_sha256: str
    implementation: str
    sys_version: str
    soabi: str

    def digest(self) -> str:
        """The name of the entry: 32 hex digits."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:32]


class Filled(Struct, frozen=True):
    """What came of filling an environment with bytecode.

    `how` is for people, such as `reused (466 files)`; empty when nothing was to be done. `changed` are
    sources, relative to site-packages, that were modified in place where the installer keeps them: then
    nothing was linked, their distributions are to be evicted there, and the environment is to be made anew.
    """

    how: str = ""
    changed: tuple[str, ...] = ()


class _Entry(Struct, frozen=True):
    """Bytecode that can be linked: the folder it is in; `how` it came to be."""

    folder: Path
    manifest: Manifest
    how: str


class _Turn(Struct, frozen=True):
    """One generation of an entry in this run: it begins when the `bad` one before it did not serve."""

    number: int = 0
    bad: Manifest | None = None
    fault: str = ""


class _Job(Struct, frozen=True, kw_only=True):
    """One environment to fill."""

    key: BytecodeKey
    name: str
    python: str
    site: str
    lock: Lock
    built: Built | None
    compile_new: bool


class Bytecode:
    """Fills the environments of one run with bytecode. `own` is a folder that only this run uses.

    `cpus` is how many processes a compilation may use.
    """

    def __init__(
        self, *, store: Store, processes: Processes, environ: Mapping[str, str], own: Path, cpus: int = 1
    ) -> None:
        self._store = store
        self._processes = processes
        self._environ = installer_environ(environ)
        self._own = own
        self._cpus = cpus
        self._entries: Once[tuple[str, int], _Entry | str] = Once()
        self._turns: dict[str, _Turn] = {}
        self._guard = threading.Lock()

    def fill(
        self,
        spec: EnvSpec,
        environment: Environment,
        lock: Lock,
        built: Built | None,
        stop: Stop,
        *,
        compile_new: bool,
    ) -> Filled:
        """Link stored bytecode into an environment in which no step has run yet.

        Where nothing fitting is stored it is compiled first, once a run: for a lock that was resolved in this
        run only with `compile_new`. Bytecode is never worth an error: without it Python compiles by itself,
        and `how` says why. Raises Cancelled.
        """
        if environment.site is None or spec.interpreter is None:
            return Filled()
        key = _key(lock.sha256, spec.interpreter)
        job = _Job(
            key=key,
            name=key.digest(),
            python=environment.python,
            site=environment.site,
            lock=lock,
            built=built,
            compile_new=compile_new,
        )
        try:
            return self._fill(job, stop)
        except OSError as error:
            return Filled(f"none: {error}")

    def drop(self, spec: EnvSpec, lock_sha256: str) -> None:
        """Forget the bytecode of this lock for the interpreter of `spec`: it may be damaged."""
        if spec.interpreter is not None:
            name = _key(lock_sha256, spec.interpreter).digest()
            self._store.drop(name)
            self._begin(name, _Turn(self._turn(name).number + 1))

    def _fill(self, job: _Job, stop: Stop) -> Filled:
        fault = ""
        for _ in range(_TRIES):
            turn = self._turn(job.name)
            make = partial(self._make, job, turn, stop)
            entry = self._entries.get((job.name, turn.number), make, stop)
            if isinstance(entry, str):
                return Filled(entry)
            checked = check(entry.manifest, entry.folder, job.site)
            if checked.changed:
                return Filled(changed=checked.changed)
            fault = checked.fault or put(entry.manifest, entry.folder, job.site, checked.copies)
            if not fault:
                return Filled(f"{entry.how} ({len(entry.manifest.pycs)} files)")
            self._begin(job.name, _Turn(turn.number + 1, entry.manifest, fault))
        return Filled(f"none, after {_TRIES} tries: {fault}")

    def _turn(self, name: str) -> _Turn:
        with self._guard:
            return self._turns.get(name, _Turn())

    def _begin(self, name: str, new: _Turn) -> None:
        """Go on to the next generation, unless another cell already did."""
        with self._guard:
            if self._turns.get(name, _Turn()).number < new.number:
                self._turns[name] = new

    def _make(self, job: _Job, turn: _Turn, stop: Stop) -> _Entry | str:
        """Return the stored entry that is not the bad one, or compile; else say why there is none."""
        stored = self._stored(job.name)
        if stored is not None and (turn.bad is None or stored.manifest.files != turn.bad.files):
            return stored
        served_before = job.lock.origin != "resolved" or turn.bad is not None
        if not served_before and not job.compile_new:
            return ""
        return self._compile(job, turn.fault or "nothing stored", stop)

    def _stored(self, name: str) -> _Entry | None:
        folder = self._store.find(name)
        if folder is None:
            return None
        manifest = read_manifest(folder, name)
        if manifest is None:
            self._store.drop(name)
            return None
        return _Entry(folder, manifest, "reused")

    def _compile(self, job: _Job, why: str, stop: Stop) -> _Entry | str:
        """Compile all that is installed, with the environment's own Python, and store what may be stored."""
        jobs = () if self._cpus == 1 else ("-j", str(self._cpus))
        # Without site: no code of an installed distribution runs.
        command = (job.python, "-I", "-S", "-m", "compileall", "-qq", *jobs, job.site)
        said = self._processes.capture(command, cwd=str(self._own), env=self._environ, stop=stop)
        if stop.level:
            raise Cancelled
        if said.exit not in _COMPILED:
            return f"none: it could not be compiled: {plain(said.stderr) or said.exit}"
        made = self._own / "bytecode" / f"{job.name}-{token_hex(4)}"
        manifest = take(job.site, _left_out(job), job.name, made)
        (made / "key.json").write_bytes(msgspec.json.encode(job.key, order="deterministic"))
        folder = self._store.keep(job.name, made, instead=True)
        return _Entry(folder, manifest, f"compiled, {why}")


def _key(lock_sha256: str, interpreter: Interpreter) -> BytecodeKey:
    return BytecodeKey(
        lock_sha256=lock_sha256,
        implementation=interpreter.implementation,
        sys_version=interpreter.sys_version,
        soabi=interpreter.soabi,
    )


def _left_out(job: _Job) -> frozenset[str]:
    """Return the sources that the lock does not fix: of the project, and of folders of this machine."""
    pinned = {pin.name for pin in job.lock.pins} - ({job.built.name} if job.built else set())
    return frozenset(
        path
        for distribution in distributions(job.site)
        if distribution.name not in pinned or distribution.is_local_folder()
        for path in distribution.files()
        if path.endswith(".py")
    )
