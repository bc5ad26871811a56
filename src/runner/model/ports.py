"""The Protocols between the layers, and what their implementers promise."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from runner.model.environment import Built, Environment, Installation, Lock, Reused
from runner.model.events import Body
from runner.model.plan import EnvSpec
from runner.model.results import Exit

Emit = Callable[[Body], None]


class Clock(Protocol):
    """Time, injected so that tests can hold it still."""

    def time(self) -> float:
        """Wall time: seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds from some start, never going back."""
        ...


RUN_TIMEOUT = "run-timeout"

"""What a `Stop` names instead of a signal when the time for the whole run is used up."""


class Stop(Protocol):
    """Whether the run was asked to stop: 0 no, 1 finish as the ladder says, 2 kill now. It never falls."""

    @property
    def level(self) -> int: ...

    @property
    def signal(self) -> str:
        """What asked first: a signal's name, such as `INT`, or RUN_TIMEOUT; empty while nothing did."""
        ...

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call `listener` with each new level, from any thread; returns a call that ends this.

        A listener that subscribes after the level rose is called at once.
        """
        ...


class Spawn(Struct, frozen=True, kw_only=True):
    """One process to start and see to its end.

    `argv[0]` is an absolute path. `env` is its whole environment. `log` is the file that stdout and stderr
    are appended to, by a path in which no link is followed; None: the streams and the process group are those
    of this process (passthrough).
    `timeout` and the graces are in seconds. `step` is the RUNNER_STEP_ID. `given` are texts that it gets
    otherwise, such as in files. `stdin` is what it reads there; None: nothing, or in passthrough what we do.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    log: str | None
    step: str
    given: tuple[str, ...] = ()
    stdin: str | None = None
    timeout: float | None = None
    interrupt_grace: float = 5.0
    terminate_grace: float = 2.0


class Leftover(Struct, frozen=True):
    """A process that a step left running; `command` is its command line, as far as it can be seen.

    Not `killed`: even KILL did not end it.
    """

    pid: int
    command: str
    killed: bool = True


TellLeftovers = Callable[[tuple[Leftover, ...]], None]

TellLost = Callable[[str], None]


def tell_nobody(_news: object) -> None:
    """Be told of something, and do nothing."""


class Captured(Struct, frozen=True):
    """What a helper program said: its exit and its two streams, decoded with replacement."""

    exit: Exit
    stdout: str
    stderr: str


class Processes(Protocol):
    """The only way to start a process."""

    def run(
        self, spawn: Spawn, stop: Stop, leaked: TellLeftovers = tell_nobody, lost: TellLost = tell_nobody
    ) -> Exit:
        """Run to the end, timeouts and stops included; a program that cannot start is `NotStarted`.

        Nothing of it is left then; `leaked` is called with what it left, if it ended by itself, and it did.
        `lost` is called with the reason when its log does not have all of its output.
        """
        ...

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
        """Run one of our own helpers (installer, git, interpreter) and return what it said.

        What it leaves running is ended; with `daemons` only when the helper was stopped or timed out.
        """
        ...


class Workshop(Protocol):
    """Makes environments, phase by phase: called in the cells' workers, from several at a time.

    Each call raises CellError with its phase when it cannot, and Cancelled when `stop` rises meanwhile. What
    several cells need alike (an interpreter, a wheel, a lock) is made once; the others wait for it.
    """

    def interpreter(self, spec: EnvSpec, stop: Stop) -> EnvSpec:
        """Return `spec` with the interpreter that it asks for."""
        ...

    def package(self, spec: EnvSpec, stop: Stop) -> Built | None:
        """Return the project's wheel for that interpreter; None when the cell installs no project."""
        ...

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        """Return exact pins for all that the cell needs; None when there is nothing to pin."""
        ...

    def reuse(self, spec: EnvSpec, built: Built | None, lock: Lock | None, stop: Stop) -> Reused:
        """Return the environment that the last run left, if it is to be kept and nothing in it changed."""
        ...

    def create(self, spec: EnvSpec, stop: Stop) -> Environment:
        """Create a fresh, bare environment in its folder, a `tmp` in it; what was there is moved away."""
        ...

    def install(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock | None, stop: Stop
    ) -> Installation:
        """Fill the environment and return what is in it."""
        ...

    def inspect(
        self, spec: EnvSpec, environment: Environment, lock: Lock | None, stop: Stop
    ) -> tuple[str, ...]:
        """Look for damage that steps did to what environments share, undo it, and say what it was."""
        ...

    def hold(self, name: str, stop: Stop) -> AbstractContextManager[None]:
        """Keep other runners away from the folders of the cell whose folder has that name."""
        ...

    def copy_source(self, folder: Path, stop: Stop) -> None:
        """Copy what git sees of the project into the new `folder` (`source = "copy"`)."""
        ...
