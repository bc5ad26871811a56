"""How a process is ended: which signals, and how long each gets to work. Pure."""

import signal

from msgspec import Struct

_AFTER_ABORT = 1.0
_AFTER_KILL = 5.0


class Rung(Struct, frozen=True):
    """A signal to send, and the seconds until the next rung. None: wait only, the signal has come already."""

    signal: signal.Signals | None
    grace: float


class Patience(Struct, frozen=True):
    """How long a process may run, and how long it may take to obey. Seconds."""

    timeout: float | None
    interrupt_grace: float
    terminate_grace: float


Ladder = tuple[Rung, ...]

KILL: Ladder = (Rung(signal.SIGKILL, _AFTER_KILL),)


def stop_ladder(patience: Patience, *, interrupted: bool) -> Ladder:
    """Return the rungs after the first stop. `interrupted`: the terminal has sent the INT already."""
    return (
        Rung(None if interrupted else signal.SIGINT, patience.interrupt_grace),
        Rung(signal.SIGTERM, patience.terminate_grace),
        *KILL,
    )


def timeout_ladder(patience: Patience) -> Ladder:
    """Return the rungs after a timeout: INT, at which test runners print where they hung, then ABRT.

    Python children run with faulthandler on, so ABRT gives the tracebacks of all their threads.
    """
    return (Rung(signal.SIGINT, patience.interrupt_grace), Rung(signal.SIGABRT, _AFTER_ABORT), *KILL)
