"""Following a cell's log: what its programs write is shown while they run."""

import codecs
import os
from collections.abc import Callable
from typing import BinaryIO

from runner.report.style import settled

_CHUNK = 64 * 1024
_LONGEST_LINE = 64 * 1024
"""With a prefix: nobody needs to see an end of a line that never comes."""


class Follower:
    """Copies one growing file to `write`.

    Without a prefix the text goes through as it is, unfinished lines too. With one, whole lines go, each
    after the prefix and freed of what would steer the terminal, since other cells write between them.
    """

    def __init__(
        self, path: str, write: Callable[[str], None], *, prefix: str = "", colour: bool = False
    ) -> None:
        self._path = path
        self._write = write
        self._prefix = prefix
        self._colour = colour
        self._file: BinaryIO | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._line_is_open = False

    def poll(self) -> None:
        """Copy what came since the last time; a file that does not exist yet has nothing."""
        if self._file is None:
            try:
                self._file = open(self._path, "rb")  # noqa: PTH123, SIM115 - stays open until `finish`
            except OSError:
                return
        # No further than the file reaches now: something may write to it faster than we read.
        left = os.fstat(self._file.fileno()).st_size - self._file.tell()
        while left > 0 and (chunk := self._file.read(min(_CHUNK, left))):
            left -= len(chunk)
            self._show(self._decoder.decode(chunk))

    def break_line(self) -> None:
        """End an unfinished line, as something else is going to be written."""
        if self._line_is_open:
            self._write("\n")
            self._line_is_open = False

    def finish(self) -> None:
        """Copy the rest, unfinished lines included, and let go of the file."""
        self.poll()
        self._show(self._decoder.decode(b"", final=True))
        if self._rest:
            self._show("\n")
        self.break_line()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _show(self, text: str) -> None:
        if not text:
            return
        if not self._prefix:
            self._write(text)
            self._line_is_open = not text.endswith("\n")
            return
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > _LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], ""
        for line in lines:
            self._write(f"{self._prefix}{settled(line, colour=self._colour)}\n")
