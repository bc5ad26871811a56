"""The folders that we make and may delete: the work-dir, environments, the trash, the user cache.

Nothing is deleted unless it carries our marker inside a work-dir of ours, and no link is followed there: the
work-dir and the user cache may be links, what is in them may not.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import platformdirs

from runner.env.deleting import delete, open_folder
from runner.model.errors import ConfigError
from runner.model.nameable import unnameable
from runner.model.visible import line

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
    (
        *(MARKER, _TAG, ".pruned", "locks", "backend-locks", "backends", "wheels", "bytecode", "imported"),
        *("interpreters", "mutex"),
    )
)
"""The same of the user cache."""


_UNFIT = {
    os.pathsep: "on PATH",
    **dict.fromkeys("\t\n\r", "in the first line of a script"),
}
"""What no environment's path may hold, and why."""


def user_cache(environ: Mapping[str, str]) -> Path:
    """Return the folder for what all projects of this user share; it need not exist.

    Raises ConfigError for a user without a home, and for a name that is no text.
    """
    given = environ.get("RUNNER_CACHE_DIR")
    try:
        folder = Path(given) if given else platformdirs.user_cache_path("matrix-runner")
    except RuntimeError as error:
        raise ConfigError(
            f"there is no place for the user cache: {error}; or set RUNNER_CACHE_DIR to a folder for it"
        ) from error
    if fault := unnameable(str(folder)):
        raise ConfigError(f"the user cache {fault}, or set RUNNER_CACHE_DIR to another folder")
    return folder.absolute()


def prepare_work_dir(work_dir: Path) -> None:
    """Make the work-dir, ignored by git and backups. Raises ConfigError for a folder that is not ours."""
    for character, where in _UNFIT.items():
        if character in str(work_dir):
            raise ConfigError(
                f"work-dir {line(str(work_dir))}: a path with {character!r} in it cannot stand {where}, so no"
                " environment can be there: move the project, or set work-dir to a folder elsewhere"
            )
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        _take(work_dir, "work-dir", _OURS, {".gitignore": "*\n", _TAG: _TAG_TEXT})
    except OSError as error:
        raise ConfigError(f"work-dir {work_dir} cannot be made: {_why(work_dir, error)}") from error


def _why(folder: Path, error: OSError) -> str:
    if isinstance(error, FileExistsError):
        if folder.is_symlink():
            return f"it is a link to {folder.readlink()}, where no folder is"
        return "there is a file of that name"
    return error.strerror or str(error)


def _take(folder: Path, what: str, ours: frozenset[str], files: Mapping[str, str]) -> None:
    """Mark the folder as ours to delete, with all that is in it. Raises ConfigError and OSError."""
    there = _names_without_links(folder, what, ours)
    if MARKER not in there and not there <= ours:
        strange = ", ".join(sorted(there - ours)[:3])
        raise ConfigError(f"{what} {folder} has other things in it ({strange}): choose a folder of its own")
    # The marker is first: to another runner that starts now our half-written files would be strange.
    if MARKER not in there:
        mark(folder)
    for name, text in files.items():
        if name not in there:
            write_whole(folder / name, text)


def _names_without_links(folder: Path, what: str, ours: frozenset[str]) -> frozenset[str]:
    """Return the names in the folder. Raises ConfigError where one of `ours` is a link, and OSError."""
    names = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in ours and entry.is_symlink():
                raise ConfigError(
                    f"{what} {folder}: {entry.name} in it is a link, and what it leads to is not runner's to"
                    f" write or delete: remove the link; the {what} itself may be one"
                )
            names.add(entry.name)
    return frozenset(names)


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all. Raises OSError, which names the file."""
    part = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error


def touch(path: Path) -> None:
    """Make an empty file, or give the one that is there the time of now. Raises OSError; a link is none."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    try:
        os.utime(file)
    finally:
        os.close(file)


def mark(folder: Path) -> None:
    """Say that `folder` is ours to delete. Raises OSError."""
    touch(folder / MARKER)


def is_marked(folder: Path) -> bool:
    """Return whether `folder` carries our marker; it may be a link to one that does."""
    try:
        return stat.S_ISREG(os.lstat(folder / MARKER).st_mode)
    except OSError:
        return False


def is_ours(folder: Path | str, parent: int | None = None) -> bool:
    """Return whether `folder` carries our marker or is empty; a link is not ours. Raises OSError.

    `parent` is the descriptor of the folder that it is named in.
    """
    try:
        place = open_folder(folder, parent)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        names = os.listdir(place)  # noqa: PTH208 - by descriptor
        marked = MARKER in names and stat.S_ISREG(os.lstat(MARKER, dir_fd=place).st_mode)
    finally:
        os.close(place)
    return marked or not names


def environments(work_dir: Path) -> tuple[str, ...]:
    """Return the folder names of the environments that runs left in the work-dir."""
    envs = work_dir / "envs"
    with suppress(FileNotFoundError):
        return tuple(sorted(name for name in os.listdir(envs) if is_ours(envs / name)))  # noqa: PTH208 - names are all that is wanted
    return ()


def remove_work_dir(work_dir: Path) -> bool:
    """Delete the work-dir but `dev/`; return whether there was one of ours. Raises OSError.

    What others put there stays, and the folder with it.
    """
    return _remove(work_dir, _OURS, (MARKER, _TAG, ".gitignore"), ("dev",))


def prepare_cache(folder: Path) -> Path:
    """Make the user cache, marked as ours, and return it; where it cannot be written, users do without.

    Raises ConfigError for a folder with other things in it: `remove_cache` would be a danger to them.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _take(folder, "user cache", _OF_THE_CACHE, {_TAG: _TAG_TEXT})
    return folder


def check_work_dir(work_dir: Path) -> None:
    """Look whether the work-dir, if there is one, can be used. Raises ConfigError where a part is a link."""
    with suppress(OSError):
        _names_without_links(work_dir, "work-dir", _OURS)


def check_cache(folder: Path) -> None:
    """Look whether the user cache can be used. Raises ConfigError where a part of it is a link."""
    with suppress(OSError):
        _names_without_links(folder, "user cache", _OF_THE_CACHE)


def remove_cache(folder: Path) -> bool:
    """Delete the user cache; return whether there was one of ours. Raises OSError.

    What others put there stays, and the folder with it. A run that goes on meanwhile may begin a new one.
    """
    return _remove(folder, _OF_THE_CACHE, (MARKER, _TAG), ())


def _remove(folder: Path, ours: frozenset[str], frame: tuple[str, ...], kept: tuple[str, ...]) -> bool:
    """Delete what is ours in the folder, and the folder, if nothing else is in it. Raises OSError.

    The `frame`, which says that the folder is ours, goes last.
    """
    if not is_marked(folder):
        return False
    place = folder.resolve()
    for name in _names(place):
        if _is_of(name, ours) and name not in (*frame, *kept):
            away = place / f".gone-{token_hex(6)}"
            with suppress(FileNotFoundError):
                (place / name).rename(away)  # gone at once, whoever writes into it
            delete(away)
    for name in kept:
        with suppress(OSError):
            (place / name).rmdir()  # which only removes an empty one
    if not set(_names(place)) - set(frame):
        for name in reversed(frame):
            (place / name).unlink(missing_ok=True)
        if not folder.is_symlink():
            with suppress(OSError):  # begun anew, or a place that something is mounted at
                place.rmdir()
    return True


def _names(folder: Path) -> list[str]:
    """Return the names in a folder; none when another runner has just removed it. Raises OSError."""
    with suppress(FileNotFoundError):
        return os.listdir(folder)  # noqa: PTH208 - names are all that is wanted
    return []


def _is_of(name: str, ours: frozenset[str]) -> bool:
    """Whether we made what has this name: that, a part of it that was not finished, or what is half gone."""
    return name in ours or name.startswith((".gone-", *(f".{each}." for each in ours)))
