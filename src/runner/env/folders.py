"""The folders that we make and may delete: the work-dir, environments, the trash, the user cache.

Nothing is deleted unless it carries our marker inside a work-dir of ours.
"""

import errno
import os
import queue
import stat
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import platformdirs

from runner.model.errors import CellError, ConfigError

MARKER = ".matrix-runner"
_TAG = "CACHEDIR.TAG"
_TAG_TEXT = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is made by runner and can be deleted.\n"
)
_OURS = frozenset(
    (
        *(MARKER, _TAG, ".gitignore", "envs", "dev", "logs", "runs", "mutex", "scratch", "trash"),
        *("durations.json", "history.db"),
    )
)
"""What a work-dir may hold that was begun before it was marked."""

_OF_THE_CACHE = frozenset(
    (MARKER, _TAG, ".pruned", "locks", "wheels", "bytecode", "imported", "interpreters", "mutex")
)
"""The same of the user cache."""


def user_cache(environ: Mapping[str, str]) -> Path:
    """Return the folder for what all projects of this user share; it need not exist.

    Raises ConfigError for a user without a home.
    """
    given = environ.get("RUNNER_CACHE_DIR")
    if given:
        return Path(given).absolute()
    try:
        return platformdirs.user_cache_path("matrix-runner")
    except RuntimeError as error:
        raise ConfigError(
            f"there is no place for the user cache: {error}; or set RUNNER_CACHE_DIR to a folder for it"
        ) from error


def prepare_work_dir(work_dir: Path) -> None:
    """Make the work-dir, ignored by git and backups. Raises ConfigError for a folder that is not ours."""
    if os.pathsep in str(work_dir):
        raise ConfigError(
            f"work-dir {work_dir}: a path with {os.pathsep!r} in it cannot stand on PATH, so no environment"
            " can be there: move the project, or set work-dir to a folder elsewhere"
        )
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        _take(work_dir, "work-dir", _OURS, {".gitignore": "*\n", _TAG: _TAG_TEXT})
    except OSError as error:
        raise ConfigError(f"work-dir {work_dir} cannot be made: {error.strerror}") from error


def _take(folder: Path, what: str, ours: frozenset[str], files: Mapping[str, str]) -> None:
    """Mark the folder as ours to delete, with all that is in it. Raises ConfigError and OSError."""
    there = frozenset(entry.name for entry in folder.iterdir())
    if MARKER not in there and not there <= ours:
        strange = ", ".join(sorted(there - ours)[:3])
        raise ConfigError(f"{what} {folder} has other things in it ({strange}): choose a folder of its own")
    # The marker is first: to another runner that starts now our half-written files would be strange.
    mark(folder)
    for name, text in files.items():
        if name not in there:
            write_whole(folder / name, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all."""
    part = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def mark(folder: Path) -> None:
    """Say that `folder` is ours to delete."""
    (folder / MARKER).touch()


def is_ours(folder: Path) -> bool:
    """Return whether `folder` carries our marker or is empty."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return (folder / MARKER).is_file() or not any(folder.iterdir())


class Trash:
    """Folders on their way out: moved aside at once, deleted in a thread of its own."""

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self._folder = work_dir / "trash"
        self._queue: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def fresh(self, folder: Path) -> None:
        """Make `folder` anew, with our marker alone; what was there goes to the trash. Raises CellError."""
        try:
            if os.path.lexists(folder):
                self.discard(folder)
            folder.mkdir(parents=True)
            mark(folder)
        except OSError as error:
            raise CellError("create", f"{folder} cannot be made anew: {error.strerror}") from error

    def discard(self, folder: Path) -> None:
        """Move `folder` to the trash: it must be ours, below the work-dir. Raises CellError, OSError."""
        if self._work_dir not in folder.parents or not (self._work_dir / MARKER).is_file():
            raise CellError("create", f"{folder} is not below a work-dir of ours: it is left alone")
        if not is_ours(folder):
            raise CellError("create", f"{folder} was not made by runner: move it away, then run again")
        self._folder.mkdir(exist_ok=True)
        grave = self._folder / f"{folder.name[:40]}-{token_hex(6)}"
        try:
            folder.rename(grave)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            delete(folder)
        else:
            self._delete_later(grave)

    def empty(self) -> None:
        """Delete, in the background, what earlier runs left in the trash."""
        with suppress(FileNotFoundError):
            for left in self._folder.iterdir():
                self._delete_later(left)

    def close(self) -> None:
        """Wait until all that was discarded is deleted."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _delete_later(self, path: Path) -> None:
        self._queue.put(path)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="trash", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (path := self._queue.get()) is not None:
            # What cannot be deleted stays in the trash: the next run tries again.
            with suppress(OSError):
                delete(path)


def delete(path: Path) -> None:
    """Delete a folder and all below it, folders without write permission included; links are not followed.

    Raises OSError for what cannot be deleted; what somebody else deletes meanwhile is fine.
    """
    _delete(str(path))


# Each cell of each run has its old environment deleted: Path objects would take half of the time.
def _delete(path: str) -> None:
    with suppress(FileNotFoundError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISDIR(mode):
            os.unlink(path)  # noqa: PTH108
            return
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    _delete(entry.path)
                else:
                    try:
                        os.unlink(entry.path)  # noqa: PTH108
                    except FileNotFoundError:
                        continue
        os.rmdir(path)  # noqa: PTH106


def environments(work_dir: Path) -> tuple[str, ...]:
    """Return the folder names of the environments that runs left in the work-dir."""
    with suppress(FileNotFoundError):
        return tuple(
            sorted(entry.name for entry in os.scandir(work_dir / "envs") if is_ours(Path(entry.path)))
        )
    return ()


def remove_environments(work_dir: Path, names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Delete the environments of these folder names, or all of them; return the names that were there.

    Without names the trash is emptied, too. Raises OSError.
    """
    there = environments(work_dir)
    chosen = there if names is None else tuple(name for name in there if name in set(names))
    for name in chosen:
        delete(work_dir / "envs" / name)
    if names is None and (work_dir / MARKER).is_file():
        delete(work_dir / "trash")
    return chosen


def remove_work_dir(work_dir: Path) -> bool:
    """Delete the work-dir but `dev/`; return whether there was one of ours. Raises OSError."""
    if not (work_dir / MARKER).is_file():
        return False
    kept = (work_dir / "dev").exists()
    stays = ("dev", MARKER, _TAG, ".gitignore") if kept else (MARKER,)
    for entry in tuple(work_dir.iterdir()):
        if entry.name not in stays:
            delete(entry)
    if not kept:
        delete(work_dir)
    return True


def prepare_cache(folder: Path) -> Path:
    """Make the user cache, marked as ours, and return it; where it cannot be written, users do without.

    Raises ConfigError for a folder with other things in it: `remove_cache` would take them along.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _take(folder, "user cache", _OF_THE_CACHE, {_TAG: _TAG_TEXT})
    return folder


def remove_cache(folder: Path) -> bool:
    """Delete the user cache; return whether there was one of ours. Raises OSError.

    A run that goes on meanwhile may begin a new one.
    """
    if not (folder / MARKER).is_file():
        return False
    for entry in tuple(folder.iterdir()):
        if entry.name != MARKER:
            away = folder / f".gone-{token_hex(6)}"
            with suppress(FileNotFoundError):
                entry.rename(away)
            delete(away)
    delete(folder / MARKER)
    with suppress(OSError):
        folder.rmdir()
    return True
