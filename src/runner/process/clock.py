"""The machine's time."""

import time

from runner.process.pause import awake


class SystemClock:
    """The `Clock` that tells the machine's own time.

    `monotonic` stands still while Ctrl-Z stops this process.
    """

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return awake()
