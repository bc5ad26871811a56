"""End what a runner that was killed left running: `python -m runner.process.last_resort`, by its guard.

Standard output is the file of records; nothing is ever written to it here.
"""

import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import suppress

from runner.process.family import GUARD, everyone, step_of, with_descendants

_RECORDS = 1
_SECONDS = 10.0


def main() -> int:
    """Kill the processes of all steps that had not ended, until none is left."""
    steps = _under_way(_all_of(_RECORDS).decode("utf-8", "replace"))
    for leader in filter(None, steps.values()):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    until = time.monotonic() + _SECONDS
    while steps and _kill_all(steps) and time.monotonic() < until:
        time.sleep(0.01)
    return 0


def _under_way(records: str) -> dict[str, int | None]:
    """Map the ids of steps that had not ended to the leaders of their sessions, where they have such."""
    steps: dict[str, int | None] = {}
    for line in records.splitlines():
        what, _, step = line.partition(" ")
        if what == "leads":
            step, _, leader = step.rpartition(" ")
            steps[step] = int(leader)
        elif what == "expect":
            steps[step] = None
        else:
            steps.pop(step, None)
    return steps


def _kill_all(steps: dict[str, int | None]) -> bool:
    """Kill what is seen of the steps; say whether to look again, since something was, or may have been."""
    sessions: Collection[int | None] = set(steps.values())
    processes = everyone()
    carried = {pid: step_of(pid) for pid, process in processes.items() if not process.ended}
    roots = [pid for pid, step in carried.items() if processes[pid].session in sessions or step in steps]
    # The guards of runners that ran in these steps have work of their own to do now; this is one, too.
    left = [pid for pid in with_descendants(roots, processes) & carried.keys() if carried[pid] != GUARD]
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return bool(left) or None in carried.values()


def _all_of(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0)


if __name__ == "__main__":
    sys.exit(main())
