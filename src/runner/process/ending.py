"""Seeing a child to its end: its own, a timeout's, or that of a run that is asked to stop."""

import signal
from queue import Empty, SimpleQueue

from runner.model.ports import RUN_TIMEOUT, Stop, TellLeftovers
from runner.model.results import Exit, Exited, Signalled, TimedOut
from runner.process.child import Child, Ended, Message
from runner.process.ladder import KILL, Ladder, Patience, stop_ladder, timeout_ladder
from runner.process.leftovers import reap_orphans
from runner.process.pause import awake

_KILL_NOW = 2
_TEND = 1.0
"""Seconds between two times that ended orphans are reaped while a process runs."""


class Survived(Exception):  # noqa: N818 - says what happened
    """The process did not end, even though it was sent KILL. `exit` is what we tried to make of it."""

    def __init__(self, pid: int, exit_: Exit) -> None:
        super().__init__(f"process {pid} did not end when it was killed: it may belong to another user")
        self.exit = exit_


def see_to_end(
    child: Child,
    patience: Patience,
    stop: Stop,
    *,
    at_terminal: bool,
    leaked: TellLeftovers | None,
) -> Exit:
    """Wait until `child` has ended and is reaped; at a timeout or a stop, end it.

    `at_terminal`: the terminal sends it the same INT as us. All that it leaves is ended, too, and if it ended
    by itself `leaked` is told; without `leaked` only its group is ended then. Raises Survived, and
    ChildProcessError when the exit status was lost. Any other exception kills the child.
    """
    inbox: SimpleQueue[Message] = SimpleQueue()
    try:
        child.watch(inbox)
        unsubscribe = stop.subscribe(inbox.put)
        try:
            exit_ = _wait(child, inbox, patience, stop, at_terminal=at_terminal)
        finally:
            unsubscribe()
        by_itself = not isinstance(exit_, TimedOut) and not stop.level
        if leaked is not None or not by_itself:
            _end_leftovers(child, leaked, by_itself=by_itself)
    except (Survived, ChildProcessError):
        raise
    except BaseException:
        child.signal(signal.SIGKILL)
        child.end_leftovers(patient=False)
        child.reap()
        raise
    child.reap()
    return exit_


def _end_leftovers(child: Child, leaked: TellLeftovers | None, *, by_itself: bool) -> None:
    left = child.end_leftovers(patient=by_itself)
    if left and by_itself and leaked is not None:
        leaked(left)


def _wait(
    child: Child, inbox: SimpleQueue[Message], patience: Patience, stop: Stop, *, at_terminal: bool
) -> Exit:
    """Climb the ladders until the child has ended; return how it did."""
    timed_out = None
    ladder = None
    deadline = None if patience.timeout is None else awake() + patience.timeout
    while not isinstance(message := _next(inbox, deadline), Ended):
        if message is not None and message >= _KILL_NOW:
            ladder = iter(KILL)
        elif ladder is None and message is not None:
            ladder = iter(_ladder_of(stop, patience, at_terminal=at_terminal))
        elif ladder is None:
            timed_out = TimedOut(patience.timeout or 0.0)
            ladder = iter(timeout_ladder(patience))
        elif message is not None:
            continue  # asked to stop while it is being ended anyway
        rung = next(ladder, None)
        if rung is None:
            raise Survived(child.pid, timed_out or Signalled(signal.SIGKILL))
        if rung.signal is not None:
            child.signal(rung.signal)
        deadline = awake() + rung.grace
    if timed_out is not None:
        return timed_out
    if message.code is None:
        raise ChildProcessError(
            f"the exit status of process {child.pid} was taken by another part of this program"
        )
    return Exited(message.code) if message.code >= 0 else Signalled(-message.code)


def _ladder_of(stop: Stop, patience: Patience, *, at_terminal: bool) -> Ladder:
    if stop.signal == RUN_TIMEOUT:
        return timeout_ladder(patience)
    return stop_ladder(patience, interrupted=at_terminal and stop.signal == "INT")


def _next(inbox: SimpleQueue[Message], deadline: float | None) -> Message | None:
    """Return the next message; None once `deadline` has passed without one.

    Meanwhile what the child made orphans of, and has ended, is reaped: it may be thousands.
    """
    while True:
        left = _TEND if deadline is None else max(0.0, deadline - awake())
        try:
            return inbox.get(timeout=min(left, _TEND))
        except Empty:
            if deadline is not None and deadline <= awake():
                return None
        reap_orphans()
