"""Keeping a cell's files with the run: artifacts by glob, and what collectors attach."""

import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from msgspec import Struct

from runner.model.plan import ReadyCell
from runner.nofollow import new_file
from runner.run.job import Job

Parts = tuple[str, ...]
"""A pattern, or what is left of one, folder by folder."""


class Kept(Struct, frozen=True):
    """What was copied, as paths relative to the run's folder, and what could not be."""

    artifacts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def keep_artifacts(cell: ReadyCell, job: Job) -> Kept:
    """Copy the files that the cell's `artifacts` match below its root; a folder means all in it."""
    root, skip = Path(cell.root), _own_folder(cell, job)
    artifacts: dict[str, None] = {}
    warnings: list[str] = []
    for pattern in cell.settings.artifacts:
        parts = PurePath(pattern).parts
        if PurePath(pattern).is_absolute() or ".." in parts:
            warnings.append(f"artifacts: {pattern} leads out of the project, so nothing is kept for it")
            continue
        for file in sorted(_matches(root, parts, skip)):
            kept = _keep(file, root, cell, job)
            artifacts.update(dict.fromkeys(kept.artifacts))
            warnings.extend(kept.warnings)
    return Kept(tuple(artifacts), tuple(warnings))


def keep_attachments(paths: tuple[str, ...], cell: ReadyCell, job: Job) -> Kept:
    """Copy files that collectors attach: from below the cell's root, its environment, or the run's folder.

    Those in the run's folder are kept already.
    """
    kept = [_attachment(Path(os.path.normpath(path)), cell, job) for path in paths]
    artifacts = (name for each in kept for name in each.artifacts)
    return Kept(tuple(artifacts), tuple(line for each in kept for line in each.warnings))


def _attachment(path: Path, cell: ReadyCell, job: Job) -> Kept:
    if not os.path.isfile(path):  # noqa: PTH113 - no error where stat has one
        return Kept((), (f"{path} is not kept: there is no such file",))
    if _is_inside(path, Path(job.folder)):
        return Kept((path.relative_to(job.folder).as_posix(),))
    for base in (cell.env_dir, cell.root):
        if path.is_relative_to(base):
            return _keep(path, Path(base), cell, job)
    return Kept((), (f"{path} is not kept: it is outside of the project",))


def _keep(file: Path, base: Path, cell: ReadyCell, job: Job) -> Kept:
    name = PurePath("artifacts", cell.cell.folder, file.relative_to(base))
    target = Path(job.folder, name)
    if not _is_inside(file, base):
        return Kept((), (f"{file} is not kept: it is a link that leads out of {base}",))
    try:
        with file.open("rb") as source, new_file(target) as copy:
            shutil.copyfileobj(source, copy)
    except OSError as error:
        return Kept((), (f"{file} could not be kept: {error.strerror or error}",))
    return Kept((name.as_posix(),))


def _is_inside(path: Path, folder: Path) -> bool:
    real = Path(os.path.realpath(path))  # Path.resolve raises where links lead in a circle
    return path.is_relative_to(folder) and real.is_relative_to(os.path.realpath(folder))


def _own_folder(cell: ReadyCell, job: Job) -> str | None:
    """Return the folder that is runner's, where globs do not look; None when the cell's root is in it."""
    own, root = os.path.commonpath([job.folder, job.logs]), os.path.realpath(cell.root)
    inside = Path(own).is_relative_to(root) and not Path(root).is_relative_to(own)
    return os.path.join(cell.root, os.path.relpath(own, root)) if inside else None  # noqa: PTH118 - compared as text


def _matches(root: Path, pattern: Parts, skip: str | None) -> Iterator[Path]:
    """Yield the files below `root` that match, each once; links to folders are not followed."""
    todo = [(root, frozenset({pattern}))]
    while todo:
        folder, rests = todo.pop()
        for entry in _entries(folder, skip):
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                below = frozenset(below for rest in rests for below in _below(entry.name, rest))
                todo += [(path, below)] if below else []
            elif any(_fits(entry.name, rest) for rest in rests) and os.path.isfile(path):  # noqa: PTH113 - no error where stat has one
                yield path


def _below(name: str, rest: Parts) -> Iterator[Parts]:
    """Yield what is left of a pattern inside the folder `name`; nothing left: all that is in it matches."""
    if not rest:
        yield rest
    elif rest[0] == "**":
        yield rest
        yield from _below(name, rest[1:]) if rest[1:] else ()
    elif fnmatchcase(name, rest[0]):
        yield rest[1:]


def _fits(name: str, rest: Parts) -> bool:
    """Whether a file called `name` is what is left of a pattern."""
    while rest and rest[0] == "**":
        rest = rest[1:]
    return not rest or (len(rest) == 1 and fnmatchcase(name, rest[0]))


def _entries(folder: Path, skip: str | None) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if os.path.join(folder, entry.name) != skip]  # noqa: PTH118 - compared as text, for speed
    except OSError:
        return []
