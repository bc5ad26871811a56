"""Processes whose logs show no secrets, though the processes may print them."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from msgspec.structs import replace

from runner.model.ports import Captured, Leftover, Processes, Spawn, Stop, unheard
from runner.model.results import Exit
from runner.model.secrets import Concealer

_CHUNK = 1 << 16
_LOOK_AGAIN = 0.05
"""Seconds between two looks at a file to which nothing was added."""


class ConcealingProcesses:
    """Lets `real` run all processes; those that are given a secret write to a private file first.

    What comes there is copied to the log as it comes, without the secrets, and the file goes. `folder` is for
    such files. What helpers say is returned as it is, and what has the terminal writes there itself.
    """

    def __init__(self, real: Processes, concealer: Concealer, folder: Path) -> None:
        self._real = real
        self._concealer = concealer
        self._folder = folder

    def run(self, spawn: Spawn, stop: Stop, leaked: Callable[[tuple[Leftover, ...]], None] = unheard) -> Exit:
        if spawn.log is None or not self._concealer.finds((*spawn.env.values(), *spawn.argv)):
            return self._real.run(spawn, stop, leaked)
        with self._copied(Path(spawn.log)) as private:
            return self._real.run(replace(spawn, log=str(private)), stop, leaked)

    def capture(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str,
        env: Mapping[str, str],
        stop: Stop,
        timeout: float | None = None,
    ) -> Captured:
        return self._real.capture(argv, cwd=cwd, env=env, stop=stop, timeout=timeout)

    @contextmanager
    def _copied(self, log: Path) -> Iterator[Path]:
        """Yield a new private file that is copied to `log` until the end. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = self._folder / token_hex(8)
        reading = os.open(private, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        copier = _Copier(reading, log, self._concealer)
        try:
            yield private
        finally:
            with suppress(FileNotFoundError):
                private.unlink()
            copier.finish()


class _Copier:
    """Copies what is appended to a file, in a thread of its own; `finish()` it, then `reading` is closed."""

    def __init__(self, reading: int, log: Path, concealer: Concealer) -> None:
        self._reading = reading
        self._log = log
        self._stream = concealer.stream()
        self._done = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name=f"log {log.name}", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Copy the rest. Raises OSError when the log could not be written."""
        self._done.set()
        self._thread.join()
        os.close(self._reading)
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            with self._log.open("ab", buffering=0) as log:
                while self._copy(log.write) or not self._done.wait(_LOOK_AGAIN):
                    pass
                while self._copy(log.write):  # what came between the last look and the end
                    pass
                log.write(self._stream.end())
        except OSError as error:
            self._error = error

    def _copy(self, write: Callable[[bytes], int | None]) -> bool:
        """Copy what is there, at most a chunk; say whether there was anything."""
        data = os.read(self._reading, _CHUNK)
        _write_all(write, self._stream.feed(data))
        return bool(data)


def _write_all(write: Callable[[bytes], int | None], data: bytes) -> None:
    while data:
        data = data[write(data) or 0 :]
