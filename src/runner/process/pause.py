"""Ctrl-Z: what this process runs in sessions of its own stops and goes on with it, and time stands still."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NamedTuple


class _Sleep(NamedTuple):
    """Since when this process is stopped, unless it is not, and for how many seconds it was before."""

    since: float | None = None
    before: float = 0.0


class _Pause:
    """What is true of the whole process, as is its being stopped. Threads read `sleep` at any time."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.sleep = _Sleep()


_pause = _Pause()


def awake() -> float:
    """Return seconds from some start that never go back, less those for which Ctrl-Z stopped this process."""
    sleep = _pause.sleep
    return (time.monotonic() if sleep.since is None else sleep.since) - sleep.before


@contextmanager
def stopping_with_us(group: int) -> Iterator[None]:
    """Let the process group stop and go on with this process."""
    _pause.groups.add(group)
    try:
        if _pause.sleep.since is not None:  # it was started in the very instant of the stop
            _send(group, signal.SIGSTOP)
        yield
    finally:
        _pause.groups.discard(group)


@contextmanager
def pausing() -> Iterator[None]:
    """Stop with all groups at TSTP, unless this process was told to ignore it; on the main thread only."""
    if signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTSTP, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)


def _stop(_number: int, _frame: FrameType | None) -> None:
    begun, before = time.monotonic(), _pause.sleep.before
    _pause.sleep = _Sleep(begun, before)
    for group in tuple(_pause.groups):
        _send(group, signal.SIGSTOP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTSTP)  # returns when somebody lets this process go on
    signal.signal(signal.SIGTSTP, _stop)
    _pause.sleep = _Sleep(None, before + time.monotonic() - begun)
    for group in tuple(_pause.groups):
        _send(group, signal.SIGCONT)


def _send(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
