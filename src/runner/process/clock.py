"""The machine's time."""

import time


class SystemClock:
    """The `Clock` that tells the machine's own time."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()
