"""The plugins of this program: importing and registering them, and asking each alone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pluggy
from msgspec.structs import replace

from runner.hooks import spec
from runner.hooks.answers import checked, flat
from runner.hooks.guests import blamed
from runner.hooks.info import PluginInfo, Source, both
from runner.hooks.loading import Unusable, check_names, import_file, import_module, is_file, name_of
from runner.hooks.slow import Watch
from runner.model.config import PluginRef
from runner.model.errors import Interruption, PluginError, Problem, RunnerError
from runner.model.nearest import closest
from runner.model.plugins import Warn
from runner.model.unexpected import describe
from runner.process.signals import handlers_kept

if TYPE_CHECKING:
    from runner.hooks.installed import Installed

T = TypeVar("T")


class _Manager(pluggy.PluginManager):
    """pluggy, sparing it what every object has: it takes each attribute of a plugin apart."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return the options of a hook's implementation."""
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)


class Registry:
    """The plugins of this program. Calls are on the main thread; what a plugin raises is named after it."""

    def __init__(self, *, switched_off: tuple[str, ...] = (), watch: Watch | None = None) -> None:
        self._manager = _Manager(spec.PROJECT)
        self._manager.add_hookspecs(spec)
        self._infos: list[PluginInfo] = []
        self._off = frozenset(switched_off)
        self._seen: set[str] = set()
        self._files: set[Path] = set()
        self._watch = watch
        self._installed: tuple[Installed, ...] | None = None
        self._missed: set[str] = set()
        self._hindrances: dict[str, Problem] = {}

    def add_built_in(self, name: str, plugin: object) -> None:
        """Register one of runner's own plugins."""
        self._add(name, plugin, "built-in", f"{type(plugin).__module__}.{type(plugin).__name__}", None)

    def add(self, plugin: object) -> None:
        """Register a module, or an object whose methods fill hooks. Raises PluginError when it is neither."""
        name = name_of(plugin, [info.name for info in self._infos])
        try:
            self._register(name, plugin, "given")
        except Unusable as error:
            raise PluginError(Problem(f"plugin {name!r} {error}", hint=error.hint)) from error

    def load(self, refs: tuple[PluginRef, ...], root: Path) -> None:
        """Import and register the plugins that a config names: modules, or files below `root`.

        Raises PluginError with all that cannot be used, and when `--no-plugin` named one that is not there.
        """
        problems: list[Problem] = []
        causes: list[BaseException] = []
        for ref in refs:
            try:
                self._load(ref.name, root)
            except Unusable as error:
                problems.append(Problem(f"plugin {ref.name!r} {error}", ref.origin, error.hint))
                causes += [error.__cause__] if error.__cause__ else []
        problems += self._misspelt()
        if problems:
            raise PluginError(*problems) from next(iter(causes), None)

    def infos(self) -> tuple[PluginInfo, ...]:
        """Return what is active, in the order of registration."""
        return tuple(self._infos)

    def listing(self) -> tuple[PluginInfo, ...]:
        """Return what is active, with the versions of distributions, and what else is installed."""
        versions = {entry.module: entry.version for entry in self._entries()}
        active = [replace(info, version=versions.get(info.name, info.version)) for info in self._infos]
        idle = [
            PluginInfo(entry.module, "installed", entry.distribution, entry.version, (), active=False)
            for entry in self._idle()
        ]
        return (*active, *idle)

    def built_in(self) -> frozenset[str]:
        """Return the names of runner's own plugins."""
        return frozenset(info.name for info in self._infos if info.source == "built-in")

    def enlist(self, what: str, provides: "Callable[[Registry], bool]") -> bool:
        """Register the installed plugin that provides `what`, which no active one does; say whether one does.

        `provides` asks a registry that has one plugin alone. Raises PluginError when two provide it; one that
        cannot be asked is a hindrance when nobody does.
        """
        if what in self._missed:
            return False
        providers: list[Installed] = []
        hindrances: dict[str, Problem] = {}
        for entry in self._idle():
            alone = Registry(watch=self._watch)
            try:
                alone._load_installed(entry)
                if provides(alone):
                    providers.append(entry)
            except Unusable as error:
                why = f"plugin {entry} is installed, but {error}"
                hindrances[entry.module] = Problem(why, hint=f"--no-plugin {entry.module} switches it off")
            except PluginError as error:
                hindrances[entry.module] = error.problems[0]
        if len(providers) > 1:
            first, second, *_ = providers
            raise both(f"{first} and {second} both provide {what}", first.module, second.module)
        for entry in providers:
            self._load_installed(entry)
        if not providers:
            self._missed.add(what)
            self._hindrances.update(hindrances)
        return bool(providers)

    def hindrances(self) -> tuple[Problem, ...]:
        """Return why installed plugins could not be asked for a name that nobody else provides."""
        return tuple(self._hindrances.values())

    def passed_over(self) -> tuple[Problem, ...]:
        """Return, when a name was looked for in vain, which plugins `--no-plugin` switched off."""
        off = ", ".join(sorted(self._off))
        return (Problem(f"--no-plugin switched off: {off}"),) if self._missed and off else ()

    def answers(self, hook: str, kind: type[T], arguments: Mapping[str, object]) -> list[tuple[str, T]]:
        """Return, by plugin name, what all that answer gave. Raises PluginError for one that fails."""
        found = []
        for plugin, call in self._in_order(hook, arguments):
            with self._blamed(plugin):
                answer = call()
                if answer is not None:
                    found.append((plugin, checked(answer, plugin, hook, kind)))
        return found

    def every(self, hook: str, kind: type[T]) -> list[tuple[str, T]]:
        """Return, by plugin name, each value that the plugins gave. Raises PluginError for one that fails."""
        found = []
        for plugin, call in self._in_order(hook, {}):
            with self._blamed(plugin):
                values = tuple(flat(call()))
                found += [(plugin, checked(value, plugin, hook, kind)) for value in values]
        return found

    def _load(self, name: str, root: Path) -> None:
        short = Path(name).stem if is_file(name) else name
        self._seen.add(short)
        if short in self._off:
            return
        if is_file(name) and (root / name).resolve() in self._files:
            return  # imported again, it would be another module, and take the place of the first
        with handlers_kept(), self._watched(short, "its import"):
            module = import_file(root / name) if is_file(name) else import_module(name)
        file = Path(module.__file__ or name).resolve()
        if file in self._files:
            return
        self._files.add(file)
        self._register(short, module, "file" if is_file(name) else "module")

    def _load_installed(self, entry: "Installed") -> None:
        if entry.value != entry.module:
            raise Unusable(f"its entry point names {entry.value}, which is no module")
        with handlers_kept(), self._watched(entry.module, "its import"):
            module = import_module(entry.module)
        self._register(entry.module, module, "installed", entry.version)

    def _register(self, name: str, plugin: object, source: Source, version: str | None = None) -> None:
        if self._manager.is_registered(plugin):
            return
        try:
            with handlers_kept():
                check_names(plugin)
                said: object = getattr(plugin, "__version__", None)
                file: object = getattr(plugin, "__file__", None)
            own = said if isinstance(said, str) else None
            self._add(name, plugin, source, str(file or name), version or own)
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

    def _ask(self, hook: str, arguments: Mapping[str, object]) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield, for each plugin that fills the hook, a call of it alone: what it raises is its own."""
        # Last registered first, as pluggy does, so that a project's plugins go before the built-in ones.
        for info in reversed(self._infos):
            if hook not in info.hooks:
                continue
            others = [self._manager.get_plugin(other.name) for other in self._infos if other is not info]
            caller = self._manager.subset_hook_caller(hook, others)
            yield info.name, partial(self._call, info, hook, partial(caller, **arguments))

    def _in_order(self, hook: str, arguments: Mapping[str, object]) -> list[tuple[str, Callable[[], object]]]:
        """Return the calls in the order of registration, where no plugin goes before another."""
        return [*self._ask(hook, arguments)][::-1]

    def _call(self, info: PluginInfo, hook: str, call: Callable[[], object]) -> object:
        if info.source == "built-in":
            return call()
        with self._watched(info.name, hook):
            return call()

    def _watched(self, plugin: str, what: str) -> AbstractContextManager[None]:
        return nullcontext() if self._watch is None else self._watch.over(f"plugin {plugin}: {what}")

    def _blamed(self, plugin: str) -> AbstractContextManager[None]:
        """Name the plugin in what is raised; what one of runner's own raises is a bug of runner."""
        return nullcontext() if plugin in self.built_in() else blamed(plugin)

    def _first(self, hook: str, kind: type[T], arguments: Mapping[str, object]) -> tuple[str, T | None]:
        """Return what the first plugin to answer gave, and that plugin's name."""
        for plugin, call in self._ask(hook, arguments):
            with self._blamed(plugin):
                found = call()
                if found is not None:
                    return plugin, checked(found, plugin, hook, kind)
        return "", None

    def _only(
        self, hook: str, kind: type[T], arguments: Mapping[str, object], what: str
    ) -> tuple[str, T | None]:
        """Return what the one plugin that provides `what` gave, active or installed, and that plugin's name.

        Raises PluginError when two provide it.
        """
        found = self.answers(hook, kind, arguments)
        if not found and self.enlist(what, lambda alone: bool(alone.answers(hook, kind, arguments))):
            found = self.answers(hook, kind, arguments)
        if len(found) > 1:
            (first, _), (second, _), *_ = found
            raise both(f"{first} and {second} both provide {what}", first, second)
        return found[0] if found else ("", None)

    def _entries(self) -> "tuple[Installed, ...]":
        """Return what is installed; a scan costs as much as the rest of the start."""
        if self._installed is None:
            from runner.hooks.installed import installed  # noqa: PLC0415 - start-up

            self._installed = installed()
        return self._installed

    def _idle(self) -> "list[Installed]":
        """Return what is installed, not active and not switched off."""
        active = {info.name for info in self._infos}
        return [entry for entry in self._entries() if entry.module not in active | self._off]

    def _misspelt(self) -> Iterator[Problem]:
        """Yield what `--no-plugin` names though there is no such plugin, not even installed."""
        unknown = self._off - self._seen
        if not unknown:
            return
        known = sorted(self._seen | {entry.module for entry in self._entries()})
        for name in sorted(unknown.difference(known)):
            near = closest(name, known)
            hint = f"did you mean {near[0]}?" if near else f"the plugins are {', '.join(known)}"
            yield Problem(f"--no-plugin {name}: there is no such plugin", hint=hint)

    def _each(
        self, hook: str, kind: type[T], warn: Warn, arguments: Mapping[str, object], *, too_late: bool = False
    ) -> Iterator[tuple[str, T]]:
        """Yield what the plugins gave. `too_late`: not even an error for the user may end the program."""
        for plugin, call in self._ask(hook, arguments):
            values: Iterator[object] = iter(())
            try:
                with blamed(plugin):
                    values = iter(tuple(flat(call())))
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
                        fit = checked(value, plugin, hook, kind)
                except PluginError as error:
                    warn(str(error), error.__cause__)
                else:
                    yield plugin, fit
