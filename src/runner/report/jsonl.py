"""Events as JSON lines, one as soon as it happens."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from runner.model.events import Event, encode_event
from runner.model.plugins import Stream
from runner.report.target import Unwritten, is_stream, onto_disk, opened_stream, unwritable


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
        """Let go of the file, which is on the disk then. Raises Unwritten, also when somebody removed it."""
        with self._stream:
            removed = self._is_file and not os.fstat(self._stream.fileno()).st_nlink
            if self._is_file:
                self._force_onto_disk()
        if removed:
            raise Unwritten(f"{self._path} was removed while the run wrote its events there")

    def _force_onto_disk(self) -> None:
        try:
            onto_disk(self._stream)
        except OSError as error:
            why = error.strerror or error
            raise Unwritten(
                f"{self._path} could not be written: {why}; events may be missing there"
            ) from error


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise unwritable(path, error) from error
