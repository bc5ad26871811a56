"""Bytecode across environments: what steps imported is compiled once, then linked into each environment."""

import base64
import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.env.contents.distributions import distributions
from runner.env.contents.imported import Imported, imported_in
from runner.env.contents.pycs import Entry, Pyc, check, collect, empty, put, read_entry, source_of
from runner.env.environ import installer_environ, plain
from runner.env.store import Store
from runner.env.turn import Turn
from runner.model.environment import Built, Environment, Lock
from runner.model.errors import Cancelled
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter
from runner.model.results import Exited

_TRIES = 3
"""How often an environment is filled from an entry that another runner replaces meanwhile."""

_COMPILED = (Exited(0), Exited(1))
"""How `compileall` ends: with 1 when some sources cannot be compiled, which many packages have."""


class BytecodeKey(Struct, frozen=True, kw_only=True):
    """What bytecode follows from: all sources, and the Python, which fixes its tag and magic number."""

    lock_sha256: str
    implementation: str
    sys_version: str
    soabi: str

    def json(self) -> bytes:
        """Return what is hashed, and kept beside what it names."""
        return msgspec.json.encode(self, order="deterministic")

    def digest(self) -> str:
        """The name of the entry: 32 hex digits."""
        return hashlib.sha256(self.json()).hexdigest()[:32]


class Filled(Struct, frozen=True):
    """What came of filling an environment with bytecode.

    `how` is for people, such as `reused (466 files)`; empty when nothing was to be done. `changed` are
    sources, relative to site-packages, that were modified in place where the installer keeps them: then
    nothing was linked, their distributions are to be evicted there, and the environment is to be made anew.
    """

    how: str = ""
    changed: tuple[str, ...] = ()


class _Job(Struct, frozen=True, kw_only=True):
    """One environment to fill."""

    key: BytecodeKey
    name: str
    python: str
    site: str
    lock: Lock
    built: Built | None
    reinstalled: bool


class _Ready(Struct, frozen=True):
    """An entry that fits the environment once the times of the `copies` are set; `how` it came to be."""

    how: str
    entry: Entry
    copies: tuple[Pyc, ...]


class Bytecode:
    """Fills the environments of one run with bytecode of the modules that steps imported in earlier ones.

    `imported` keeps the names of those modules, `store` what they were compiled to. `own` is a folder that
    only this run uses.
    """

    def __init__(
        self,
        *,
        store: Store,
        imported: Store,
        processes: Processes,
        environ: Mapping[str, str],
        own: Path,
    ) -> None:
        self._store = store
        self._imported = Imported(imported, own)
        self._processes = processes
        self._environ = installer_environ(environ)
        self._own = own
        self._unkept: dict[str, Path] = {}
        self._turns: dict[str, Turn] = {}

    def learn(self, spec: EnvSpec, environment: Environment, lock_sha256: str) -> None:
        """Remember which modules steps imported in this environment, for those that are made after it."""
        if environment.site is None or spec.interpreter is None:
            return
        key = _key(lock_sha256, spec.interpreter)
        with suppress(OSError):  # who cannot remember them does without
            self._imported.add(key.digest(), key.json(), imported_in(environment.site))

    def fill(
        self,
        spec: EnvSpec,
        environment: Environment,
        lock: Lock,
        built: Built | None,
        stop: Stop,
        *,
        reinstalled: bool = False,
    ) -> Filled:
        """Link bytecode into an environment in which no step has run yet.

        Sources are checked against what their distribution recorded before they are compiled. One that was
        `reinstalled` and still differs has a wrong record: Python compiles it by itself.

        What was learned and is not stored is compiled first. Bytecode is never worth an error: without it
        Python compiles by itself, and `how` says why. Raises Cancelled.
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
            reinstalled=reinstalled,
        )
        problem = ""
        for _ in range(_TRIES):
            try:
                return self._fill(job, stop)
            except FileNotFoundError as error:
                problem = str(error)
            except OSError as error:
                return Filled(f"none: {error}")
        return Filled(f"none, after {_TRIES} tries: {problem}")

    def drop(self, spec: EnvSpec, lock_sha256: str) -> None:
        """Forget the bytecode of this lock for the interpreter of `spec`: it may be damaged."""
        if spec.interpreter is not None:
            name = _key(lock_sha256, spec.interpreter).digest()
            self._unkept.pop(name, None)
            self._store.drop(name)

    def _fill(self, job: _Job, stop: Stop) -> Filled:
        """Fill one environment. Raises OSError, FileNotFoundError when another runner replaces the entry."""
        turn = self._turns.setdefault(job.name, Turn())
        # One cell compiles, those that need the same wait, and find it stored.
        turn.take(job.name, lambda: False, stop)
        try:
            ready = self._ready(job, stop)
        finally:
            turn.leave()
        if isinstance(ready, Filled):
            return ready
        put(ready.entry, job.site, ready.copies)
        return Filled(ready.how)

    def _ready(self, job: _Job, stop: Stop) -> _Ready | Filled:
        """Return an entry that fits, with all in it that was learned; Filled when sources were changed."""
        stored = self._stored(job.name)
        checked = check(stored, job.site)
        if checked.changed:
            return Filled(changed=checked.changed)
        if checked.fault:
            wanted = stored.manifest.paths() | self._imported.beyond(job.name, frozenset())
            return self._grow(job, _Ready("", empty(job.name), ()), wanted, checked.fault, stop)
        ready = _Ready(_reused(stored), stored, checked.copies)
        missing = self._imported.beyond(job.name, stored.manifest.known())
        return self._grow(job, ready, missing, "", stop) if missing else ready

    def _grow(
        self, job: _Job, base: _Ready, missing: AbstractSet[str], fault: str, stop: Stop
    ) -> _Ready | Filled:
        """Compile what is missing in an entry, and store it in place of that; `fault`: why it is anew."""
        recorded = _lasting(job, missing)
        altered = frozenset(path for path in recorded if not _is_as_recorded(job, path, recorded[path]))
        if altered and not job.reinstalled:
            return Filled(changed=tuple(sorted(source_of(path) for path in altered)))
        lasting = recorded.keys() - altered
        failure = self._compile(job, lasting, stop) if lasting else ""
        if failure:
            what = f"{base.how}, more" if base.how else "none: it"
            return replace(base, how=f"{what} could not be compiled: {failure}")
        made = self._new(job.name)
        entry = self._keep(job, collect(base.entry, job.site, lasting, missing - lasting, made))
        return _Ready(_how(base.entry, entry, fault) or base.how, entry, base.copies)

    def _stored(self, name: str) -> Entry:
        """Return the entry of this name; an empty one if there is none, or it is broken."""
        folder = self._store.find(name) or self._unkept.get(name)
        return (read_entry(folder, name) if folder else None) or empty(name)

    def _compile(self, job: _Job, paths: AbstractSet[str], stop: Stop) -> str:
        """Compile these modules with the environment's own Python; return why that could not be done."""
        listed = self._new(job.name)
        listed.write_text("".join(f"./{source_of(path)}\n" for path in sorted(paths)), encoding="utf-8")
        # Without site: no code of an installed distribution runs. Names are relative and UTF-8, whatever the
        # locale is.
        command = (job.python, "-I", "-S", "-X", "utf8", "-m", "compileall", "-qq", "-i", str(listed))
        said = self._processes.capture(command, cwd=job.site, env=self._environ, stop=stop)
        if stop.level:
            raise Cancelled
        if said.exit not in _COMPILED:
            return plain(said.stderr) or str(said.exit)
        return ""

    def _keep(self, job: _Job, made: Entry) -> Entry:
        """Put the entry into the store, in place of one that is there; the run goes on if it cannot."""
        (made.folder / "key.json").write_bytes(job.key.json())
        folder = self._store.keep(job.name, made.folder, instead=True)
        if folder == made.folder:
            self._unkept[job.name] = folder
        return Entry(folder, made.manifest)

    def _new(self, name: str) -> Path:
        """Return a path in this run's folder that nothing else has."""
        folder = self._own / "bytecode"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}-{token_hex(4)}"


def _key(lock_sha256: str, interpreter: Interpreter) -> BytecodeKey:
    return BytecodeKey(
        lock_sha256=lock_sha256,
        implementation=interpreter.implementation,
        sys_version=interpreter.sys_version,
        soabi=interpreter.soabi,
    )


def _lasting(job: _Job, paths: AbstractSet[str]) -> dict[str, str]:
    """Return those whose sources the lock fixes, with the hash that was recorded of the source.

    Neither the project's nor those of folders of this machine are among them.
    """
    pinned = {pin.name for pin in job.lock.pins} - ({job.built.name} if job.built else set())
    by_source = {f"{job.site}/{source_of(path)}": path for path in paths}
    return {
        by_source[file]: recorded
        for distribution in distributions(job.site)
        if distribution.name in pinned and not distribution.is_local_folder()
        for file, recorded in distribution.record()
        if file in by_source
    }


def _is_as_recorded(job: _Job, path: str, recorded: str) -> bool:
    """Say whether a source is what its distribution recorded; true for one without a hash, or not there."""
    kind, _, text = recorded.partition("=")
    if kind != "sha256":
        return True
    try:
        digest = hashlib.sha256(Path(job.site, source_of(path)).read_bytes()).digest()
    except FileNotFoundError:
        return True
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == text


def _reused(entry: Entry) -> str:
    return f"reused ({_files(entry)})" if entry.manifest.pycs else ""


def _how(base: Entry, entry: Entry, fault: str) -> str:
    """Say in words how an entry came from another; empty when nothing could be added."""
    if fault:
        return f"compiled anew, {fault} ({_files(entry)})"
    added = len(entry.manifest.pycs) - len(base.manifest.pycs)
    if not added:
        return ""
    return f"compiled {_count(added, ' more') if base.manifest.pycs else _files(entry)}"


def _files(entry: Entry) -> str:
    return _count(len(entry.manifest.pycs))


def _count(number: int, more: str = "") -> str:
    return f"{number}{more} file{'' if number == 1 else 's'}"
