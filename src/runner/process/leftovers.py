"""What a step leaves running when it has ended: found, given an instant to go, then killed and reaped.

On Linux this process adopts orphans, so all that a step started ends up below it, whatever session it made
for itself. Elsewhere only the step's own process group is known, which `Child.reap` kills.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress

from runner.model.ports import Leftover
from runner.process.family import command_of, everyone, our_children, seen, step_of, with_descendants

_SET_CHILD_SUBREAPER = 36
"""The option of prctl(2), from <linux/prctl.h>."""

_GRACE = 0.2
"""Seconds: helpers of a program, such as Python's resource tracker, end just after it."""

_KILLING = 5.0
"""Seconds after which what a KILL does not end is left alone."""


def adopt_orphans() -> None:
    """Make this process the parent of all below it whose own parent ends; does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_leftovers(step: str, leader: int, *, session: bool, patient: bool) -> tuple[Leftover, ...]:
    """End what the step with that id left, and return what did not go by itself.

    `leader` is its first process, which has ended and is not reaped yet; with `session` it led a session,
    whose members count too. `patient`: they get an instant to go.
    """
    until = time.monotonic() + _GRACE
    pause = 0.001
    while (left := _left_by(step, leader, session=session)) and patient and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return _end(left, step, leader, session=session) if left else ()


def members(step: str, leader: int) -> set[int]:
    """Return the processes of a step in our own session: those below `leader`, and those with its id."""
    carrying = (pid for pid in our_children() if step_of(pid) == step)
    return with_descendants((leader, *carrying), everyone())


def _left_by(step: str, leader: int, *, session: bool) -> set[int]:
    """Return the processes that the step left, of those that have not ended; reap those that have."""
    roots = []
    for pid in our_children():
        process = None if pid == leader else seen(pid)
        if process is None:
            continue
        member = session and process.session == leader
        if process.ended:
            if member:
                _reap(pid)
        elif member or (step and step_of(pid) == step):
            roots.append(pid)
    return with_descendants(roots, everyone()) if roots else set()


def _end(left: set[int], step: str, leader: int, *, session: bool) -> tuple[Leftover, ...]:
    killed: dict[int, str] = {}
    until = time.monotonic() + _KILLING
    while left and time.monotonic() < until:
        for pid in left:
            killed.setdefault(pid, command_of(pid))
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
        left = _left_by(step, leader, session=session)
    for pid in killed:
        _reap(pid)
    return tuple(Leftover(pid, command, pid not in left) for pid, command in sorted(killed.items()))


def _reap(pid: int) -> None:
    """Collect the exit status of an adopted child that has ended; of anybody else nothing is taken."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
