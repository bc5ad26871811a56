"""The end of a log file, however long the file is."""

import os
from pathlib import Path

from msgspec import Struct

MOST_LINES = 400
MOST_BYTES = 256 * 1024
_COUNTED_BYTES = 64 * 1024 * 1024


class Tail(Struct, frozen=True):
    """The end of a file, and what came before it: in lines, or in bytes alone where there are too many."""

    text: str = ""
    lines_before: int | None = 0
    bytes_before: int = 0


def tail(path: str, *, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> Tail:
    """Return the last lines of the file, decoded with replacement; nothing of one that cannot be read."""
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - most_bytes))
            end = stream.read(most_bytes)
            kept = _last_lines(end, most_lines)
            before = max(0, size - len(kept))
            return Tail(kept.decode("utf-8", "replace"), _count_lines(Path(path), before), before)
    except OSError:
        return Tail()


def _last_lines(data: bytes, number: int) -> bytes:
    start = len(data) - data.endswith(b"\n")
    for _ in range(number):
        start = data.rfind(b"\n", 0, start)
        if start < 0:
            return data
    return data[start + 1 :]


def _count_lines(path: Path, before: int) -> int | None:
    """Count the line ends in the first bytes of a file; None: it would take too long."""
    if before > _COUNTED_BYTES:
        return None
    lines = 0
    with path.open("rb") as stream:
        while before > 0 and (chunk := stream.read(min(before, 1024 * 1024))):
            lines += chunk.count(b"\n")
            before -= len(chunk)
    return lines
