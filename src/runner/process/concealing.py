"""Processes whose logs show no secrets, though the processes may print them."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from msgspec.structs import replace

from runner.model.ports import (
    Captured,
    Leftover,
    Processes,
    Spawn,
    Stop,
    TellLeftovers,
    TellLost,
    tell_nobody,
)
from runner.model.results import Exit, NotStarted
from runner.model.secrets import Concealer
from runner.nofollow import folder, open_file

_CHUNK = 1 << 18
_LOOK_AGAIN = 0.05
"""Seconds between two looks at a file that grows."""


class ConcealingProcesses:
    """Lets `real` run all processes; those that are given a secret write to a private file first.

    What comes there is copied to the log as it comes, without the secrets, and the file goes. From then on
    all that writes to the same log does so. `private` is the folder for such files. What helpers say is
    returned as it is, and what has the terminal writes there itself.
    """

    def __init__(self, real: Processes, concealer: Concealer, private: Path) -> None:
        self._real = real
        self._concealer = concealer
        self._private = private.resolve()
        self._logs: set[str] = set()

    def run(
        self, spawn: Spawn, stop: Stop, leaked: TellLeftovers = tell_nobody, lost: TellLost = tell_nobody
    ) -> Exit:
        if not self._needs_care(spawn):
            return self._real.run(spawn, stop, leaked, lost)
        try:
            copier = _Copier(_new_file(self._private), Path(spawn.log or ""), self._concealer)
        except OSError as error:
            return NotStarted(f"the log {spawn.log} cannot be written: {error.strerror}")

        def after_its_output(leftovers: tuple[Leftover, ...]) -> None:
            copier.catch_up()
            leaked(leftovers)

        with copier.copying() as private:
            exit_ = self._real.run(replace(spawn, log=private), stop, after_its_output, lost)
        if copier.fault:
            lost(copier.fault)
        return exit_

    def capture(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str,
        env: Mapping[str, str],
        stop: Stop,
        timeout: float | None = None,
        daemons: bool = False,
    ) -> Captured:
        return self._real.capture(argv, cwd=cwd, env=env, stop=stop, timeout=timeout, daemons=daemons)

    def _needs_care(self, spawn: Spawn) -> bool:
        """Say whether a secret may come into the log: one process can leave it where another finds it."""
        if spawn.log is None or not self._concealer:
            return False
        if spawn.log not in self._logs and self._concealer.finds(
            (*spawn.env.values(), *spawn.argv, *spawn.given, spawn.stdin or "")
        ):
            self._logs.add(spawn.log)
        return spawn.log in self._logs


@contextmanager
def log_without_secrets(log: Path, private: Path, concealer: Concealer, lost: TellLost) -> Iterator[str]:
    """Yield the path of a file: what is appended there comes to the log, without secrets, as it comes.

    `private` is the folder for such files; in neither path is a link followed. `lost` is called with the
    reason when the log does not have all of it. Raises OSError when one of them cannot be opened.
    """
    copier = _Copier(_new_file(private), log, concealer)
    with copier.copying() as path:
        yield path
    if copier.fault:
        lost(copier.fault)


def _new_file(private: Path) -> Path:
    with folder(private, make=True, mode=0o700):
        return private / token_hex(8)


class _Copier:
    """Copies what is appended to the new file `private`, which only this user can read, to a log.

    `fault` says why not all could be copied. Raises OSError when one of them cannot be opened.
    """

    def __init__(self, private: Path, log: Path, concealer: Concealer) -> None:
        self._private = private
        self._name = log.name
        self._stream = concealer.stream()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self.fault = ""
        self._log = open_file(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            self._reading = open_file(private, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            os.close(self._log)
            raise

    @contextmanager
    def copying(self) -> Iterator[str]:
        """Yield the path of the file, and copy until the end of the context."""
        thread = threading.Thread(target=self._work, name=f"log {self._name}", daemon=True)
        try:
            thread.start()
            try:
                yield str(self._private)
            finally:
                self._done.set()
                thread.join()
                self.catch_up()
        finally:
            self._finish()

    def catch_up(self) -> None:
        """Copy what is there by now; what may be the beginning of a secret waits for the rest of it."""
        with self._lock, self._noting_a_fault():
            size, at = os.fstat(self._reading).st_size, os.lseek(self._reading, 0, os.SEEK_CUR)
            if size < at:  # a program truncated it, as a shell does for `> /dev/stdout`
                at = os.lseek(self._reading, 0, os.SEEK_SET)
            left = size - at  # and no further: what outlives even KILL may go on writing for ever
            while left > 0 and not self.fault and (data := os.read(self._reading, min(_CHUNK, left))):
                left -= len(data)
                self._write(self._stream.feed(data))

    def _work(self) -> None:
        while not self._done.wait(_LOOK_AGAIN):
            self.catch_up()

    def _finish(self) -> None:
        with self._noting_a_fault():
            self._write(self._stream.end())
        os.close(self._reading)
        os.close(self._log)
        with suppress(OSError):  # its folder goes with the run
            self._private.unlink()

    def _write(self, data: bytes) -> None:
        while data and not self.fault:
            data = data[os.write(self._log, data) :]

    @contextmanager
    def _noting_a_fault(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = error.strerror or str(error)
