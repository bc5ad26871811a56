"""Who descends from whom, as the proc file system tells; where there is none, nobody is seen.

A process that changes fast may be missed once: who looks for processes to end looks until none is left.
"""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# ruff: noqa: PTH208, PTH110, PTH123
# Asked for each step: Path objects would take most of the time.

STEP_VARIABLE = "RUNNER_STEP_ID"
"""The variable that a step's processes carry, unless they drop it."""

_MOST_OF_A_COMMAND = 200


class Seen(NamedTuple):
    """A process: the pids of its parent and of its session's leader; `ended`: it only waits to be reaped."""

    parent: int
    session: int
    ended: bool


def seen(pid: int) -> Seen | None:
    """Return what is known of a process; None when it is gone, or cannot be seen."""
    content = _read(f"/proc/{pid}/stat")
    # The name, in parentheses, may hold anything, parentheses included.
    fields = content.rpartition(b")")[2].split()
    if len(fields) < 4:  # noqa: PLR2004 - state, parent, group, session
        return None
    return Seen(parent=int(fields[1]), session=int(fields[3]), ended=fields[0] in {b"Z", b"X"})


def everyone() -> dict[int, Seen]:
    """Return all processes by pid."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    found = ((int(name), seen(int(name))) for name in names if name.isdigit())
    return {pid: process for pid, process in found if process is not None}


def our_children() -> tuple[int, ...]:
    """Return the children of this process, those included that it adopted when their parent ended."""
    us = os.getpid()
    if not os.path.exists(f"/proc/self/task/{us}/children"):  # a kernel without these lists
        return tuple(pid for pid, process in everyone().items() if process.parent == us)
    texts = [_read(f"/proc/self/task/{thread}/children") for thread in os.listdir("/proc/self/task")]
    return tuple(int(pid) for text in texts for pid in text.split())


def with_descendants(roots: Iterable[int], processes: Mapping[int, Seen]) -> set[int]:
    """Return `roots` and all that descend from them."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, ())
    return found


def step_of(pid: int) -> str:
    """Return the step that a process carries the id of; empty when it carries none, or cannot be seen."""
    prefix = f"{STEP_VARIABLE}=".encode()
    for variable in _read(f"/proc/{pid}/environ").split(b"\0"):
        if variable.startswith(prefix):
            return variable.removeprefix(prefix).decode("utf-8", "replace")
    return ""


def command_of(pid: int) -> str:
    """Return the command line of a process, as far as it can be seen."""
    words = _read(f"/proc/{pid}/cmdline").rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    return words if len(words) <= _MOST_OF_A_COMMAND else f"{words[:_MOST_OF_A_COMMAND]}…"


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return b"".join(iter(lambda: file.read(1 << 16), b""))
    except OSError:
        return b""
