"""What git sees of a project, else all but ignored names; and copies of it."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from runner.env.package.git import Git, Listed, find_git, seen_by_git
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Processes, Stop

_IGNORED = (
    *(".git", ".hg", ".svn", ".tox", ".nox", ".venv", "__pycache__", "*.pyc", "*.egg-info", ".eggs"),
    *(".*_cache", ".pdm-build", ".hypothesis", ".coverage", ".coverage.*", "node_modules"),
)
_IGNORED_AT_PACKAGE_ROOT = ("build", "dist")
_IGNORED_WITH = frozenset(("pyvenv.cfg", "CACHEDIR.TAG"))


def listed_files(
    root: Path,
    work_dir: Path,
    processes: Processes,
    environ: Mapping[str, str],
    stop: Stop,
    *,
    package_root: Path | None = None,
) -> tuple[str, ...]:
    """Return the paths of what `listed` finds. Raises CellError when git or a folder cannot be read."""
    git = find_git(processes, environ, stop)
    return tuple(file.path for file in listed(root, work_dir, git, stop, package_root=package_root))


def listed(
    root: Path,
    work_dir: Path,
    git: Git | None,
    stop: Stop,
    *,
    package_root: Path | None = None,
    tolerant: bool = False,
) -> tuple[Listed, ...]:
    """Return the files and links below `root` that belong to the project: relative, `/` between, sorted.

    With git: tracked files that exist, and untracked ones that neither git nor we ignore, submodules
    included. Without git, or where git sees nothing: all but what we ignore. The work-dir is never in it.
    Raises CellError when git fails, and Cancelled. A folder that cannot be read is a CellError, too, or, when
    `tolerant`, as if it were empty.
    """
    ignores = _ignores(root, work_dir, package_root or root)
    seen = tuple(seen_by_git(git, root, tolerant=tolerant)) if git else ()
    inside = below(work_dir, root)
    if seen:
        chosen = {
            file.path: file
            for file in seen
            if not (inside and is_in(file.path, inside))
            and (file.tracked or not _any_ignored(file.path, ignores))
        }
    else:
        walked = _walk(root, "", ignores, stop, tolerant=tolerant)
        chosen = {path: Listed(path, tracked=False) for path in walked}
    return tuple(chosen[path] for path in sorted(chosen))


def copy_source(
    *,
    root: Path,
    work_dir: Path,
    folder: Path,
    processes: Processes,
    environ: Mapping[str, str],
    stop: Stop,
    package_root: Path | None = None,
) -> None:
    """Copy what git sees of `root` into the new `folder`, with modes and times.

    Links that lead inside stay links; one that leads out goes on to the same place. Sockets and the like
    are left out. Raises CellError naming what cannot be copied, and Cancelled.
    """
    files = listed_files(root, work_dir, processes, environ, stop, package_root=package_root)
    _make_folder(folder)
    made = {folder}
    links: set[str] = set()
    for relative in files:
        if stop.level:
            raise Cancelled
        if links and not links.isdisjoint(_above(relative)):
            continue  # git had it in a folder, and now there is a link: what is behind is not the project's
        target = folder / relative
        if target.parent not in made:
            _make_folder(target.parent)
            made.add(target.parent)
        if _copy(root, relative, target) == "link":
            links.add(relative)


def _above(relative: str) -> Iterator[str]:
    """Yield the paths of the folders that lead to a relative path."""
    while relative := relative.rpartition("/")[0]:
        yield relative


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CellError("create", f"the copy's folder {folder} cannot be made: {error.strerror}") from error


def _copy(root: Path, relative: str, target: Path) -> Literal["link", "file"]:
    """Copy what is there, if it is a file or a link; return which of them it is. Raises CellError."""
    source = root / relative
    try:
        if source.is_symlink():
            target.symlink_to(_new_link(root, source))
            return "link"
        if source.is_file():
            shutil.copy2(source, target)
    except FileNotFoundError:
        if source.exists():
            raise
        # It went away since it was listed, as files of tests that run meanwhile do.
    except OSError as error:
        raise CellError(
            "create", f'{source} cannot be copied for source = "copy": {error.strerror or error}'
        ) from error
    return "file"


def _new_link(root: Path, link: Path) -> str:
    written = os.readlink(link)  # noqa: PTH115 - Path.readlink drops what tells "x/" from "x"
    place = Path(os.path.normpath(link.parent / written))
    for home in (root, root.resolve()):
        if place.is_relative_to(home):
            inside = os.path.relpath(home / place.relative_to(home), home / link.parent.relative_to(root))
            return inside if Path(written).is_absolute() else written
    return str(place)


def _walk(
    folder: Path, prefix: str, ignored: Callable[[str], bool], stop: Stop, *, tolerant: bool
) -> Iterator[str]:
    if stop.level:
        raise Cancelled
    try:
        entries = tuple(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        if tolerant:
            return
        raise CellError("create", f"the folder {folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        path = prefix + entry.name
        if ignored(path):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{path}/", ignored, stop, tolerant=tolerant)
        elif entry.is_symlink() or entry.is_file():
            yield path


def _any_ignored(path: str, ignored: Callable[[str], bool]) -> bool:
    parts = path.split("/")
    return any(ignored("/".join(parts[:end])) for end in range(1, len(parts) + 1))


def _ignores(root: Path, work_dir: Path, package_root: Path) -> Callable[[str], bool]:
    """Return what says whether a relative path is ignored for itself, folders above it left aside."""
    inside = below(work_dir, root)
    package = below(package_root, root)
    known: dict[str, bool] = {}

    def look(path: str) -> bool:
        parent, _, name = path.rpartition("/")
        if path == inside or _is_ignored(name):
            return True
        if name in _IGNORED_AT_PACKAGE_ROOT and parent == package:
            return True
        folder = os.path.join(root, path)  # noqa: PTH118 - asked of every folder
        # Path.is_file raises in a locked folder, which is for whoever reads it to report.
        return any(os.path.isfile(f"{folder}/{marker}") for marker in _IGNORED_WITH)  # noqa: PTH113 - see above

    def ignored(path: str) -> bool:
        if path not in known:
            known[path] = look(path)
        return known[path]

    return ignored


def files_below(folder: str) -> Iterator[str]:
    """Yield the paths of all files and links below `folder` but for what we ignore, whatever git says."""
    for parent, folders, names in os.walk(folder):
        if not _IGNORED_WITH.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not _is_ignored(name)]
        yield from (f"{parent}/{name}" for name in names if not _is_ignored(name))


def _is_ignored(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _IGNORED)


def below(path: Path, root: Path) -> str | None:
    """Return `path` relative to `root` with `/` between: empty for root itself, None for what is outside."""
    real, home = path.resolve(), root.resolve()
    if not real.is_relative_to(home):
        return None
    relative = real.relative_to(home).as_posix()
    return "" if relative == "." else relative


def is_in(path: str, folder: str) -> bool:
    """Say whether the relative `path` is `folder`, or in it."""
    return path == folder or path.startswith(f"{folder}/")
