"""A small process beside each run that ends the run's children when runner itself is killed by KILL.

It is a shell that waits on a pipe for a word of farewell. At the pipe's end without one, runner was killed:
the shell becomes `last_resort`, which reads from a file that both have open which steps had not ended.
"""

import os
import subprocess
import sys
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path

_SCRIPT = 'trap "" INT TERM HUP QUIT; read -r farewell && exit 0; exec "$0" -m runner.process.last_resort'


class Guard:
    """Knows which steps are under way. The process starts with the first, and ends with this object."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._records: int | None = None

    def expect(self, step: str) -> None:
        """Say that a process with this id is about to start. Raises OSError when there can be no guard."""
        self._write(f"expect {step}")

    def began(self, step: str, pid: int) -> None:
        """Say that the process leads a session of its own."""
        self._write(f"leads {step} {pid}")

    def ended(self, step: str) -> None:
        """Say that nothing of it is left."""
        self._write(f"ended {step}")

    def _write(self, line: str) -> None:
        with self._starting:
            if self._records is None:
                self._records = self._start()
        os.write(self._records, f"{line}\n".encode())

    def _start(self) -> int:
        reading, writing = os.pipe()
        records = _unnamed_file()
        try:
            process = subprocess.Popen(
                ("/bin/sh", "-c", _SCRIPT, sys.executable),
                stdin=reading,
                stdout=records,  # where `last_resort` reads: one descriptor that every shell leaves alone
                stderr=subprocess.DEVNULL,
                cwd="/",
                # Nothing of ours: it must not look like a step of a runner that runs this one.
                env={"PYTHONPATH": str(Path(__file__).parents[2])},
                start_new_session=True,
            )
        except OSError:
            os.close(writing)
            os.close(records)
            raise
        finally:
            os.close(reading)
        weakref.finalize(self, _farewell, process, writing, records)
        return records


def _farewell(process: "subprocess.Popen[bytes]", writing: int, records: int) -> None:
    with suppress(OSError):  # somebody ended it
        os.write(writing, b"farewell\n")
    os.close(writing)
    os.close(records)
    process.wait()


def _unnamed_file() -> int:
    """Return a descriptor of a file that is nowhere, to append to."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("steps")
    else:
        with tempfile.TemporaryFile(buffering=0) as file:
            descriptor = os.dup(file.fileno())
    return descriptor
