"""What a Pipfile.lock pins for a cell: packages of its categories, whose files are to be looked up."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from runner.env.given.given import Given, alone
from runner.env.given.markers import marker_environment
from runner.env.given.pipfile import blaming, check_fresh, check_python, read_pipfile_lock
from runner.env.given.pipfile_lines import batches, is_direct
from runner.env.given.pipfile_lock import Entry
from runner.env.locks.key import interpreter_of
from runner.model.plan import EnvSpec


def from_pipfile(spec: EnvSpec, path: Path, environ: Mapping[str, str], *, with_project: bool) -> Given:
    """Return what is pinned; the project at the root only `with_project`. Raises CellError."""
    lock = read_pipfile_lock(path)
    notes = check_fresh(lock, path)
    interpreter = interpreter_of(spec)
    check_python(lock, path, interpreter.version)
    with blaming(path):
        pinned = lock.chosen(spec.groups, marker_environment(interpreter))
        if not with_project:
            pinned = tuple(entry for entry in pinned if not _is_project(entry, path.parent, spec))
        found = batches(pinned, lock.sources, path.parent, environ)
    unhashed = [entry.name for entry in pinned if not (entry.hashes or is_direct(entry))]
    if unhashed:
        notes += (f"{path.name} has no hashes for {', '.join(unhashed)}: their files are not checked",)
    return Given(
        wanted=tuple(replace(alone(spec, batch.lines), only=batch.index) for batch in found), notes=notes
    )


def _is_project(entry: Entry, folder: Path, spec: EnvSpec) -> bool:
    """Whether an entry is the project at the root: `package` says how that is installed."""
    return bool(entry.path) and os.path.realpath(folder / entry.path) == os.path.realpath(spec.root)
