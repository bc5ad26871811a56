"""Workers that go on though all was killed: what a plugin blocks is left behind, not waited for for ever."""

import math
import sys
import threading
import traceback
from collections.abc import Iterable

from runner.model.plan import ReadyCell
from runner.model.ports import Stop
from runner.model.unexpected import place_of

_LAST = 6.0
"""Seconds that a worker has when its processes were killed: one more than what KILL cannot end gets."""

_KILL = 2


class Overdue:
    """Says when workers are given up: a while after all was killed, or at once when `hurry` was called.

    `late` is the stop of teardown. When it rises by itself, commands may still be obeying the first signal.
    """

    def __init__(self, late: Stop, stop: Stop, cells: Iterable[ReadyCell]) -> None:
        self._late = late
        self._stop = stop
        graces = (cell.settings.interrupt_grace + cell.settings.terminate_grace for cell in cells)
        self._obeying = max(graces, default=0.0)
        self._deadline = math.inf

    def hurry(self) -> None:
        """Give up at the next look."""
        self._deadline = -math.inf

    def look(self, now: float) -> bool:
        """Say whether time is up; `now` is on the clock that never goes back."""
        if self._late.level >= _KILL and self._deadline == math.inf:
            self._deadline = now + _LAST + (0.0 if self._stop.level >= _KILL else self._obeying)
        return now >= self._deadline


def whereabouts(thread: threading.Thread) -> tuple[str, str]:
    """Return where a thread is, in a few words that name the plugin's file, and its whole stack."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented, under this name
    if frame is None:
        return "its worker", ""
    stack = traceback.extract_stack(frame)
    return place_of(stack), "".join(stack.format()).rstrip()
