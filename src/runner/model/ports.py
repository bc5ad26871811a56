"""The Protocols between the layers, and what their implementers promise."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from runner.model.environment import Built, Environment, Installation, Lock, Reused
from runner.model.events import Body, Event
from runner.model.options import Options
from runner.model.plan import Cell, EnvSpec, ReadyCell, Work
from runner.model.python import Interpreter
from runner.model.results import Attempt, Collected, Exit
from runner.model.settings import Steps

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


class NoKeys(Struct, frozen=True):
    """The keys of a session type that adds none."""


Keys = TypeVar("Keys", bound=Struct)


@runtime_checkable
class SessionType(Protocol[Keys]):
    """Turns a session's cells into steps. Called while planning: pure.

    `keys` is a frozen struct, and says which keys the type adds to those of every session: each field is one,
    in kebab-case, of type str, bool, int, float (seconds), a Literal of words, tuple[str, ...] or dict[str,
    str]; or-None is allowed; a field has a default, or the key must be there. Text is config text: braces
    are filled in when the cell is rendered, but for words, which are taken as they are. What a `Meta`
    refuses is an error of the config, and so is a ValueError of `__post_init__`.
    `defaults` are keys of environment and running that are set where the session's own tables do not set
    them, written as in the file; they beat `[defaults]`.
    """

    name: str
    keys: type[Keys]
    defaults: Mapping[str, object] = {}

    def steps(self, cell: Cell, keys: Keys) -> Steps:
        """Return the steps of `cell`; `cell.steps` holds the commands that its config names.

        A ConfigError is told to the user as it is.
        """
        ...


@runtime_checkable
class Backend(Protocol):
    """Creates environments. Called in a cell's worker, from several at a time.

    One that is a `BringsInterpreter` or an `Installs`, too, does that as well; else runner does.
    """

    name: str

    def create(self, spec: EnvSpec, folder: Path) -> Environment:
        """Create an environment for `spec.interpreter` in `folder`. Raises CellError.

        The folder is there, and empty but for runner's marker.
        """
        ...

    def describe(self) -> str:
        """Return name and version, for results and explanations."""
        ...


@runtime_checkable
class BringsInterpreter(Protocol):
    """A backend that decides which interpreter an environment has."""

    def interpreter(self, spec: EnvSpec) -> Interpreter | None:
        """Return the interpreter for `spec`; None: it comes with the environment, or there is none.

        Raises CellError.
        """
        ...


@runtime_checkable
class Installs(Protocol):
    """A backend that fills its environments itself: runner resolves and installs nothing there.

    Sessions that use it set `package = "none"`: the project is not installed.
    """

    def install(self, spec: EnvSpec, environment: Environment) -> Installation:
        """Install what `spec` asks for, but the project, and return what is in it. Raises CellError."""
        ...


@runtime_checkable
class Executor(Protocol):
    """Carries cells out somewhere. Called in the cells' workers, from several at a time."""

    def run(self, work: Work, tell: Callable[[Event], None], stop: Stop) -> int:
        """Have the cell run, `tell` its events in order, and return the exit code of that runner.

        The result that is told of the cell is its result; without one the cell is an `error`. Returns soon
        after `stop` rises. Raises CellError with phase `create` when it cannot be carried out.
        """
        ...

    def close(self) -> None:
        """Let go of what all cells shared; no cell runs any more. Called once, if cells could have run."""
        ...


class Stream(Protocol):
    """Where a reporter writes people's text, from any thread; writing raises nothing when nobody reads."""

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


class VerbRequest(Struct, frozen=True, kw_only=True):
    """What a verb of a plugin is given.

    `words` stand after the verb, `posargs` after `--`. `root` and `work_dir` are folders of the project, None
    without one; there is no run, so `options.run_folder` is empty.
    `out` is stdout, for what the verb is asked to print; notices go to `sys.stderr`.
    """

    words: tuple[str, ...]
    posargs: tuple[str, ...]
    options: Options
    root: str | None
    work_dir: str | None
    out: Stream


@runtime_checkable
class Verb(Protocol):
    """One more verb of the command line: its name, a line of help, and what it does."""

    name: str
    help: str

    def run(self, request: VerbRequest) -> int:
        """Do it, and return the exit code. A UsageError is told to the user as it is."""
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


@runtime_checkable
class Collector(Protocol):
    """Reads a cell's output files into test results. Called in the cell's worker."""

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        """Read what the attempt left in `folder` (its RUNNER_JUNIT_DIR) and below the cell's root.

        What is elsewhere and older than the file `ATTEMPT_STARTED` in `folder` is not the attempt's.
        """
        ...


@runtime_checkable
class Reporter(Protocol):
    """Shows or stores events. Each reporter is called in one thread of its own."""

    def handle(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Warn(Protocol):
    """Tells people what went wrong with a plugin; `error` is what it raised. In any thread; never raises."""

    def __call__(self, message: str, error: BaseException | None = None) -> None: ...
