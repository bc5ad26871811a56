"""The plugins of this program: registering them, and typed calls of their hooks."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import pluggy
from msgspec import Struct, ValidationError, to_builtins

from runner.hooks import spec
from runner.hooks.guests import GuestBackend, GuestExecutor, GuestType, blamed, usable_addition
from runner.hooks.loading import Unusable, check_names, import_file, import_module, is_file
from runner.model.config import Config, PluginRef
from runner.model.encode import converted
from runner.model.errors import Interruption, PluginError, Problem, RunnerError
from runner.model.nearest import closest
from runner.model.options import Options
from runner.model.plan import Addition, Cell
from runner.model.ports import Backend, Collector, Executor, Reporter, SessionType, Stream, Warn
from runner.model.python import Offer, PythonSpec
from runner.model.request import ConfigRequest
from runner.model.results import Finish, RunResult
from runner.model.unexpected import describe
from runner.process.signals import handlers_kept

Source = Literal["built-in", "module", "file"]
T = TypeVar("T")


class PluginInfo(Struct, frozen=True):
    """One active plugin: its name, where it is from, its version if it says one, and the hooks it fills."""

    name: str
    source: Source
    location: str
    version: str | None
    hooks: tuple[str, ...]


class _Manager(pluggy.PluginManager):
    """pluggy, sparing it what every object has: it takes each attribute of a plugin apart."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return the options of a hook's implementation."""
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)


class Plugins:
    """The plugins of this program. Calls are on the main thread; what a plugin raises is named after it."""

    def __init__(self, *, switched_off: tuple[str, ...] = ()) -> None:
        self._manager = _Manager(spec.PROJECT)
        self._manager.add_hookspecs(spec)
        self._infos: list[PluginInfo] = []
        self._off = frozenset(switched_off)
        self._seen: set[str] = set()

    def add_built_in(self, name: str, plugin: object) -> None:
        """Register one of runner's own plugins."""
        self._add(name, plugin, "built-in", f"{type(plugin).__module__}.{type(plugin).__name__}", None)

    def load(self, refs: tuple[PluginRef, ...], root: Path) -> None:
        """Import and register the plugins that a config names: modules, or files below `root`.

        Raises PluginError with all that cannot be used, and when `--no-plugin` named one that is not there.
        """
        problems: list[Problem] = []
        causes: list[BaseException] = []
        for ref in refs:
            try:
                with handlers_kept():
                    self._load(ref.name, root)
            except Unusable as error:
                problems.append(Problem(f"plugin {ref.name!r} {error}", ref.origin, error.hint))
                causes += [error.__cause__] if error.__cause__ else []
        for name in sorted(self._off - self._seen):
            near = closest(name, self._seen)
            known = ", ".join(sorted(self._seen))
            hint = f"did you mean {near[0]}?" if near else f"the plugins are {known}"
            problems.append(Problem(f"--no-plugin {name}: there is no such plugin", hint=hint))
        if problems:
            raise PluginError(*problems) from next(iter(causes), None)

    def infos(self) -> tuple[PluginInfo, ...]:
        """Return what is active, in the order of registration."""
        return tuple(self._infos)

    def built_in(self) -> frozenset[str]:
        """Return the names of runner's own plugins."""
        return frozenset(info.name for info in self._infos if info.source == "built-in")

    def load_config(self, request: ConfigRequest) -> Config | None:
        """Return the config that a file of another tool holds; None when no plugin reads its kind.

        Raises what the plugin has to say of the file, and PluginError when it fails.
        """
        return self._first("runner_load_config", Config, {"request": request})[1]

    def session_type(self, name: str) -> SessionType[Struct] | None:
        """Return the session type of that name. Raises PluginError when a plugin fails to answer."""
        plugin, found = self._first("runner_session_type", SessionType, {"name": name})
        return found if found is None or plugin in self.built_in() else GuestType(plugin, name, found)

    def backend(self, name: str) -> Backend | None:
        """Return the backend of that name. Raises PluginError when a plugin fails to answer."""
        plugin, found = self._first("runner_backend", Backend, {"name": name})
        return found if found is None or plugin in self.built_in() else GuestBackend(plugin, name, found)

    def executor(self, url: str) -> GuestExecutor | None:
        """Return where `--on URL` means that cells run. Raises PluginError when a plugin fails to answer."""
        plugin, found = self._first("runner_executor", Executor, {"url": url})
        return None if found is None else GuestExecutor(plugin, found)

    def fills(self, hook: str) -> bool:
        """Say whether a plugin fills the hook: asking about each cell is spared where none does."""
        return any(hook in info.hooks for info in self._infos)

    def python(self, spec: PythonSpec) -> Offer | None:
        """Return the interpreter that a plugin has for a request. Raises PluginError when one fails."""
        plugin, path = self._first("runner_find_python", str, {"spec": spec})
        return None if path is None else Offer(plugin, path)

    def reason_to_leave_out(self, cell: Cell, options: Options) -> tuple[str, str] | None:
        """Return which plugin leaves the cell out, and why. Raises PluginError when one fails to answer."""
        arguments: dict[str, object] = {"cell": cell, "options": options}
        plugin, reason = self._first("runner_deselect", str, arguments)
        return None if reason is None else (plugin, reason)

    def additions(self, cell: Cell) -> tuple[tuple[str, Addition], ...]:
        """Return what plugins add to the cell, by plugin name. Raises PluginError when one fails."""
        found: list[tuple[str, Addition]] = []
        for plugin, call in self._ask("runner_cell", {"cell": cell}):
            with blamed(plugin):
                for answer in _flat(call()):
                    addition = _checked(answer, plugin, "runner_cell", Addition)
                    found.append((plugin, usable_addition(plugin, cell, addition)))
        return tuple(found)

    def missing(self, what: str, name: str) -> PluginError:
        """Return the error that nobody provides the `what` (such as session type) of that name."""
        off = ", ".join(sorted(self._off))
        hint = f"--no-plugin switched off: {off}" if off else ""
        return PluginError(Problem(f"no plugin provides the {what} {name!r}", hint=hint))

    def collectors(self, options: Options, warn: Warn) -> tuple[tuple[str, Collector], ...]:
        """Return the collectors by plugin name; of plugins that fail, `warn` is told."""
        return tuple(self._each("runner_collector", Collector, warn, {"options": options}))

    def reporters(self, options: Options, stream: Stream, warn: Warn) -> tuple[tuple[str, Reporter], ...]:
        """Return the reporters by plugin name; of plugins that fail, `warn` is told.

        A RunnerError is the user's to mend (a report file that cannot be opened) and passes through.
        """
        arguments: dict[str, object] = {"options": options, "stream": stream}
        made: list[tuple[str, Reporter]] = []
        try:
            made.extend(self._each("runner_reporter", Reporter, warn, arguments))
        except (RunnerError, Interruption):
            for _, reporter in made:
                with suppress(Exception):
                    reporter.close()
            raise
        return tuple(made)

    def finish(self, result: RunResult, options: Options, warn: Warn) -> tuple[tuple[str, Finish], ...]:
        """Return the plugins' last words on the run by plugin name; of plugins that fail, `warn` is told."""
        finishes: list[tuple[str, Finish]] = []
        arguments: dict[str, object] = {"result": result, "options": options}
        for plugin, last in self._each("runner_finish", Finish, warn, arguments, too_late=True):
            try:
                checked = converted(to_builtins(last), Finish)  # plugins are not type-checked
            except (ValidationError, TypeError, RecursionError) as error:
                warn(f"plugin {plugin}: runner_finish returned a Finish that cannot be used: {error}")
            else:
                finishes.append((plugin, checked))
        return tuple(finishes)

    def _load(self, name: str, root: Path) -> None:
        short = Path(name).stem if is_file(name) else name
        self._seen.add(short)
        if short in self._off:
            return
        module = import_file(root / name) if is_file(name) else import_module(name)
        if self._manager.is_registered(module):
            return
        try:
            check_names(module)
            version = getattr(module, "__version__", None)
            shown = version if isinstance(version, str) else None
            self._add(
                short, module, "file" if is_file(name) else "module", str(module.__file__ or name), shown
            )
        except (Unusable, Interruption):
            raise
        except BaseException as error:
            raise Unusable(f"raised while its names were looked at: {describe(error)}") from error

    def _add(self, name: str, plugin: object, source: Source, location: str, version: str | None) -> None:
        self._seen.add(name)
        if name in self._off:
            return
        if self._manager.has_plugin(name):
            raise Unusable(f"has the name of another plugin: {name}", "rename one of the two")
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            raise Unusable(f"does not fit its hook: {' '.join(str(error).split())}") from error
        callers = self._manager.get_hookcallers(plugin) or []
        hooks = tuple(sorted(caller.name for caller in callers))
        self._infos.append(PluginInfo(name, source, location, version, hooks))

    def _ask(self, hook: str, arguments: dict[str, object]) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield, for each plugin that fills the hook, a call of it alone: what it raises is its own."""
        # Last registered first, as pluggy does, so that a project's plugins go before the built-in ones.
        for info in reversed(self._infos):
            if hook not in info.hooks:
                continue
            others = [self._manager.get_plugin(other.name) for other in self._infos if other is not info]
            caller = self._manager.subset_hook_caller(hook, others)
            yield info.name, partial(caller, **arguments)

    def _first(self, hook: str, kind: type[T], arguments: dict[str, object]) -> tuple[str, T | None]:
        """Return what the first plugin to answer gave, and that plugin's name.

        What one of runner's own raises is a bug of runner, and passes through.
        """
        for plugin, call in self._ask(hook, arguments):
            with nullcontext() if plugin in self.built_in() else blamed(plugin):
                found = call()
                if found is not None:
                    return plugin, _checked(found, plugin, hook, kind)
        return "", None

    def _each(
        self, hook: str, kind: type[T], warn: Warn, arguments: dict[str, object], *, too_late: bool = False
    ) -> Iterator[tuple[str, T]]:
        """Yield what the plugins gave. `too_late`: not even an error for the user may end the program."""
        for plugin, call in self._ask(hook, arguments):
            values: Iterator[object] = iter(())
            try:
                with blamed(plugin):
                    values = iter(tuple(_flat(call())))
            except RunnerError as error:
                if not too_late and not isinstance(error, PluginError):
                    raise
                said = str(error) if isinstance(error, PluginError) else f"plugin {plugin}: {error}"
                warn(said, error.__cause__)
            except Interruption as signal:
                warn(f"plugin {plugin}: {hook} was ended by {signal}")
                raise
            for value in values:
                try:
                    with blamed(plugin):
                        checked = _checked(value, plugin, hook, kind)
                except PluginError as error:
                    warn(str(error), error.__cause__)
                else:
                    yield plugin, checked


def _flat(found: object) -> Iterator[object]:
    """Yield what a hook returned: pluggy gives a list of answers, and an answer may be a tuple of several."""
    for answer in found if isinstance(found, list) else (found,):
        if isinstance(answer, list | tuple):
            yield from answer
        else:
            yield answer


def _checked(value: object, plugin: str, hook: str, kind: type[T]) -> T:
    if isinstance(value, type):  # it has the methods, too, but nobody to call them on
        raise PluginError(
            f"plugin {plugin}: {hook} returned the class {value.__name__}, expected an instance of it"
        )
    if not isinstance(value, kind):
        raise PluginError(
            f"plugin {plugin}: {hook} returned {type(value).__name__}, which is no {kind.__name__}"
        )
    return value
