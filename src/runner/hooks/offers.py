"""Options and verbs that plugins add: each is looked at before the command line is read with it."""

import re
from typing import get_args

from msgspec.structs import replace

from runner.hooks.guests import blamed
from runner.model.encode import remade
from runner.model.errors import PluginError, Problem
from runner.model.options import Option, OptionKind
from runner.model.plugins import Verb, VerbRequest
from runner.model.visible import line

_LONG = re.compile(r"--[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SHORT = re.compile(r"-[A-Za-z]")
_VERB = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MOST_CODE = 255
KINDS: tuple[str, ...] = get_args(OptionKind)


class GuestVerb:
    """The verb of a plugin. Raises PluginError when it fails, and the errors for users that it raises."""

    def __init__(self, plugin: str, name: str, help_: str, real: Verb) -> None:
        self.name = name
        self.help = help_
        self._plugin = plugin
        self._real = real

    def run(self, request: VerbRequest) -> int:
        with blamed(self._plugin):
            code: object = self._real.run(request)
        if not isinstance(code, int) or isinstance(code, bool) or not 0 <= code <= _MOST_CODE:
            expected = f"expected an exit code: 0 to {_MOST_CODE}"
            raise PluginError(f"plugin {self._plugin}: its verb {self.name!r} returned {code!r}, {expected}")
        return code


def checked_verb(plugin: str, verb: Verb) -> GuestVerb:
    """Return the verb, its name and help being text that can be shown. Raises PluginError."""
    with blamed(plugin):
        name: object = verb.name
        about: object = verb.help
    if not isinstance(name, str) or not _VERB.fullmatch(name):
        hint = "a verb has small letters, digits and dashes"
        raise PluginError(Problem(f"plugin {plugin}: {name!r} cannot be the name of a verb", hint=hint))
    if not isinstance(about, str):
        raise PluginError(f"plugin {plugin}: the help of its verb {name!r} is no text")
    return GuestVerb(plugin, name, line(about), verb)


def checked_option(plugin: str, option: Option) -> Option:
    """Return the option, every field of it being what it should be. Raises PluginError."""
    try:
        checked = remade(option, Option)
    except ValueError as error:
        message = f"plugin {plugin}: runner_options returned an Option that cannot be used: {error}"
        raise PluginError(Problem(message, hint=f"the kinds are {', '.join(KINDS)}")) from error
    wrong = _flags_problem(checked.flags)
    if not wrong and not checked.name.isidentifier():
        wrong = f"{checked.name!r} cannot be the name of its value"
    if not wrong and not checked.verbs:
        wrong = "no verb takes it"
    if wrong:
        hint = 'as in runner.Option(("-x", "--extra"), "flag", "what it is for")'
        raise PluginError(Problem(f"plugin {plugin}: its option {shown(checked)}: {wrong}", hint=hint))
    return replace(checked, help=line(checked.help), metavar=line(checked.metavar))


def shown(option: Option) -> str:
    """Name an option for people."""
    return ", ".join(option.flags) or "without flags"


def _flags_problem(flags: tuple[str, ...]) -> str:
    if not flags or not _LONG.fullmatch(flags[-1]):
        return "its last flag has to be a long one: two dashes, small letters, digits and dashes"
    odd = next((flag for flag in flags if not (_LONG.fullmatch(flag) or _SHORT.fullmatch(flag))), None)
    return f"{odd!r} cannot be a flag" if odd is not None else ""
