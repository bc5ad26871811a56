"""Events as JSON lines, one as soon as it happens."""

from pathlib import Path
from typing import TextIO

from runner.model.events import Event, encode_event
from runner.model.ports import Stream
from runner.report.target import is_stream, unwritable


class EventsReporter:
    """Writes each event as one line to a path (opened at once; UsageError) or to a text stream."""

    def __init__(self, target: Path | str | Stream) -> None:
        self._file: TextIO | None = None
        if isinstance(target, Path | str):
            self._file = _opened(Path(target))
            self._stream: Stream = self._file
        else:
            self._stream = target

    def handle(self, event: Event) -> None:
        """Write and flush one line."""
        self._stream.write(encode_event(event).decode("utf-8") + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Let go of the file; a stream that was given stays open."""
        if self._file is not None:
            self._file.close()


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a" if is_stream(path) else "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise unwritable(path, error) from error
