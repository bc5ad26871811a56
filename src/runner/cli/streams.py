"""What the program writes to its own streams: it waits where it must, and no reader can break it."""

import errno
import os
import time
from collections.abc import Callable
from io import BufferedWriter, RawIOBase, TextIOWrapper
from threading import Lock
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_TRY_AGAIN = 0.02
"""Seconds: somebody else made the file non-blocking, which all who have it open share."""


class _Descriptor(RawIOBase):
    """The descriptor of a stream, which is written to also while its file is non-blocking.

    With `heedless` nothing that goes wrong is told: there is nobody left to tell.
    """

    def __init__(self, stream: TextIO, *, heedless: bool) -> None:
        super().__init__()
        self._stream = stream  # which would close it, were it dropped
        self._descriptor = stream.fileno()
        self._heedless = heedless

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                time.sleep(_TRY_AGAIN)
            except OSError:
                if self._heedless:
                    return memoryview(data).nbytes
                raise


class _Own(TextIOWrapper):
    """A stream that stays open for the program, whoever closes it."""

    def close(self) -> None:
        self.flush()


def own(stream: TextIO, *, errors: str, heedless: bool = False) -> TextIO:
    """Return a stream that writes where `stream` does, and survives whatever plugins do to that one."""
    if not isinstance(stream, TextIOWrapper):
        return stream
    return _Own(
        BufferedWriter(_Descriptor(stream, heedless=heedless)),
        encoding=stream.encoding,
        errors=errors,
        line_buffering=stream.line_buffering or stream.write_through,  # PYTHONUNBUFFERED
    )


def give_up(stream: TextIO) -> None:
    """Let what is written to `stream` from now on, and what is in its buffer, go nowhere."""
    if isinstance(stream, TextIOWrapper):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


class Outlet:
    """The text of a run on its way to a stream, from any thread. It goes on when the stream does not.

    When the stream cannot be written any more `lost` is told why, once, and the text goes nowhere.
    """

    def __init__(self, stream: TextIO, lost: Callable[[str], None]) -> None:
        self._stream = stream
        self._lost = lost
        self._lock = Lock()

    def write(self, text: str, /) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def _try(self, call: Callable[[], object]) -> None:
        with self._lock:
            try:
                call()
            except OSError as error:
                give_up(self._stream)
                self._lost(_why(error))


def _why(error: OSError) -> str:
    if error.errno in {errno.EPIPE, errno.EIO}:  # EIO: the terminal was closed
        return "nobody reads the output any more"
    return f"the output cannot be written ({error.strerror})"
