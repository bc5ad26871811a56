"""What a step leaves running when it has ended: found, given an instant to go, then killed and reaped.

On Linux this process adopts orphans, so all that a step started ends up below it, whatever session it made
for itself. Elsewhere only the step's own process group is known, which `Child.reap` kills.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress

from msgspec import Struct

from runner.model.ports import Leftover
from runner.process.family import (
    GUARD,
    File,
    Seen,
    command_of,
    everyone,
    foster_children,
    outputs_of,
    seen,
    step_of,
    with_descendants,
)

_SET_CHILD_SUBREAPER = 36
"""The option of prctl(2), from <linux/prctl.h>."""

_GRACE = 0.2
"""Seconds: helpers of a program, such as Python's resource tracker, end just after it."""

_KILLING = 5.0
"""Seconds after which what a KILL does not end is left alone."""

_reaping = threading.Lock()
"""The kernel's list of children, while it is read, skips one when another is reaped meanwhile."""


def adopt_orphans() -> None:
    """Make this process the parent of all below it whose own parent ends; does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leave_orphans() -> None:
    """Let the system have orphans again: whatever takes this process's place does not expect them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def reap_orphans() -> None:
    """Reap what this process adopted and has ended by itself: nobody else can, and pids are few."""
    _foster_children_alive()


class Origin(Struct, frozen=True):
    """What the processes of a step are known by.

    They carry the id `step`, descend from `leader`, are in the session that it led (with `session`), or,
    where they dropped all that, write to `outputs`, which are the step's own.
    """

    step: str
    leader: int
    session: bool
    outputs: frozenset[File]


def end_leftovers(origin: Origin, *, patient: bool) -> tuple[Leftover, ...]:
    """End what a step left, and return what did not go by itself.

    Its leader has ended and is not reaped yet. `patient`: they get an instant to go.
    """
    known: dict[int, Seen] = {}
    killed: dict[int, str] = {}
    begun = time.monotonic()
    pause = 0.001
    while (look := _look(origin)).goes_on:
        known.update(look.left)
        elapsed = time.monotonic() - begun
        if elapsed > _KILLING:
            break
        if not patient or elapsed > _GRACE:
            for pid in look.left:
                killed.setdefault(pid, command_of(pid))
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    for pid, process in known.items():
        _reap(pid, process)
    return tuple(Leftover(pid, command, pid not in look.left) for pid, command in sorted(killed.items()))


def members(step: str, leader: int) -> set[int]:
    """Return the processes of a step in our own session: those below `leader`, and those with its id."""
    carrying = (pid for pid in foster_children() if step_of(pid) == step)
    return {pid for pid in with_descendants((leader, *carrying), everyone()) if step_of(pid) != GUARD}


class _Look(Struct, frozen=True):
    """What a step left, as seen at one moment. `unsure`: it may have left more, so look again."""

    left: dict[int, Seen]
    unsure: bool

    @property
    def goes_on(self) -> bool:
        return self.unsure or bool(self.left)


def _look(origin: Origin) -> _Look:
    roots = []
    unsure = False
    for pid, process in _foster_children_alive().items():
        carried = step_of(pid)
        unsure |= carried is None
        if _is_of(origin, pid, process, carried):
            roots.append(pid)
    if not roots:
        return _Look({}, unsure)
    processes = everyone()
    left = {pid: processes[pid] for pid in with_descendants(roots, processes) if pid in processes}
    # A runner that the step left running is killed here; its guard is not, and ends what that one started.
    alive = (pid for pid, process in left.items() if not process.ended and step_of(pid) != GUARD)
    return _Look({pid: left[pid] for pid in alive}, unsure)


def _is_of(origin: Origin, pid: int, process: Seen, carried: str | None) -> bool:
    if (origin.step and carried == origin.step) or (origin.session and process.session == origin.leader):
        return True
    return not carried and bool(origin.outputs & outputs_of(pid))


def _foster_children_alive() -> dict[int, Seen]:
    """Return what this process adopted, or started in its main thread, and runs; reap what was adopted.

    Reaped is only what nobody in this process can be waiting for: a child that we started is in our session,
    or leads one of its own.
    """
    ours = os.getsid(0)
    with _reaping:
        children = _settled_children()
        for pid, process in children.items():
            if process.ended and process.session not in {ours, pid}:
                _collect(pid)
    return {pid: process for pid, process in children.items() if not process.ended}


def _settled_children() -> dict[int, Seen]:
    """Return what is known of all foster children, none of which left us another meanwhile."""
    while True:
        pids = foster_children()
        found = ((pid, seen(pid)) for pid in pids)
        children = {pid: process for pid, process in found if process is not None}
        # One that ended after it was listed has left us its own children, which were not.
        if not pids or foster_children() == pids:
            return children


def _reap(pid: int, known: Seen) -> None:
    """Collect the exit status of one that we knew, if it became our child and has ended."""
    with _reaping:
        process = seen(pid)
        if process is not None and process.ended and process.started == known.started:
            _collect(pid)


def _collect(pid: int) -> None:
    with suppress(ChildProcessError):  # its own parent lives, and has not asked for it yet
        os.waitpid(pid, os.WNOHANG)
