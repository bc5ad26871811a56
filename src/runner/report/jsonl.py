"""Events as JSON lines, one as soon as it happens."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from runner.model.events import Event, encode_event
from runner.model.ports import Stream
from runner.report.target import Unwritten, is_stream, opened_stream, unwritable


class EventsToStream:
    """Writes each event as one line to a text stream, which stays open."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def handle(self, event: Event) -> None:
        """Write and flush one line."""
        self._stream.write(encode_event(event).decode("utf-8") + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream as it is."""


class EventsReporter:
    """Writes each event as one line to a path, which is opened at once (UsageError)."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._is_file = not is_stream(self._path)
        self._stream = _opened(self._path) if self._is_file else opened_stream(self._path)

    def handle(self, event: Event) -> None:
        """Write and flush one line. Raises Unwritten."""
        try:
            self._stream.write(encode_event(event) + b"\n")
            self._stream.flush()
        except OSError as error:
            with suppress(OSError):  # it tries to write what it could not
                self._stream.close()
            if isinstance(error, BrokenPipeError):
                raise Unwritten(f"{self._path}: nobody reads the events there any more") from error
            why = error.strerror or error
            raise Unwritten(
                f"{self._path} could not be written: {why}; the later events are missing there"
            ) from error

    def close(self) -> None:
        """Let go of the file. Raises Unwritten when somebody removed it meanwhile."""
        removed = self._is_file and not os.fstat(self._stream.fileno()).st_nlink
        self._stream.close()
        if removed:
            raise Unwritten(f"{self._path} was removed while the run wrote its events there")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise unwritable(path, error) from error
