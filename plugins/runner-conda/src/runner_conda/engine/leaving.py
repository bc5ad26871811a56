"""Leaving the process in peace: a thread of rattler's that still holds something of Python's crashes it.

rattler's threads tell Python that a call is done, and let go of it a moment later. If Python is being torn
down by then, the process is aborted, whatever its exit code was to be (py-rattler 0.28).
"""

import atexit
import os
import threading
import time
from pathlib import Path

_A_MOMENT = 0.002
_AT_MOST = 0.5


def wait_when_leaving() -> None:
    """See to it that the process waits for these threads when it ends: for a few milliseconds."""
    atexit.register(_wait)


def _wait() -> None:
    """Sleep, and so let others run, until nobody does any more."""
    end = time.monotonic() + _AT_MOST
    time.sleep(_A_MOMENT)
    while time.monotonic() < end and _somebody_runs():
        time.sleep(_A_MOMENT)


def _somebody_runs() -> bool:
    """Whether another thread of this process runs, or waits for a CPU; known on Linux only."""
    own = str(threading.get_native_id())
    try:
        tasks = [task for task in os.listdir("/proc/self/task") if task != own]  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return False
    return any(_state(task) == "R" for task in tasks)


def _state(task: str) -> str:
    try:
        status = Path("/proc/self/task", task, "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has just ended
        return ""
    return status.rpartition(")")[2].split()[0]
