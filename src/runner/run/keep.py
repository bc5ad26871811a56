"""Keeping a cell's files with the run: artifacts by glob, and what collectors attach."""

import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from msgspec import Struct

from runner.model.plan import ReadyCell
from runner.run.job import Job


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
        for file in sorted(set(_matches(root, parts, skip))):
            kept = _keep(file, root, cell, job)
            artifacts.update(dict.fromkeys(kept.artifacts))
            warnings.extend(kept.warnings)
    return Kept(tuple(artifacts), tuple(warnings))


def keep_attachments(paths: tuple[str, ...], cell: ReadyCell, job: Job) -> Kept:
    """Copy files that collectors attach: from below the cell's root, its environment, or the run's folder.

    Those in the run's folder are kept already.
    """
    kept = [_attachment(Path(path), cell, job) for path in paths]
    artifacts = (name for each in kept for name in each.artifacts)
    return Kept(tuple(artifacts), tuple(line for each in kept for line in each.warnings))


def _attachment(path: Path, cell: ReadyCell, job: Job) -> Kept:
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
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    except OSError as error:
        return Kept((), (f"{file} could not be kept: {error.strerror}",))
    return Kept((name.as_posix(),))


def _is_inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and path.resolve().is_relative_to(folder.resolve())


def _own_folder(cell: ReadyCell, job: Job) -> str | None:
    """Return the folder that is runner's, where globs do not look; None when the cell's root is in it."""
    own = os.path.commonpath([job.folder, job.logs])
    return None if Path(cell.root).is_relative_to(own) else own


def _matches(folder: Path, parts: tuple[str, ...], skip: str | None) -> Iterator[Path]:
    """Yield the files that match; links to folders are not followed."""
    for entry in _entries(folder, skip):
        path = folder / entry.name
        if not entry.is_dir(follow_symlinks=False):
            if _fits(entry.name, parts) and entry.is_file():
                yield path
            continue
        if not parts:
            yield from _matches(path, (), skip)
            continue
        if parts[0] == "**":
            yield from _matches(path, parts, skip)
            if parts[1:] and fnmatchcase(entry.name, parts[1]):
                yield from _matches(path, parts[2:], skip)
        elif fnmatchcase(entry.name, parts[0]):
            yield from _matches(path, parts[1:], skip)


def _fits(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a file called `name` is what is left of a pattern; nothing left: it is in a folder that is."""
    rest = parts
    while rest and rest[0] == "**":
        rest = rest[1:]
    return not rest or (len(rest) == 1 and fnmatchcase(name, rest[0]))


def _entries(folder: Path, skip: str | None) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if os.path.join(folder, entry.name) != skip]  # noqa: PTH118 - compared as text, for speed
    except OSError:
        return []
