"""Fakes of the ports: time that moves by hand, processes that are functions, a stop that a test raises."""

from collections.abc import Callable, Mapping

from runner.model.ports import Captured, Processes, Spawn, Stop, TellLeftovers, TellLost, tell_nobody
from runner.model.results import Exit, Exited


class FakeClock:
    """A `Clock` that stands still until `advance` is called.

    `now` is what `time` returns: seconds since 1970. `monotonic` starts at 0.
    """

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._start = now
        self._elapsed = 0.0

    def time(self) -> float:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass. Raises ValueError when they are negative: time never goes back."""
        if seconds < 0:
            raise ValueError(f"time never goes back, but was asked to by {-seconds} seconds")
        self._elapsed += seconds


class FakeStop:
    """A `Stop` that a test raises by hand."""

    def __init__(self) -> None:
        self._level = 0
        self._signal = ""
        self._listeners: list[Callable[[int], None]] = []

    @property
    def level(self) -> int:
        return self._level

    @property
    def signal(self) -> str:
        return self._signal

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        if self._level:
            listener(self._level)
        return lambda: self._listeners.remove(listener)

    def rise(self, level: int = 1, signal: str = "INT") -> None:
        """Ask for a stop and tell all who listen; a level that is not higher changes nothing."""
        if level <= self._level:
            return
        self._level = level
        self._signal = self._signal or signal
        for listener in tuple(self._listeners):
            listener(level)


def succeed(spawn: Spawn) -> Exit:  # noqa: ARG001 - the shape of an answer
    """Answer every spawn with exit code 0."""
    return Exited(0)


def say_nothing(argv: tuple[str, ...]) -> Captured:  # noqa: ARG001 - the shape of an answer
    """Answer every capture with exit code 0 and no output."""
    return Captured(Exited(0), "", "")


class FakeProcesses:
    """`Processes` that start nothing: `answer` says how each spawn ends, `capture_answer` what helpers say.

    `spawns` and `captures` record what was asked for, in order. Answers are called in the caller's thread,
    and may raise a `FakeStop`, advance a `FakeClock` or write to `spawn.log`.
    """

    def __init__(
        self,
        answer: Callable[[Spawn], Exit] = succeed,
        capture_answer: Callable[[tuple[str, ...]], Captured] = say_nothing,
    ) -> None:
        self._answer = answer
        self._capture_answer = capture_answer
        self.spawns: list[Spawn] = []
        self.captures: list[tuple[str, ...]] = []

    def run(
        self,
        spawn: Spawn,
        stop: Stop,  # noqa: ARG002 - the port's shape
        leaked: TellLeftovers = tell_nobody,  # noqa: ARG002 - the port's shape
        lost: TellLost = tell_nobody,  # noqa: ARG002 - the port's shape
    ) -> Exit:
        self.spawns.append(spawn)
        return self._answer(spawn)

    def capture(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str,  # noqa: ARG002 - the port's shape
        env: Mapping[str, str],  # noqa: ARG002 - the port's shape
        stop: Stop,  # noqa: ARG002 - the port's shape
        timeout: float | None = None,  # noqa: ARG002 - the port's shape
        daemons: bool = False,  # noqa: ARG002 - the port's shape
    ) -> Captured:
        self.captures.append(argv)
        return self._capture_answer(argv)


class RecordingProcesses:
    """Real `Processes` that remember: `spawns` and `captures` hold what was asked for, in starting order."""

    def __init__(self, real: Processes) -> None:
        self._real = real
        self.spawns: list[Spawn] = []
        self.captures: list[tuple[str, ...]] = []

    def run(
        self, spawn: Spawn, stop: Stop, leaked: TellLeftovers = tell_nobody, lost: TellLost = tell_nobody
    ) -> Exit:
        self.spawns.append(spawn)
        return self._real.run(spawn, stop, leaked, lost)

    def capture(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str,
        env: Mapping[str, str],
        stop: Stop,
        timeout: float | None = None,
        daemons: bool = False,
    ) -> Captured:
        self.captures.append(argv)
        return self._real.capture(argv, cwd=cwd, env=env, stop=stop, timeout=timeout, daemons=daemons)
