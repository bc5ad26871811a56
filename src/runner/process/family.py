"""Who descends from whom, as the proc file system tells; where there is none, nobody is seen.

A process that changes fast may be missed once: who looks for processes to end looks until none is left.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# ruff: noqa: PTH116, PTH208, PTH123
# Asked for each step: Path objects would take most of the time.

STEP_VARIABLE = "RUNNER_STEP_ID"
"""The variable that a step's processes carry, unless they drop it."""

GUARD = "guard"
"""What the guard of a run carries instead: it outlives that run, if need be, and ends by itself."""

GUARDED = "RUNNER_GUARDED"
"""The variable in which a guard carries the pid of its runner."""

_MOST_OF_A_COMMAND = 200

_STATE, _PARENT, _SESSION, _STARTED, _SIZE, _VARIABLES_END = 0, 1, 3, 19, 20, 48
"""Where these stand in a process's `stat`, after its name."""


File = tuple[int, int]
"""A file, whatever its name is: its device and its number there."""


class Seen(NamedTuple):
    """A process: its parent's pid, its session, and when it started, which tells it from others of its pid.

    `ended`: it only waits to be reaped.
    """

    parent: int
    session: int
    started: int
    ended: bool


def seen(pid: int) -> Seen | None:
    """Return what is known of a process; None when it is gone, or cannot be seen."""
    fields = _fields(pid)
    if len(fields) <= _STARTED:
        return None
    return Seen(
        parent=int(fields[_PARENT]),
        session=int(fields[_SESSION]),
        started=int(fields[_STARTED]),
        ended=fields[_STATE] in {b"Z", b"X"},
    )


def everyone() -> dict[int, Seen]:
    """Return all processes by pid."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    found = ((int(name), seen(int(name))) for name in names if name.isdigit())
    return {pid: process for pid, process in found if process is not None}


def foster_children() -> tuple[int, ...]:
    """Return the pids of what this process adopted, and of what its main thread started itself.

    Linux gives orphans to the main thread; children of other threads are not looked at.
    """
    us = os.getpid()
    children = _read(f"/proc/self/task/{us}/children")
    if children is None:  # a kernel without such lists
        return tuple(pid for pid, process in everyone().items() if process.parent == us)
    return tuple(map(int, children.split()))


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


def step_of(pid: int) -> str | None:
    """Return the step that a process carries the id of; empty when it carries none, or cannot be seen.

    None: it is just becoming another program and has no variables yet, so look again.
    """
    variables = _variables_of(pid)
    if variables is None:
        return None
    prefix = f"{STEP_VARIABLE}=".encode()
    for variable in variables:
        if variable.startswith(prefix):
            return variable.removeprefix(prefix).decode("utf-8", "replace")
    return ""


def outputs_of(pid: int) -> frozenset[File]:
    """Return the files that are a process's standard output and error, as far as it can be seen."""
    return frozenset(filter(None, (_regular(f"/proc/{pid}/fd/{number}") for number in (1, 2))))


def files_of(descriptors: Iterable[int]) -> frozenset[File]:
    """Return which files these descriptors of ours are; what is no file, such as a device, is left out."""
    return frozenset(filter(None, map(_regular, descriptors)))


def _regular(file: str | int) -> File | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def is_guarded(runner: int) -> bool:
    """Say whether the guard of a runner of that pid is there; where the runner is not, it has work to do."""
    carried = f"{GUARDED}={runner}".encode()
    found = map(_variables_of, everyone())
    return any(variables is None or carried in variables for variables in found)


def command_of(pid: int) -> str:
    """Return the command line of a process, as far as it can be seen."""
    line = _read(f"/proc/{pid}/cmdline") or b""
    words = line.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    if len(words) <= _MOST_OF_A_COMMAND:
        return words
    # No word is cut in two: half of a secret would not be known as one.
    return f"{words[: _MOST_OF_A_COMMAND + 1].rpartition(' ')[0]} …"


def _variables_of(pid: int) -> list[bytes] | None:
    """Return what stands in a process's environment; None: it is just becoming another, and has none yet."""
    content = _read(f"/proc/{pid}/environ")
    if content == b"":
        if _becomes_another(pid):
            return None
        content = _read(f"/proc/{pid}/environ")  # it may have become one since
    return (content or b"").split(b"\0")


def _becomes_another(pid: int) -> bool:
    """Whether it has memory of its own, and no place for variables in it yet."""
    fields = _fields(pid)
    return len(fields) > _VARIABLES_END and fields[_SIZE] != b"0" and fields[_VARIABLES_END] == b"0"


def _fields(pid: int) -> list[bytes]:
    # The name, in parentheses, may hold anything, parentheses included.
    return (_read(f"/proc/{pid}/stat") or b"").rpartition(b")")[2].split()


def _read(path: str) -> bytes | None:
    """Return all that the file holds; None when it cannot be read, as of a process that is gone."""
    try:
        with open(path, "rb", buffering=0) as file:
            return b"".join(iter(lambda: file.read(1 << 16), b""))
    except OSError:
        return None
