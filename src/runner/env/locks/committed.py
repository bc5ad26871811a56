"""Locks in the project's `locks/`, under version control: written by `runner lock`, used by every run."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.env.installers.uv import Uv
from runner.env.installers.uvresolving import Resolving
from runner.env.locks.changes import input_changes
from runner.env.locks.files import HEADER, is_ours, read_committed
from runner.env.locks.key import Inputs, lock_key, shared_inputs
from runner.env.locks.standing import Committed, CommittedFile, missing_from, verdict, written
from runner.env.once import Once
from runner.env.requirements.credentials import has_credentials
from runner.env.requirements.pylock import (
    absolute,
    checked,
    committed_path,
    folder_notes,
    pins,
    quoted,
    relative,
)
from runner.env.requirements.wanted import Wanted, wanted
from runner.model.encode import converted
from runner.model.environment import Built, Lock, LockPolicy, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Stop
from runner.model.toml import parse

_TABLE = "[tool.matrix-runner]"


class _Ours(Struct):
    inputs: str
    parts: Inputs


class _Tool(Struct, rename={"ours": "matrix-runner"}):
    ours: _Ours


class _Document(Struct):
    tool: _Tool


class CommittedLock(CommittedFile, frozen=True, kw_only=True):
    """A committed lock that is there; its text has absolute paths, and no table of ours."""

    inputs: Inputs

    def lock(self) -> Lock:
        """Return it as the lock of its cell; its hash is that of the text with absolute paths."""
        return Lock(
            key=self.inputs.digest(),
            path=str(self.path),
            sha256=hashlib.sha256(self.text.encode()).hexdigest(),
            pins=self.pins,
            origin="committed",
            how="committed",
            notes=folder_notes(self.text),
        )


class CommittedLocks:
    """The committed locks of a project's cells. `own` is the run's folder."""

    def __init__(self, uv: Uv, policy: LockPolicy, own: Path) -> None:
        self._uv = uv
        self._policy = policy
        self._own = own
        self._texts: Once[tuple[str, str], str] = Once()

    def find(self, spec: EnvSpec, want: Wanted, stop: Stop) -> CommittedLock | None:
        """Return the lock of the cell, however it is. Raises CellError for a file that is not ours."""
        path = committed_path(spec.root, spec.cell)
        content = read_committed(path, lambda text: f"\n{_TABLE}\n" in text)
        if content is None:
            return None
        inputs = shared_inputs(spec, want, self._uv.config(spec, stop))
        body, header, table = content.partition(f"\n{_TABLE}\n")
        there = CommittedLock(path=path, content=content, text=body, inputs=inputs)
        try:
            before = _inputs_in(header + table)
            text, found = _packages_in(body, path.parent)
        except ValueError as error:
            return replace(there, damage=str(error))
        return replace(there, text=text, pins=found, differences=input_changes(before, inputs))

    def check(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Say whether the committed lock is fresh, stale or missing; resolve nothing."""
        path, want = committed_path(spec.root, spec.cell), wanted(spec, built)
        if _lockless(spec, want):
            return Committed(path, "nothing")
        return verdict(self._examined(spec, want, stop), path)

    def commit(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Committed:
        """Write the committed lock unless it is fresh; its versions stay unless the policy says otherwise."""
        path, want = committed_path(spec.root, spec.cell), wanted(spec, built)
        if _lockless(spec, want):
            return Committed(path, "nothing")
        there = self._examined(spec, want, stop)
        if there is not None and there.serves(self._policy):
            return Committed(path, "unchanged", absent=missing_from(there.pins, self._policy))
        text = self._resolved(spec, want, there.kept(self._policy) if there else "", stop)
        inputs = shared_inputs(spec, want, self._uv.config(spec, stop))
        content = _content(spec, relative(text, path.parent, Path(spec.root)), inputs)
        return written(path, content, pins(text), there, policy=self._policy, own=self._own)

    def _examined(self, spec: EnvSpec, want: Wanted, stop: Stop) -> CommittedLock | None:
        """Return what `find` does, all of it read: for a run that would take too long."""
        there = self.find(spec, want, stop)
        if there is None or there.damage:
            return there
        try:
            checked(there.content)
        except ValueError as error:
            return replace(there, damage=str(error))
        return there

    def _resolved(self, spec: EnvSpec, want: Wanted, preferred: str, stop: Stop) -> str:
        """Return the text of a new lock, resolved once for all cells that want the same."""
        resolving = Resolving(
            preferred=preferred,
            upgrade=self._policy.upgrade_packages,
            offline=self._policy.offline,
            portable=True,
        )
        key = lock_key(spec, want, self._uv.config(spec, stop)).digest()
        text = self._texts.get(
            (key, preferred), lambda: self._uv.resolve(spec, want, resolving, stop).text, stop
        )
        if has_credentials(text):
            raise CellError(
                "lock",
                "an address among the requirements holds credentials, and would be committed with them: leave"
                " them to a netrc file or a keyring",
            )
        return text


def _lockless(spec: EnvSpec, want: Wanted) -> bool:
    """Whether there is nothing to lock: nothing is wanted, or not by uv, or for no Python that we know."""
    return want.nothing or spec.installer == "pip" or spec.interpreter is None


def strays(root: str, expected: Collection[Path]) -> tuple[Path, ...]:
    """Return the committed locks that runner wrote and nothing expects."""
    there = sorted((Path(root) / "locks").glob("*.*.*"))
    return tuple(path for path in there if path not in expected and is_ours(path))


def _inputs_in(table: str) -> Inputs:
    """Return what a lock follows from, of our table at its end. Raises ValueError."""
    if not table:
        raise ValueError("its end is missing")
    try:
        ours = converted(parse(table), _Document).tool.ours
        inputs, said = ours.parts, ours.inputs
    except ValueError as error:
        raise ValueError(f"its table {_TABLE} cannot be read: {error}") from error
    if said != inputs.digest():
        raise ValueError(f"its table {_TABLE} was changed by hand")
    return inputs


def _packages_in(body: str, folder: Path) -> tuple[str, tuple[Pin, ...]]:
    """Return a lock with absolute paths, and what it pins; it is in `folder`. Raises ValueError."""
    changed = "it is not as runner wrote it"
    try:
        text = absolute(body, folder)
        found = pins(text)
    except ValueError as error:  # what is quoted is no text of TOML
        raise ValueError(changed) from error
    if text.count("[[packages]]") != len(found):
        raise ValueError(changed)
    return text, found


def _content(spec: EnvSpec, text: str, inputs: Inputs) -> str:
    """Return the whole text of a committed lock; equal arguments give equal text."""
    parts = "".join(_assignments(msgspec.to_builtins(inputs)))
    return (
        f"{HEADER} for the cell {spec.cell}: `runner lock -e {spec.cell}` updates it.\n{text}"
        f'\n{_TABLE}\ninputs = "{inputs.digest()}"\n\n[tool.matrix-runner.parts]\n{parts}'
    )


def _assignments(parts: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a table of TOML: text, truth, lists and tables of text; the empty is left out."""
    for name, value in parts.items():
        match value:
            case bool():
                if value:
                    yield f"{name} = true\n"
            case str():
                if value:
                    yield f"{name} = {quoted(value)}\n"
            case dict():
                yield from (f"{name}.{quoted(key)} = {quoted(value[key])}\n" for key in sorted(value))
            case list() | tuple():
                if value:
                    yield from (f"{name} = [\n", *(f"  {quoted(item)},\n" for item in value), "]\n")
            case _:
                raise TypeError(f"{name}: {value!r}")
