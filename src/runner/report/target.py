"""Files that reporters write: opened before the first cell, whole or absent."""

import os
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from runner.model.errors import Problem, UsageError

_NEVER_REPLACED = ("/dev/", "/proc/")
"""Below these a name stands for a stream of this process, even when that stream is a file."""


class WholeFile:
    """A file that gets all its content at once.

    A regular file is written beside its place and renamed into it; until then the old one stays. A pipe or
    device is written to directly. Raises UsageError when the path cannot be written to.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._temporary: Path | None = None
        try:
            self._stream = self._open()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def write(self, content: bytes) -> None:
        """Put `content` into the file's place. Raises OSError, and then leaves what was there."""
        try:
            with self._stream:
                self._stream.write(content)
            if self._temporary is not None:
                self._temporary.replace(self._path)
        except OSError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave what was there before."""
        self._stream.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _open(self) -> BinaryIO:
        if is_stream(self._path):
            return self._path.open("ab")
        self._path = self._path.resolve()  # a link stays a link
        if self._path.exists() and not os.access(self._path, os.W_OK):
            raise PermissionError(13, "Permission denied")
        if self._path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        self._temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        return self._temporary.open("wb")


def is_stream(path: Path) -> bool:
    """Whether `path` is a pipe, a device, or one of this process's own streams."""
    if str(path.absolute()).startswith(_NEVER_REPLACED):
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not S_ISREG(mode) and not path.is_dir()


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the error of a report's path that cannot be opened."""
    hint = "" if path.parent.is_dir() else f"the folder {path.parent} does not exist: create it first"
    return UsageError(Problem(f"cannot write to {path}: {error.strerror or error}", hint=hint))
