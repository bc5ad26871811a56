"""Files of runner's own, opened by paths in which no link is followed.

Such a path was resolved when the run began: a link that stands in it later was planted, and what it leads to
is not runner's to write. Each folder is opened within the one above it, so this holds also for links that
are planted meanwhile. All functions raise OSError, in words that name the link.
"""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_DIRECTORY | (os.O_PATH if sys.platform == "linux" else os.O_RDONLY)
"""Where the system can, folders that may be entered but not listed will do."""

_LINK = {errno.ELOOP, errno.EMLINK, errno.ENOTDIR}
"""What systems say when a link is not to be followed."""


@contextmanager
def folder(path: Path, *, make: bool = False, mode: int = 0o777) -> Iterator[int]:
    """Yield a descriptor to name files in; with `make`, folders that are missing are made with `mode`."""
    place = os.open(path.anchor, _FOLDER)
    try:
        for part in path.parts[1:]:
            outer, place = place, _inner(part, place, path, mode if make else None)
            os.close(outer)
        yield place
    finally:
        os.close(place)


def open_file(path: Path, flags: int, mode: int = 0o666) -> int:
    """Return a descriptor of the file, as `os.open` does."""
    with folder(path.parent) as place:
        return _opened(path.name, flags, place, path, mode)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file in place of what has that path, and make its folder.

    When it cannot be written to its end, there is none.
    """
    with folder(path.parent, make=True) as place:
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=place)
        descriptor = _opened(path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, place, path)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                yield file
        except OSError:
            with suppress(OSError):
                os.unlink(path.name, dir_fd=place)
            raise


def remove(path: Path) -> None:
    """Remove the file, or link, if there is one."""
    with suppress(FileNotFoundError), folder(path.parent) as place:
        os.unlink(path.name, dir_fd=place)


def _inner(name: str, place: int, whole: Path, mode: int | None) -> int:
    try:
        return _opened(name, _FOLDER, place, whole)
    except FileNotFoundError:
        if mode is None:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=place)
    return _opened(name, _FOLDER, place, whole)


def _opened(name: str, flags: int, place: int, whole: Path, mode: int = 0o666) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, mode, dir_fd=place)
    except OSError as error:
        said = error.strerror
        if error.errno in _LINK and _is_link(name, place):
            said = f"{name} in this path is a link, and where it leads is not runner's to write"
        raise OSError(error.errno, said, str(whole)) from error


def _is_link(name: str, place: int) -> bool:
    with suppress(OSError):
        return stat.S_ISLNK(os.lstat(name, dir_fd=place).st_mode)
    return False
