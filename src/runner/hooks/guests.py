"""What plugins return, as the program calls it: whatever goes wrong in there names the plugin."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msgspec import MsgspecError, Struct, to_builtins

from runner.model.encode import converted
from runner.model.environment import Environment
from runner.model.errors import Cancelled, CellError, Interruption, PluginError, RunnerError
from runner.model.plan import Cell, EnvSpec
from runner.model.ports import Backend, SessionType
from runner.model.settings import Steps
from runner.model.unexpected import describe_guest
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
        self._watched = watched
        self.keys = real.keys
        self.defaults = real.defaults
        self._plugin = plugin
        self._real = real

    def steps(self, cell: Cell, keys: Struct) -> Steps:
        with blamed(self._plugin), self._watched(self._plugin, f"its session type {self.name!r}"):
            made: object = self._real.steps(cell, keys)
            if not isinstance(made, Steps):
                raise self._unfit(cell, f"{_kind(made)}, which is no Steps")
            try:
                return converted(to_builtins(made), Steps)
            except (MsgspecError, TypeError) as error:
                raise self._unfit(cell, f"Steps that cannot be used: {error}") from error

    def _unfit(self, cell: Cell, what: str) -> PluginError:
        return PluginError(
            f"plugin {self._plugin}: its session type {self.name!r} returned, for {cell.id}, {what}"
        )


class GuestBackend:
    """The backend of a plugin. Raises PluginError when it fails, and the CellErrors that it raises."""

    def __init__(self, plugin: str, name: str, real: Backend) -> None:
        self.name = name
        self._plugin = plugin
        self._real = real

    def create(self, spec: EnvSpec, folder: Path) -> Environment:
        with blamed(self._plugin, CellError, Cancelled):
            made: object = self._real.create(spec, folder)
            if not isinstance(made, Environment):
                raise self._unfit(f"created {_kind(made)}, which is no Environment")
            try:
                return converted(to_builtins(made), Environment)
            except (MsgspecError, TypeError) as error:
                raise self._unfit(f"created an Environment that cannot be used: {error}") from error

    def describe(self) -> str:
        with blamed(self._plugin):
            said: object = self._real.describe()
            if not isinstance(said, str):
                raise self._unfit(f"describes itself as {_kind(said)}, not as text")
        return said

    def _unfit(self, what: str) -> PluginError:
        return PluginError(f"plugin {self._plugin}: its backend {self.name!r} {what}")


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
