"""The backends of plugins, as the program calls them: whatever goes wrong in there names the plugin."""

import re
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from runner.hooks.guests import blamed, kind_of
from runner.model.encode import remade
from runner.model.environment import BackendLock, Content, Environment, Installation, ResolveWish
from runner.model.errors import Cancelled, CellError, PluginError
from runner.model.plan import EnvSpec
from runner.model.plugins import (
    AddsKeys,
    Backend,
    BringsInterpreter,
    FollowsLock,
    Installs,
    Resolves,
    WritesEnvironmentFile,
)
from runner.model.ports import Stop

T = TypeVar("T")
_PART_OF_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class GuestBackend:
    """The backend of a plugin. Raises PluginError when it fails, and the CellErrors that it raises.

    It is an `AddsKeys`, a `Resolves`, a `FollowsLock`, a `WritesEnvironmentFile`, a `BringsInterpreter` and
    an `Installs` exactly if the real one is.
    """

    def __init__(self, plugin: str, name: str, real: Backend) -> None:
        self.name = name
        self.plugin = plugin
        self._real = real
        if isinstance(real, AddsKeys):
            self.keys = self._keys(real)
        if isinstance(real, Resolves):
            self._check_name(real)
            self.lock_ending = real.lock_ending
            self.inputs = partial(self._inputs, real)
            self.resolve = partial(self._resolve, real)
            self.requirements = partial(self._requirements, real)
            self.contents = partial(self._contents, real)
        elif isinstance(real, FollowsLock):
            self.follow = partial(self._follow, real)
            self.contents = partial(self._contents, real)
        if isinstance(real, WritesEnvironmentFile):
            self.environment_file = partial(self._environment_file, real)
        if isinstance(real, BringsInterpreter):
            self.interpreter = partial(self._interpreter, real)
        if isinstance(real, Installs):
            self.install = partial(self._install, real)

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        with self._asked():
            made = self._value(self._real.create(spec, folder, stop), Environment, "created")
        return replace(made, notes=tuple(map(_hidden, made.notes))) if made.notes else made

    def _keys(self, real: AddsKeys) -> type[Struct]:
        with blamed(self.plugin):
            keys: object = real.keys
        if not (isinstance(keys, type) and issubclass(keys, Struct)):
            raise self._unfit("has keys that are no msgspec.Struct class")
        return keys

    def _check_name(self, real: Resolves) -> None:
        for what, text in (("is called", self.name), ("has the lock_ending", real.lock_ending)):
            if not (isinstance(text, str) and _PART_OF_NAME.fullmatch(text)):
                raise self._unfit(f"{what} {text!r}, which cannot be part of the name of a lock file")

    def _inputs(self, real: Resolves, spec: EnvSpec) -> Mapping[str, str]:
        with self._asked():
            return self._value(dict(real.inputs(spec)), dict[str, str], "has, as inputs,")

    def _resolve(self, real: Resolves, spec: EnvSpec, wish: ResolveWish, stop: Stop) -> str:
        with self._asked():
            return self._value(real.resolve(spec, wish, stop), str, "resolved to")

    def _requirements(self, real: Resolves, spec: EnvSpec) -> tuple[str, ...]:
        with self._asked():
            return self._value(real.requirements(spec), tuple[str, ...], "requires")

    def _follow(self, real: FollowsLock, spec: EnvSpec) -> BackendLock:
        with self._asked():
            return self._value(real.follow(spec), BackendLock, "follows")

    def _contents(self, real: Resolves | FollowsLock, lock: str) -> tuple[Content, ...]:
        with self._asked(ValueError):
            found: object = real.contents(lock)
        return self._value(found, tuple[Content, ...], "says that its lock holds")

    def _environment_file(self, real: WritesEnvironmentFile, spec: EnvSpec, pip: tuple[str, ...]) -> str:
        with self._asked():
            return self._value(real.environment_file(spec, pip), str, "wrote")

    def _interpreter(self, real: BringsInterpreter, spec: EnvSpec, stop: Stop) -> str | None:
        with self._asked():
            found: object = real.interpreter(spec, stop)
            return None if found is None else self._value(found, str, "brought")

    def _install(self, real: Installs, spec: EnvSpec, environment: Environment, stop: Stop) -> Installation:
        with self._asked():
            return self._value(real.install(spec, environment, stop), Installation, "installed")

    @contextmanager
    def _asked(self, *meant: type[Exception]) -> Iterator[None]:
        """Name the plugin in what goes wrong; tools that it runs say addresses with their passwords."""
        with blamed(self.plugin, CellError, Cancelled, *meant):
            try:
                yield
            except CellError as error:
                raise CellError(error.phase, _hidden(error.message), skip=error.skip) from error

    def _value(self, made: object, kind: type[T], did: str) -> T:
        """Return what the plugin made as a value that is what it says to be."""
        plain: type = typing.get_origin(kind) or kind
        if not isinstance(made, plain):
            raise self._unfit(f"{did} {kind_of(made)}, which is no {plain.__name__}")
        try:
            return remade(made, kind)
        except ValueError as error:
            what = f"something of the type {plain.__name__} that cannot be used"
            raise self._unfit(f"{did} {what}: {error}") from error

    def describe(self) -> str:
        with blamed(self.plugin):
            said: object = self._real.describe()
            if not isinstance(said, str):
                raise self._unfit(f"describes itself as {kind_of(said)}, not as text")
        return said

    def _unfit(self, what: str) -> PluginError:
        return PluginError(f"plugin {self.plugin}: its backend {self.name!r} {what}")


def _hidden(text: str) -> str:
    """Leave passwords out of the addresses in a text."""
    from runner.env.requirements.credentials import hidden  # noqa: PLC0415 - start-up

    return hidden(text)
