"""The signals that this process gets."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from runner.process.pause import pausing

_ROUTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_to(callback: Callable[[str], None]) -> Iterator[None]:
    """Route INT, TERM and HUP to `callback(name)` and give the signals their old handlers back at the end.

    `callback` runs in the middle of anything on the main thread: it may put into a `SimpleQueue`, and nothing
    else. A HUP or INT that this process was told to ignore (nohup, a shell's background job) stays ignored.
    Raises RuntimeError outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("signals can only be routed on the main thread: Python runs their handlers there")

    def forward(number: int, _frame: FrameType | None) -> None:
        callback(signal.Signals(number).name.removeprefix("SIG"))

    def ignore(_number: int, _frame: FrameType | None) -> None:
        pass

    routed = []
    try:
        for number in _ROUTED:
            before = signal.getsignal(number)
            if before is None or (before is signal.SIG_IGN and number == signal.SIGHUP):
                continue  # not Python's to restore, or nohup, which the children are meant to inherit
            routed.append((number, before))
            # A handler, unlike SIG_IGN, is not inherited: our children can still be interrupted at a timeout.
            signal.signal(number, ignore if before is signal.SIG_IGN else forward)
        with pausing():
            yield
    finally:
        for number, before in routed:
            signal.signal(number, before)


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Undo what is done inside to the handlers of these signals and of CHLD; only a main thread can do it."""
    before = [(number, signal.getsignal(number)) for number in (*_ROUTED, signal.SIGCHLD)]
    try:
        yield
    finally:
        for number, handler in before:
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def default_signals() -> None:
    """Undo that Python ignores signals which programs expect to end them: who is executed inherits that."""
    for name in ("SIGPIPE", "SIGXFSZ"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_DFL)


def keep_exit_statuses() -> None:
    """Undo an inherited "ignore SIGCHLD", under which the system throws the exit statuses of children away.

    Without this `subprocess` would report 0 for every child, and failures would turn green. Does nothing
    outside the main thread, where handlers cannot be set; the loss is then noticed when a child ends.
    """
    ours = threading.current_thread() is threading.main_thread()
    if ours and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
