"""The command line with what plugins add to it."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from runner.cli.options import EVERY, OWN, Arguments, Grammar
from runner.cli.parse import value_from
from runner.hooks.info import both
from runner.hooks.manager import Plugins
from runner.model.encode import converted
from runner.model.errors import PluginError, Problem
from runner.model.nearest import closest
from runner.model.options import Option, OptionKind, OptionValue
from runner.plan.variables import OF_GITHUB, SET_FOR_CELLS

_RUNNER = "runner"
_TAKEN = ("-h", "--help", "--version")
_USED = (*SET_FOR_CELLS, "RUNNER_STEP_ID", "RUNNER_JUNIT_DIR", "RUNNER_CACHE_DIR", "RUNNER_GUARDED")
_UNSET: dict[OptionKind, OptionValue] = {"flag": False, "count": 0, "text": None, "names": None}


def grammar_of(plugins: Plugins) -> Grammar:
    """Return what the command line may hold with these plugins. Raises PluginError for what they spoil."""
    verbs, options = plugins.verbs(), plugins.options()
    if not (verbs or options):
        return OWN
    added = {verb.name: verb.help for _, verb in verbs}
    _check_owners("verb", dict.fromkeys(OWN.verbs, _RUNNER), ((verb.name, plugin) for plugin, verb in verbs))
    flags = dict.fromkeys((*(flag for option in OWN.options for flag in option.flags), *_TAKEN), _RUNNER)
    _check_owners("option", flags, ((flag, plugin) for plugin, option in options for flag in option.flags))
    _check_owners("option value", {}, ((option.name, plugin) for plugin, option in options))
    for plugin, option in options:
        _check_variable(plugin, option)
        _check_verbs(plugin, option, (*OWN.verbs, *added))
    ours = [replace(o, verbs=(*EVERY, *added)) if o.verbs == EVERY else o for o in OWN.options]
    return Grammar({**OWN.verbs, **added}, tuple(ours), tuple(option for _, option in options))


def values_of(grammar: Grammar, arguments: Arguments, environ: Mapping[str, str]) -> dict[str, OptionValue]:
    """Return the values of the options of plugins, by name: as given, from their variables, or unset."""
    values: dict[str, object] = {}
    for option in grammar.guests:
        value: object = arguments.of_plugins.get(option.name)
        if value is None:
            value = value_from(environ, option, arguments.verb)
        if value is None:
            value = _UNSET.get(option.kind, ())
        values[option.name] = value
    return converted(values, dict[str, OptionValue])


def _check_owners(what: str, owners: dict[str, str], claims: Iterable[tuple[str, str]]) -> None:
    """Raise PluginError when something that is claimed has an owner already."""
    for name, plugin in claims:
        owner = owners.get(name)
        if owner is None:
            owners[name] = plugin
        elif owner == _RUNNER:
            raise _refused(plugin, f"it adds the {what} {name}, which runner has already")
        elif owner == plugin:
            raise _refused(plugin, f"it adds the {what} {name} twice")
        else:
            raise both(f"{owner} and {plugin} both add the {what} {name}", owner, plugin)


def _check_variable(plugin: str, option: Option) -> None:
    """Raise PluginError when the option's variable is one that has another meaning."""
    if option.variable in OF_GITHUB:
        setter = "GitHub's runner sets in every job"
    elif option.variable in _USED:
        setter = "runner uses for something else"
    else:
        return
    raise _refused(
        plugin, f"its option {option.flags[-1]} has the variable {option.variable}, which {setter}"
    )


def _check_verbs(plugin: str, option: Option, known: tuple[str, ...]) -> None:
    """Raise PluginError when a verb that is to take the option does not exist."""
    for verb in option.verbs:
        if verb not in known:
            near = closest(verb, known)
            hint = f"did you mean {near[0]}?" if near else f"the verbs are {', '.join(known)}"
            why = f"its option {option.flags[-1]} is for the verb {verb!r}, which does not exist"
            raise PluginError(Problem(f"plugin {plugin}: {why}", hint=hint))


def _refused(plugin: str, why: str) -> PluginError:
    return PluginError(Problem(f"plugin {plugin}: {why}", hint=f"--no-plugin {plugin} switches it off"))
