"""What git sees of a project, else all but ignored names; and copies of it."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from runner.model.errors import Cancelled, CellError
from runner.model.ports import Captured, Processes, Stop
from runner.model.results import Exited

_IGNORED = (
    *(".git", ".hg", ".svn", ".tox", ".nox", ".venv", "__pycache__", "*.pyc", "*.egg-info", ".eggs"),
    *(".*_cache", ".hypothesis", ".coverage", ".coverage.*", "node_modules"),
)
_IGNORED_AT_PACKAGE_ROOT = ("build", "dist")
_IGNORED_WITH = ("pyvenv.cfg", "CACHEDIR.TAG")
_GIT_PLACES = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
"""What a git hook that starts us sets: true for its own repository, not for the one we ask about."""


class _Git(Struct, frozen=True):
    program: str
    processes: Processes
    environ: Mapping[str, str]
    stop: Stop

    def ask(self, *arguments: str, cwd: Path) -> Captured:
        # Quoted names are plain ASCII whatever bytes are in them.
        return self.processes.capture(
            (self.program, "-c", "core.quotePath=true", *arguments),
            cwd=str(cwd),
            env=self.environ,
            stop=self.stop,
        )


class _Listed(Struct, frozen=True):
    path: str
    tracked: bool


def listed_files(
    root: Path,
    work_dir: Path,
    processes: Processes,
    environ: Mapping[str, str],
    stop: Stop,
    *,
    package_root: Path | None = None,
) -> tuple[str, ...]:
    """Return the files and links below `root` that belong to the project: relative, `/` between, sorted.

    With git: tracked files that exist, and untracked ones that neither git nor we ignore, submodules
    included. Without git, or where git sees nothing: all but what we ignore. The work-dir is never in it.
    Raises CellError when git or a folder cannot be read, and Cancelled.
    """
    ignores = _ignores(root, work_dir, package_root or root)
    git = _git(processes, environ, stop)
    listed = tuple(_seen_by_git(git, root, "")) if git else ()
    if not listed:
        return tuple(sorted(_walk(root, "", ignores, stop)))
    inside = _below(work_dir, root)
    return tuple(
        sorted(
            {
                file.path
                for file in listed
                if not (inside and _is_in(file.path, inside))
                and (file.tracked or not _any_ignored(file.path, ignores))
            }
        )
    )


def git_sees(work_dir: Path, processes: Processes, environ: Mapping[str, str], stop: Stop) -> bool:
    """Say whether git would take up files that are put into `work_dir`. Raises Cancelled."""
    git = _git(processes, environ, stop)
    if git is None or not work_dir.parent.is_dir():
        return False
    answer = git.ask("check-ignore", "-q", "--", str(work_dir / "any"), cwd=work_dir.parent)
    if stop.level:
        raise Cancelled
    return answer.exit == Exited(1)


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
    for relative in files:
        if stop.level:
            raise Cancelled
        target = folder / relative
        if target.parent not in made:
            _make_folder(target.parent)
            made.add(target.parent)
        _copy(root, relative, target)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CellError("create", f"the copy's folder {folder} cannot be made: {error.strerror}") from error


def _copy(root: Path, relative: str, target: Path) -> None:
    source = root / relative
    try:
        if source.is_symlink():
            target.symlink_to(_new_link(root, source))
        elif source.is_file():
            shutil.copy2(source, target)
    except FileNotFoundError:
        if source.exists():
            raise
        # It went away since it was listed, as files of tests that run meanwhile do.
    except OSError as error:
        raise CellError(
            "create", f'{source} cannot be copied for source = "copy": {error.strerror or error}'
        ) from error


def _new_link(root: Path, link: Path) -> str:
    written = os.readlink(link)  # noqa: PTH115 - Path.readlink drops what tells "x/" from "x"
    place = Path(os.path.normpath(link.parent / written))
    for home in (root, root.resolve()):
        if place.is_relative_to(home):
            inside = os.path.relpath(home / place.relative_to(home), home / link.parent.relative_to(root))
            return inside if Path(written).is_absolute() else written
    return str(place)


def _git(processes: Processes, environ: Mapping[str, str], stop: Stop) -> _Git | None:
    program = shutil.which("git", path=environ.get("PATH", os.defpath))
    if program is None:
        return None
    variables = {name: value for name, value in environ.items() if name not in _GIT_PLACES}
    # Its messages are compared below, so they must be English.
    return _Git(program, processes, {**variables, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}, stop)


def _seen_by_git(git: _Git, folder: Path, prefix: str) -> Iterator[_Listed]:
    """Yield what git lists in `folder` and the repositories nested in it; nothing where git has no say."""
    answer = git.ask("ls-files", "-t", "--cached", "--others", "--exclude-standard", cwd=folder)
    if git.stop.level:
        raise Cancelled
    if answer.exit != Exited(0):
        if "not a git repository" in answer.stderr or "must be run in a work tree" in answer.stderr:
            return
        raise CellError("create", f"git cannot list the files of {folder}:\n{answer.stderr.strip()}")
    for line in answer.stdout.splitlines():
        tag, _, quoted = line.partition(" ")
        path = _unquoted(quoted).rstrip("/")
        place = folder / path
        mode = _mode(place)
        if mode is None:
            continue
        if not stat.S_ISDIR(mode):
            yield _Listed(prefix + path, tag != "?")
        elif _mode(place / ".git") is not None:
            yield from _seen_by_git(git, place, f"{prefix}{path}/")


def _mode(place: Path) -> int | None:
    """Return the mode of what is there, links not followed; None when it was deleted."""
    try:
        return place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CellError("create", f"{place} cannot be read: {error.strerror}") from error


def _unquoted(name: str) -> str:
    if not name.startswith('"'):
        return name
    return os.fsdecode(name[1:-1].encode("ascii").decode("unicode_escape").encode("latin-1"))


def _walk(folder: Path, prefix: str, ignored: Callable[[str], bool], stop: Stop) -> Iterator[str]:
    if stop.level:
        raise Cancelled
    try:
        entries = tuple(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CellError("create", f"the folder {folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        path = prefix + entry.name
        if ignored(path):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{path}/", ignored, stop)
        elif entry.is_symlink() or entry.is_file():
            yield path


def _any_ignored(path: str, ignored: Callable[[str], bool]) -> bool:
    parts = path.split("/")
    return any(ignored("/".join(parts[:end])) for end in range(1, len(parts) + 1))


def _ignores(root: Path, work_dir: Path, package_root: Path) -> Callable[[str], bool]:
    """Return what says whether a relative path is ignored for itself, folders above it left aside."""
    inside = _below(work_dir, root)
    package = _below(package_root, root)
    known: dict[str, bool] = {}

    def look(path: str) -> bool:
        parent, _, name = path.rpartition("/")
        if path == inside or any(fnmatchcase(name, pattern) for pattern in _IGNORED):
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


def _below(path: Path, root: Path) -> str | None:
    """Return `path` relative to `root` with `/` between: empty for root itself, None for what is outside."""
    real, home = path.resolve(), root.resolve()
    if not real.is_relative_to(home):
        return None
    relative = real.relative_to(home).as_posix()
    return "" if relative == "." else relative


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
