"""What plugins return, as the program calls it: whatever goes wrong in there names the plugin."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from runner.hooks.lending import lent
from runner.model.encode import remade
from runner.model.environment import Environment, Installation
from runner.model.errors import Cancelled, CellError, Interruption, PluginError, RunnerError
from runner.model.events import Event
from runner.model.plan import Addition, Cell, EnvSpec, Work
from runner.model.plugins import Backend, BringsInterpreter, Executor, Installs, SessionType
from runner.model.ports import Stop
from runner.model.python import Interpreter
from runner.model.settings import Steps
from runner.model.unexpected import describe_guest
from runner.model.variable_names import text_problem, variable_problem
from runner.process.signals import handlers_kept

T = TypeVar("T")
Watched = Callable[[str, str], AbstractContextManager[None]]
"""Tells when what a plugin does inside, the second text, takes long."""


@contextmanager
def blamed(plugin: str, *meant: type[Exception]) -> Iterator[None]:
    """Turn whatever a plugin raises into a PluginError that names it; errors for the user, and `meant`, pass.

    Handlers of signals that it set are taken back.
    """
    try:
        with handlers_kept():
            yield
    except (RunnerError, Interruption):
        raise
    except meant:
        raise
    except BaseException as error:
        raise PluginError(f"plugin {plugin}: {describe_guest(error, __file__)}") from error


class GuestType:
    """The session type of a plugin. Raises PluginError when it fails."""

    def __init__(self, plugin: str, name: str, real: SessionType[Struct], watched: Watched) -> None:
        self.name = name
        self.plugin = plugin
        self._watched = watched
        self._real = real
        with blamed(plugin):
            keys: object = real.keys
            defaults: object = real.defaults
        if not (isinstance(keys, type) and issubclass(keys, Struct)):
            raise PluginError(f"{self._whose} has keys that are no msgspec.Struct class")
        if not isinstance(defaults, Mapping):
            raise PluginError(f"{self._whose} has defaults that are no mapping")
        self.keys = keys
        self.defaults: Mapping[str, object] = defaults

    @property
    def _whose(self) -> str:
        return f"plugin {self.plugin}: its session type {self.name!r}"

    def steps(self, cell: Cell, keys: Struct) -> Steps:
        with blamed(self.plugin), self._watched(self.plugin, f"its session type {self.name!r}"):
            made: object = self._real.steps(lent(cell), keys)
            if not isinstance(made, Steps):
                raise self._unfit(cell, f"{_kind(made)}, which is no Steps")
            try:
                return remade(made, Steps, str_keys=True)
            except ValueError as error:
                raise self._unfit(cell, f"Steps that cannot be used: {error}") from error

    def _unfit(self, cell: Cell, what: str) -> PluginError:
        return PluginError(f"{self._whose} returned, for {cell.id}, {what}")


class GuestBackend:
    """The backend of a plugin. Raises PluginError when it fails, and the CellErrors that it raises.

    It is a `BringsInterpreter` and an `Installs` exactly if the real one is.
    """

    def __init__(self, plugin: str, name: str, real: Backend) -> None:
        self.name = name
        self._plugin = plugin
        self._real = real
        if isinstance(real, BringsInterpreter):
            self.interpreter = partial(self._interpreter, real)
        if isinstance(real, Installs):
            self.install = partial(self._install, real)

    def create(self, spec: EnvSpec, folder: Path) -> Environment:
        with blamed(self._plugin, CellError, Cancelled):
            return self._value(self._real.create(spec, folder), Environment, "created")

    def _interpreter(self, real: BringsInterpreter, spec: EnvSpec) -> Interpreter | None:
        with blamed(self._plugin, CellError, Cancelled):
            found: object = real.interpreter(spec)
            if found is None:
                return None
            return self._value(found, Interpreter, "brought")

    def _install(self, real: Installs, spec: EnvSpec, environment: Environment) -> Installation:
        with blamed(self._plugin, CellError, Cancelled):
            return self._value(real.install(spec, environment), Installation, "installed")

    def _value(self, made: object, kind: type[T], did: str) -> T:
        """Return what the plugin made as a value that is what it says to be."""
        if not isinstance(made, kind):
            raise self._unfit(f"{did} {_kind(made)}, which is no {kind.__name__}")
        try:
            return remade(made, kind)
        except ValueError as error:
            raise self._unfit(f"{did} an {kind.__name__} that cannot be used: {error}") from error

    def describe(self) -> str:
        with blamed(self._plugin):
            said: object = self._real.describe()
            if not isinstance(said, str):
                raise self._unfit(f"describes itself as {_kind(said)}, not as text")
        return said

    def _unfit(self, what: str) -> PluginError:
        return PluginError(f"plugin {self._plugin}: its backend {self.name!r} {what}")


class GuestExecutor:
    """The executor of a plugin. Raises PluginError when it fails, and the CellErrors that it raises."""

    def __init__(self, plugin: str, real: Executor) -> None:
        self.plugin = plugin
        self._real = real

    def run(self, work: Work, tell: Callable[[Event], None], stop: Stop) -> int:
        with blamed(self.plugin, CellError, Cancelled):
            code: object = self._real.run(work, lambda event: tell(self._checked(work, event)), stop)
        if not isinstance(code, int):
            raise self._unfit(work, f"returned {_kind(code)}, which is no exit code")
        return code

    def _checked(self, work: Work, event: object) -> Event:
        if not isinstance(event, Event):
            raise self._unfit(work, f"told {_kind(event)}, which is no Event")
        try:
            return remade(event, Event)
        except ValueError as error:
            raise self._unfit(work, f"told an Event that cannot be used: {error}") from error

    def _unfit(self, work: Work, what: str) -> PluginError:
        return PluginError(f"plugin {self.plugin}: its executor, for {work.cell}, {what}")

    def close(self) -> None:
        with blamed(self.plugin):
            self._real.close()


def usable_addition(plugin: str, cell: Cell, addition: Addition) -> Addition:
    """Return an addition of the types that it says it is of. Raises PluginError: plugins are not checked."""
    said = f"plugin {plugin}: runner_cell returned, for {cell.id}, an Addition that cannot be used"
    try:
        made = remade(addition, Addition)
    except ValueError as error:
        raise PluginError(f"{said}: {error}") from error
    wrong = [f"{name!r} {problem}" for name in made.env if (problem := variable_problem(name))]
    texts = (*made.deps, *made.env.values(), *made.python_path)
    wrong += [f"{text!r} {problem}" for text in texts if (problem := text_problem(text))]
    if wrong:
        raise PluginError(f"{said}: {wrong[0]}")
    return made


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
