"""Files that reporters write: opened before the first cell, whole or absent."""

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_ISFIFO, S_ISREG
from typing import BinaryIO

from runner.model.errors import Problem, UsageError
from runner.nofollow import folder, new_file

_NEVER_REPLACED = ("/dev/", "/proc/")
"""Below these a name stands for a stream of this process, even when that stream is a file."""

READER_WITHIN = 10.0
"""Seconds in which somebody has to open a named pipe for reading."""


class Unwritten(Exception):  # noqa: N818 - says what happened to a file
    """A file or stream of the run could not be written; the message names it, and says all."""


class WholeFile:
    """A file that gets all its content at once.

    A regular file is written beside its place and renamed into it when it is on the disk; until then the old
    one stays. No link is followed then but those that were there at first. A pipe or device is written to
    directly. Raises UsageError when the path cannot be written to.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._stream: BinaryIO | None = None
        if is_stream(self._path):
            self._stream = opened_stream(self._path)
            return
        try:
            self._path = self._path.resolve()  # a link stays a link
            _check(self._path)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def write(self, content: bytes) -> None:
        """Put `content` into the file's place. Raises Unwritten, and then leaves what was there."""
        try:
            if self._stream is None:
                _replace(self._path, content)
                return
            with self._stream:
                self._stream.write(content)
        except OSError as error:
            raise Unwritten(f"{self._path} could not be written: {error.strerror or error}") from error

    def discard(self) -> None:
        """Leave what was there before."""
        if self._stream is not None:
            self._stream.close()


def is_stream(path: Path) -> bool:
    """Whether `path` is a pipe, a device, or one of this process's own streams."""
    if str(path.absolute()).startswith(_NEVER_REPLACED):
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not S_ISREG(mode) and not path.is_dir()


def opened_stream(path: Path) -> BinaryIO:
    """Open a pipe or device to append to it. Raises UsageError.

    The reader of a named pipe may come a little later than runner, but come it must.
    """
    try:
        is_pipe = S_ISFIFO(path.stat().st_mode)
        return os.fdopen(_opened_pipe(path), "wb") if is_pipe else path.open("ab")
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the error of a report's path that cannot be opened."""
    what, hint = error.strerror or str(error), ""
    if error.errno == errno.ENXIO:
        what, hint = "nobody reads this pipe", "start what reads it before runner"
    elif not path.parent.is_dir():
        hint = f"the folder {path.parent} does not exist: create it first"
    return UsageError(Problem(f"cannot write to {path}: {what}", hint=hint))


def _opened_pipe(path: Path) -> int:
    until = time.monotonic() + READER_WITHIN
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _check(path: Path) -> None:
    """Raise OSError unless a file can be put there."""
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    probe = _beside(path)
    probe.open("wb").close()
    probe.unlink()


def _replace(path: Path, content: bytes) -> None:
    temporary = _beside(path)
    with folder(path.parent, make=True) as place:  # a cell may have cleaned it away
        with new_file(temporary) as file:
            file.write(content)
            onto_disk(file)
        try:
            os.replace(temporary.name, path.name, src_dir_fd=place, dst_dir_fd=place)
        except OSError:
            os.unlink(temporary.name, dir_fd=place)
            raise
        with suppress(OSError):  # a folder that cannot be read, or a file system that does it for files alone
            _names_onto_disk(place)


def onto_disk(file: BinaryIO) -> None:
    """Have all that was written to a regular file survive a power cut. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def _names_onto_disk(place: int) -> None:
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=place)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{token_hex(4)}")
