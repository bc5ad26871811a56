"""The Protocols of what plugins return, and what their implementers promise."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from runner.model.environment import BackendLock, Content, Environment, Installation, ResolveWish
from runner.model.events import Event
from runner.model.options import Options
from runner.model.plan import Cell, EnvSpec, ReadyCell, Work
from runner.model.ports import Stop
from runner.model.results import Attempt, Collected
from runner.model.settings import Steps


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

    One that is an `AddsKeys`, `Resolves`, `FollowsLock`, `BringsInterpreter` or `Installs`, too, does that as
    well; else runner does, where there is something to do. Whatever takes long returns soon after `stop`
    rises, by raising Cancelled.
    """

    name: str

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        """Create an environment for `spec.interpreter` in `folder`. Raises CellError.

        The folder is there, and empty but for runner's marker.
        """
        ...

    def describe(self) -> str:
        """Return name and version, for results and explanations."""
        ...


@runtime_checkable
class AddsKeys(Protocol):
    """A backend that has keys of its own in the tables of sessions: those of sessions that may have it.

    `keys` is a struct as that of a `SessionType`. Rendered values are in `EnvSpec.keys`, by name.
    """

    keys: type[Struct]


@runtime_checkable
class Resolves(Protocol):
    """A backend that pins what its environments have before runner installs anything into them.

    The pins are text, a lock of the backend's own; in it a line that begins with `#` means nothing. runner
    remembers it, writes it to `locks/<backend>.<cell>.<lock_ending>` when asked to, and decides each time
    whether it still serves. `EnvSpec.backend_lock` is there wherever a spec is handed over, but here.
    """

    lock_ending: str

    def inputs(self, spec: EnvSpec) -> Mapping[str, str]:
        """Return what the pins follow from, by a short name for people; the same on all machines.

        Raises CellError.
        """
        ...

    def resolve(self, spec: EnvSpec, wish: ResolveWish, stop: Stop) -> str:
        """Return the text of a lock, with hashes of all that is to be installed. Raises CellError."""
        ...

    def requirements(self, spec: EnvSpec) -> tuple[str, ...]:
        """Return what the keys of the backend ask runner itself to install: lines like those of `deps`.

        Raises CellError.
        """
        ...

    def contents(self, lock: str) -> tuple[Content, ...]:
        """Return what a lock pins. Raises ValueError with what is wrong with it."""
        ...


@runtime_checkable
class WritesEnvironmentFile(Protocol):
    """A `Resolves` whose pins can be said in an environment.yml, for `runner env export`."""

    def environment_file(self, spec: EnvSpec, pip: tuple[str, ...]) -> str:
        """Return the text of one, of its lock; `pip` are requirement lines that runner installs on top.

        Raises CellError.
        """
        ...


@runtime_checkable
class FollowsLock(Protocol):
    """A backend that fills its environments as a lock of another tool says, before runner installs anything.

    runner neither makes nor keeps that lock. What it pins is in `EnvSpec.backend_lock` when the environment
    is created; an environment is kept by `--reuse` while that is the same.
    """

    def follow(self, spec: EnvSpec) -> BackendLock:
        """Return what the lock pins for `spec.interpreter`. Raises CellError when it does not serve."""
        ...

    def contents(self, lock: str) -> tuple[Content, ...]:
        """Return what the text of a `BackendLock` pins. Raises ValueError with what is wrong with it."""
        ...


@runtime_checkable
class BringsInterpreter(Protocol):
    """A backend that decides which interpreter an environment has."""

    def interpreter(self, spec: EnvSpec, stop: Stop) -> str | None:
        """Return the absolute path of the Python for `spec`; None: there is none.

        runner resolves and builds for it before there is an environment. Raises CellError.
        """
        ...


@runtime_checkable
class Installs(Protocol):
    """A backend that fills its environments itself: runner resolves and installs nothing there.

    Sessions that use it set `package = "none"`: the project is not installed.
    """

    def install(self, spec: EnvSpec, environment: Environment, stop: Stop) -> Installation:
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


@runtime_checkable
class Collector(Protocol):
    """Reads a cell's output files into test results. Called in the cell's worker."""

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        """Read what the attempt left in `folder` (its RUNNER_JUNIT_DIR) and below the cell's root.

        What is elsewhere and older than the file `.started` in `folder` is not the attempt's.
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
