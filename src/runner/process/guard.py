"""A small process beside each run that ends the run's children when runner itself is killed by KILL.

It is a shell that waits on a pipe for a word of farewell. At the pipe's end without one, runner was killed:
the shell becomes `last_resort`, which reads from a file that both have open which steps had not ended.
A runner that an error ended while steps were under way says no farewell either.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.process.family import GUARD, GUARDED, STEP_VARIABLE

_SCRIPT = 'trap "" INT TERM HUP QUIT; read -r farewell && exit 0; exec "$0" -m runner.process.last_resort'


class Guard:
    """Knows which steps are under way. The process starts with the first, and ends with this object."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._records: int | None = None
        self._under_way: set[str] = set()
        self._end: Callable[[], object] | None = None

    def expect(self, step: str) -> None:
        """Say that a process with this id is about to start. Raises OSError when there can be no guard."""
        self._under_way.add(step)
        self._write(f"expect {step}")

    def began(self, step: str, pid: int) -> None:
        """Say that the process leads a session of its own."""
        self._write(f"leads {step} {pid}")

    def ended(self, step: str) -> None:
        """Say that nothing of it is left."""
        self._write(f"ended {step}")
        self._under_way.discard(step)

    def _write(self, line: str) -> None:
        with self._starting:
            if self._records is None:
                self._records = self._start()
        os.write(self._records, f"{line}\n".encode())

    def _start(self) -> int:
        reading, writing = os.pipe()
        records = unnamed_file()
        try:
            process = subprocess.Popen(
                ("/bin/sh", "-c", _SCRIPT, sys.executable),
                stdin=reading,
                stdout=records,  # where `last_resort` reads: one descriptor that every shell leaves alone
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_variables(),
                start_new_session=True,
            )
        except OSError:
            os.close(writing)
            os.close(records)
            raise
        finally:
            os.close(reading)
        self._end = weakref.finalize(self, _farewell, process, writing, records, self._under_way)
        return records

    def close(self) -> None:
        """End the process, if there is one: nothing is started any more."""
        if self._end is not None:
            self._end()


def _variables() -> dict[str, str]:
    """Return ours, with which Python is known to start; and not the id of a step that runs this runner."""
    ours = str(Path(__file__).parents[2])
    modules = [ours, *filter(None, [os.environ.get("PYTHONPATH")])]
    guarding = {STEP_VARIABLE: GUARD, GUARDED: str(os.getpid())}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(modules), **guarding}


def _farewell(process: "subprocess.Popen[bytes]", writing: int, records: int, under_way: set[str]) -> None:
    if not under_way:
        with suppress(OSError):  # somebody ended it
            os.write(writing, b"farewell\n")
    os.close(writing)
    os.close(records)
    process.wait()


def unnamed_file() -> int:
    """Return a descriptor of a file that is nowhere. Threads may write to it at once: all is appended."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("steps")
    else:
        with tempfile.TemporaryFile(buffering=0) as file:
            descriptor = os.dup(file.fileno())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND | fcntl.fcntl(descriptor, fcntl.F_GETFL))
    return descriptor
