"""Typed calls of the hooks, for the rest of the program."""

from contextlib import suppress

from msgspec import Struct

from runner.hooks.answers import checked, flat
from runner.hooks.guest_backend import GuestBackend
from runner.hooks.guests import GuestExecutor, GuestType, blamed, usable_addition
from runner.hooks.lending import lent
from runner.hooks.offers import checked_option, checked_verb
from runner.hooks.registry import Registry
from runner.model.config import Config
from runner.model.encode import remade
from runner.model.errors import Interruption, PluginError, Problem, RunnerError
from runner.model.options import Option, Options
from runner.model.plan import Addition, Cell
from runner.model.plugins import Backend, Collector, Executor, Reporter, SessionType, Stream, Verb, Warn
from runner.model.python import Offer, PythonSpec
from runner.model.request import ConfigRequest
from runner.model.results import Finish, RunResult


class Plugins(Registry):
    """The plugins of this program, as it calls them. What a plugin raises is named after it."""

    def options(self) -> tuple[tuple[str, Option], ...]:
        """Return the options that plugins add, by plugin name. Raises PluginError when one cannot be used."""
        return tuple(
            (plugin, checked_option(plugin, o)) for plugin, o in self.every("runner_options", Option)
        )

    def verbs(self) -> tuple[tuple[str, Verb], ...]:
        """Return the verbs that plugins add, by plugin name. Raises PluginError when one cannot be used."""
        return tuple((plugin, checked_verb(plugin, v)) for plugin, v in self.every("runner_commands", Verb))

    def enlist_for(self, word: str) -> bool:
        """Register the installed plugin that adds this flag or verb; say whether there is one."""

        def adds(alone: Registry) -> bool:
            options = [checked_option(plugin, o) for plugin, o in alone.every("runner_options", Option)]
            verbs = [checked_verb(plugin, v) for plugin, v in alone.every("runner_commands", Verb)]
            return any(word in option.flags for option in options) or any(word == verb.name for verb in verbs)

        return self.enlist(f"the option {word}" if word.startswith("-") else f"the verb {word!r}", adds)

    def load_config(self, request: ConfigRequest) -> Config | None:
        """Return the config that a file of another tool holds; None when no plugin reads its kind.

        Raises what the plugin has to say of the file, and PluginError when it fails.
        """
        hook, arguments = "runner_load_config", {"request": request}
        config = self._first(hook, Config, arguments)[1]
        if config is None and self.enlist(
            f"the config format {request.kind!r}",
            lambda alone: bool(alone.answers(hook, Config, arguments)),
        ):
            config = self._first(hook, Config, arguments)[1]
        return config

    def session_type(self, name: str) -> SessionType[Struct] | None:
        """Return the session type of that name. Raises PluginError when a plugin fails, or two answer."""
        plugin, found = self._only(
            "runner_session_type", SessionType, {"name": name}, f"the session type {name!r}"
        )
        if found is None or plugin in self.built_in():
            return found
        return GuestType(plugin, name, found, self._watched)

    def backend(self, name: str) -> Backend | None:
        """Return the backend of that name. Raises PluginError when a plugin fails, or two answer."""
        plugin, found = self._only("runner_backend", Backend, {"name": name}, f"the backend {name!r}")
        return found if found is None or plugin in self.built_in() else GuestBackend(plugin, name, found)

    def executor(self, url: str) -> GuestExecutor | None:
        """Return where `--on URL` means that cells run. Raises PluginError when one fails, or two answer."""
        plugin, found = self._only("runner_executor", Executor, {"url": url}, f"executor of {url!r}")
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
        arguments: dict[str, object] = {"cell": lent(cell), "options": options}
        plugin, reason = self._first("runner_deselect", str, arguments)
        return None if reason is None else (plugin, reason)

    def additions(self, cell: Cell) -> tuple[tuple[str, Addition], ...]:
        """Return what plugins add to the cell, by plugin name. Raises PluginError when one fails."""
        found: list[tuple[str, Addition]] = []
        for plugin, call in self._ask("runner_cell", {"cell": lent(cell)}):
            with blamed(plugin):
                for answer in flat(call()):
                    addition = checked(answer, plugin, "runner_cell", Addition)
                    found.append((plugin, usable_addition(plugin, cell, addition)))
        return tuple(found)

    def no_reader(self, request: ConfigRequest) -> PluginError:
        """Return the error that nobody reads a config."""
        if request.kind != "other":
            return self.missing("config format", request.kind)
        hint = "runner reads .toml, .ini and .cfg; plugins that are installed beside it may read others"
        problem = Problem(f"no plugin reads {request.shown}", hint=hint)
        return PluginError(problem, *self.hindrances())

    def missing(self, what: str, name: str) -> PluginError:
        """Return the error that nobody provides the `what` (such as session type) of that name."""
        off = ", ".join(sorted(self._off))
        hint = f"--no-plugin switched off: {off}" if off else ""
        return PluginError(Problem(f"no plugin provides the {what} {name!r}", hint=hint), *self.hindrances())

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
                usable = remade(last, Finish)
            except ValueError as error:
                warn(f"plugin {plugin}: runner_finish returned a Finish that cannot be used: {error}")
            else:
                finishes.append((plugin, usable))
        return tuple(finishes)
