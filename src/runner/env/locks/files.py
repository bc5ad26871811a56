"""The files of committed locks: whose they are, reading them, and writing them whole."""

import errno
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from runner.env.folders import write_whole
from runner.model.errors import CellError

HEADER = "# Made by `runner lock`"
"""How each of them begins."""

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def is_ours(path: Path) -> bool:
    """Say whether runner wrote the file."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER.encode()
    except OSError:  # such as a folder, or a link to nothing
        return False


def read_committed(path: Path, ours: Callable[[str], bool]) -> str | None:
    """Return what runner wrote there, None when nothing is. Raises CellError.

    `ours` recognizes what lost its first line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        message = f"{path} cannot be read: {error.strerror}; move it away, then `runner lock` writes it"
        raise CellError("lock", message) from error
    content = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    if content.strip() and not content.startswith(HEADER) and not ours(content):
        raise CellError(
            "lock", f"{path} was not written by runner: move it away, then `runner lock` writes it"
        )
    return content


def write_committed(path: Path, content: str, own: Path) -> None:
    """Write a committed lock: what a run that is killed leaves half-written is in `own`. Raises CellError."""
    part = own / f"committed-{token_hex(6)}"
    try:
        path.parent.mkdir(exist_ok=True)
        own.mkdir(parents=True, exist_ok=True)
        part.write_text(content, encoding="utf-8")
        _move(part, path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        if not path.parent.is_dir():
            message += f"; {path.parent} is to be a folder for locks: move away what is there"
        raise CellError("lock", message) from error


def _move(part: Path, path: Path) -> None:
    try:
        part.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_whole(path, part.read_text(encoding="utf-8"))
