"""What plugins return, as the program calls it: whatever goes wrong in there names the plugin."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from msgspec import Struct

from runner.hooks.lending import lent
from runner.model.encode import remade
from runner.model.errors import Cancelled, CellError, Interruption, PluginError, RunnerError
from runner.model.events import Event
from runner.model.plan import Addition, Cell, Work
from runner.model.plugins import Executor, SessionType
from runner.model.ports import Stop
from runner.model.settings import Steps
from runner.model.unexpected import describe_guest
from runner.model.variable_names import text_problem, variable_problem
from runner.process.signals import handlers_kept

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
                raise self._unfit(cell, f"{kind_of(made)}, which is no Steps")
            try:
                return remade(made, Steps, str_keys=True)
            except ValueError as error:
                raise self._unfit(cell, f"Steps that cannot be used: {error}") from error

    def _unfit(self, cell: Cell, what: str) -> PluginError:
        return PluginError(f"{self._whose} returned, for {cell.id}, {what}")


class GuestExecutor:
    """The executor of a plugin. Raises PluginError when it fails, and the CellErrors that it raises."""

    def __init__(self, plugin: str, real: Executor) -> None:
        self.plugin = plugin
        self._real = real

    def run(self, work: Work, tell: Callable[[Event], None], stop: Stop) -> int:
        with blamed(self.plugin, CellError, Cancelled):
            code: object = self._real.run(work, lambda event: tell(self._checked(work, event)), stop)
        if not isinstance(code, int):
            raise self._unfit(work, f"returned {kind_of(code)}, which is no exit code")
        return code

    def _checked(self, work: Work, event: object) -> Event:
        if not isinstance(event, Event):
            raise self._unfit(work, f"told {kind_of(event)}, which is no Event")
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


def kind_of(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
