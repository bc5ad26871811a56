"""Read the command line, and say what is wrong with it."""

import argparse
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import NoReturn

from msgspec import Struct

from runner.cli.formats import parse_number
from runner.cli.options import GROUPS, OPTIONS, OWN, VERBS, Arguments, Grammar, belongs
from runner.model.braces import expand, split
from runner.model.encode import converted
from runner.model.errors import Problem, UsageError
from runner.model.nearest import closest
from runner.model.options import Option

_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_OFF = frozenset({"0", "false", "no"})
_ON = frozenset({"1", "true", "yes"})
_LISTS = ("list", "selectors")
_TAKING_A_FILE = ("migrate",)
"""Verbs after which a config file may be named without -c."""
_ABOUT = ("config", "no_plugin", "verbose")


class Asked(Struct, frozen=True):
    """The program was asked about itself: text for stdout, and nothing to do.

    `within` is the rest of the command line, where the project has a say in the text.
    """

    text: str
    within: Arguments | None = None


class UnknownWord(UsageError):  # noqa: N818 - says what happened
    """The command line has options or a verb that runner does not know; a plugin may.

    `names` are these; `arguments` say which config and which plugins the command line asks for.
    """

    def __init__(self, problem: Problem, names: tuple[str, ...], arguments: Arguments) -> None:
        super().__init__(problem)
        self.names = names
        self.arguments = arguments


def parse(
    argv: Sequence[str], environ: Mapping[str, str], version: str, grammar: Grammar = OWN
) -> Arguments | Asked:
    """Read the command line; what it leaves open comes from RUNNER_ variables. Raises UsageError."""
    words = list(argv)
    posargs: tuple[str, ...] | None = None
    if "--" in words:
        cut = words.index("--")
        words, posargs = words[:cut], tuple(words[cut + 1 :])
    namespace, unknown = _parser(grammar).parse_known_intermixed_args(_apart_from_verbs(words, grammar))
    given = vars(namespace)
    verb = str(given.get("verb", "run"))
    if unknown:
        names = tuple(_flag(word) for word in unknown if word.startswith("-"))
        raise UnknownWord(_unknown_word(unknown[0], grammar), names, _about(given, environ))
    if given.get("help") and verb in GROUPS:
        return Asked(help_of_group(verb, grammar))
    if given.get("help"):
        return Asked(help_text(grammar), _about(given, environ))
    if given.get("version"):
        return Asked(f"runner {version}\n")
    if verb not in grammar.verbs:
        raise UnknownWord(_unknown_verb(verb, grammar), (verb,), _about(given, environ))
    whole = _take_words(verb, given)
    options = [option for option in grammar.every if option.flags[-1] in given]
    values = {option: _from_command_line(option, given[option.flags[-1]]) for option in options}
    _refuse_what_the_verb_does_not_take(whole, options)
    for option in grammar.options:
        value = value_from(environ, option, whole)
        if option not in values and value is not None:
            values[option] = value
    if verb == "run" and any(option.name == "list" and values[option] for option in values):
        verb = "list"
        _refuse_what_the_verb_does_not_take(verb, options)
    of_plugins = {option.name: values.pop(option) for option in grammar.guests if option in values}
    own = {option.name: value for option, value in values.items()}
    rest = {"words": given.get("words", ()), "posargs": posargs, "of_plugins": of_plugins}
    return converted({"verb": verb, **rest, **own}, Arguments)


def _flag(word: str) -> str:
    """Return the flag that a word begins with: a short one may have its value right after it."""
    return word.partition("=")[0] if word.startswith("--") else word[:2]


def value_from(environ: Mapping[str, str], option: Option, verb: str) -> object:
    """Return what an option's variable says to a verb that takes it; None when it says nothing.

    Raises UsageError.
    """
    text = environ.get(option.variable, "").strip()
    return _from_variable(option, text) if text and belongs(option, verb) else None


def _about(given: Mapping[str, object], environ: Mapping[str, str]) -> Arguments:
    """Return what a command line that may not be read to its end says of config and plugins."""
    values: dict[str, object] = {"verb": given.get("verb", "run")}
    for option in OPTIONS:
        if option.name not in _ABOUT:
            continue
        value = given.get(option.flags[-1])
        if value is None:
            with suppress(UsageError):  # told of, too, once the rest can be read
                value = value_from(environ, option, "run")
        values |= {} if value is None else {option.name: value}
    return converted(values, Arguments)


def _take_words(verb: str, given: dict[str, object]) -> str:
    """Let the word after some verbs be the config, and after others one more verb; the rest take none.

    Return the whole verb, such as `env create`. Raises UsageError.
    """
    words = converted(given.get("words", ()), tuple[str, ...])
    if verb in GROUPS and words:
        if words[0] not in GROUPS[verb]:
            raise UsageError(_unknown_in_group(verb, words[0]))
        given["words"] = (words[0], *_selectors(f"runner {verb} {words[0]} ", words[1:]))
        return f"{verb} {words[0]}"
    if verb not in VERBS or not words:
        return verb
    taken = 1 if verb in _TAKING_A_FILE else 0
    if len(words) > taken:
        raise UsageError(_unknown_word(words[taken], OWN))
    del given["words"]
    given.setdefault("--config", words[0])
    return verb


def help_text(grammar: Grammar = OWN) -> str:
    """Return the text of `--help`: usage, verbs, options with their variables, exit codes."""
    longest = max(9, *map(len, grammar.verbs))
    verbs = "\n".join(f"  {name:<{longest}} {text}" for name, text in grammar.verbs.items())
    rows = [(", ".join(o.flags) + (f" {o.metavar}" if o.metavar else ""), o) for o in grammar.every]
    wide = max(len(left) for left, _ in rows)
    options = "\n".join(f"  {left:<{wide}}  {o.help}{_only_for(o)}" for left, o in rows)
    return (
        "usage: runner [VERB] [OPTIONS] [-- POSARGS]\n\n"
        "Run the sessions of a config file over their matrix, each cell in a fresh environment.\n\n"
        f"verbs:\n{verbs}\n\n"
        f"options (before or after the verb; RUNNER_SELECT is --select, and so on):\n{options}\n"
        f"  {'-h, --help':<{wide}}  show this text\n"
        f"  {'--version':<{wide}}  show the version\n\n"
        "exit codes: 0 passed; 1 a cell failed; 2 usage or config error; 3 nothing selected, or everything\n"
        "skipped; 4 an environment could not be made and nothing failed; 130 interrupted; 70 internal error\n"
    )


def help_of_group(verb: str, grammar: Grammar = OWN) -> str:
    """Return the text of `--help` for a verb that has verbs of its own: these, and the options they take."""
    group = GROUPS[verb]
    longest = max(map(len, group))
    verbs = "\n".join(f"  {name:<{longest}}  {text}" for name, text in group.items())
    rows = [
        (", ".join(option.flags) + (f" {option.metavar}" if option.metavar else ""), option)
        for option in grammar.every
        if any(belongs(option, f"{verb} {name}") for name in group)
    ]
    wide = max(len(left) for left, _ in rows)
    options = "\n".join(f"  {left:<{wide}}  {o.help}{_only_within(o, verb)}" for left, o in rows)
    about = grammar.verbs[verb]
    return (
        f"usage: runner {verb} [VERB] [OPTIONS] ...\n\n{about[:1].upper()}{about[1:]}.\n\n"
        f"verbs:\n{verbs}\n\noptions:\n{options}\n"
    )


def _only_within(option: Option, verb: str) -> str:
    """Say which verbs of a group take the option; where most do, which do not."""
    takers = [name for name in GROUPS[verb] if belongs(option, f"{verb} {name}")]
    others = [name for name in GROUPS[verb] if name not in takers]
    if len(others) > len(takers):
        return f" ({', '.join(takers)})"
    return f" (not {', '.join(others)})" if others else ""


def _only_for(option: Option) -> str:
    if "run" in option.verbs:
        return ""
    return f" ({', '.join(dict.fromkeys(verb.partition(' ')[0] for verb in option.verbs))})"


class _Parser(argparse.ArgumentParser):
    """argparse, raising our error instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        message = message.replace("ignored explicit argument", "it takes no value, and was given")
        raise UsageError(Problem(message, hint="runner --help shows the options"))


def _parser(grammar: Grammar) -> _Parser:
    parser = _Parser(
        prog="runner",
        usage="runner",  # ours is help_text(): else it makes one for each line that it reads
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        formatter_class=partial(
            argparse.HelpFormatter, width=100
        ),  # else it asks the terminal, by a slow import
    )
    parser.add_argument("verb", nargs="?")
    parser.add_argument("words", nargs="*")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    actions = {
        "flag": "store_true",
        "count": "count",
        "text": "store",
        "many": "append",
        "list": "append",
        "selectors": "append",
    }
    for option in grammar.every:
        if option.kind == "names":
            parser.add_argument(*option.flags, dest=option.flags[-1], action="append", nargs="?", const="")
        else:
            parser.add_argument(*option.flags, dest=option.flags[-1], action=actions[option.kind])
    return parser


def _apart_from_verbs(words: Sequence[str], grammar: Grammar) -> list[str]:
    """Return the words so that an option of optional value does not take the verb after it for one."""
    optional = {flag for option in grammar.every if option.kind == "names" for flag in option.flags}
    pairs = zip_longest(words, words[1:])
    return [f"{word}=" if word in optional and after in grammar.verbs else word for word, after in pairs]


def _from_command_line(option: Option, value: object) -> object:
    if option.kind == "names":
        return _names(f"{option.flags[-1]} ", converted(value, list[str]))
    if option.kind not in _LISTS:
        return value
    parts = _parts(option, f"{option.flags[0]} ", converted(value, list[str]))
    if not parts:
        raise UsageError(f"{option.flags[0]} is given without a value: expected {option.metavar}")
    return parts


def _from_variable(option: Option, text: str) -> object:
    """Return the value that a variable gives; one that is empty is as good as unset."""
    if option.kind == "flag":
        return text.lower() not in _OFF
    if option.kind == "count":
        return _count(option, text)
    if option.kind == "text":
        return text
    if option.kind == "names" and text.lower() in _OFF | _ON:
        return None if text.lower() in _OFF else ()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{option.variable}={text}: {error}") from error
    if option.kind == "names":
        return _names(f"{option.variable}=", words)
    return _parts(option, f"{option.variable}=", words) if option.kind in _LISTS else words


def _names(given_as: str, names: list[str]) -> list[str]:
    """Return the packages that are named; none, which stands for all, when one is empty."""
    for name in filter(None, names):
        if not re.fullmatch(_NAME, name):
            message = f"{given_as}{name}: expected the name of a package, without a version"
            raise UsageError(Problem(message, hint="the versions come from the requirements"))
    return names if all(names) else []


def _count(option: Option, text: str) -> int:
    if text.lower() in _OFF:
        return 0
    number = parse_number(text)
    if number is not None:
        return number
    raise UsageError(f"{option.variable}={text}: expected a number")


def _parts(option: Option, given_as: str, texts: Sequence[str]) -> list[str]:
    """Return what the commas separate; of selectors, what their braces stand for."""
    if option.kind == "list":
        return [part for text in texts for part in split(text)]
    return _selectors(given_as, texts)


def _selectors(given_as: str, texts: Sequence[str]) -> list[str]:
    """Return the selectors in these texts, one by one. Raises UsageError."""
    try:
        return [name for text in texts for part in split(text) for name in expand(part) if name]
    except ValueError as error:
        raise UsageError(f"{given_as}{','.join(texts)}: {error}") from error


def _refuse_what_the_verb_does_not_take(verb: str, options: Sequence[Option]) -> None:
    for option in options:
        if not belongs(option, verb):
            takers = ", ".join(option.verbs)
            raise UsageError(f"runner {verb} does not take {option.flags[-1]} (it belongs to: {takers})")


def _unknown_word(word: str, grammar: Grammar) -> Problem:
    near = closest(word.partition("=")[0], (flag for o in grammar.every for flag in o.flags))
    hint = "runner --help shows the options\narguments for commands come after --"
    if not word.startswith("-"):
        hint = (
            f"to run cells that match it: runner -e {shlex.quote(word)}\narguments for commands come after --"
        )
    elif near:
        hint = f"did you mean {near[0]}?"
    return Problem(f"{word!r} is not an option or verb of runner", hint=hint)


def _unknown_in_group(verb: str, word: str) -> Problem:
    group = GROUPS[verb]
    near = closest(word, group)
    hint = f"did you mean runner {verb} {near[0]}?" if near else f"the verbs are {', '.join(group)}"
    return Problem(f"{word!r} is not a verb of runner {verb}", hint=hint)


def _unknown_verb(verb: str, grammar: Grammar) -> Problem:
    near = closest(verb, grammar.verbs)
    hint = f"did you mean runner {near[0]}?" if near else f"the verbs are {', '.join(grammar.verbs)}"
    return Problem(
        f"{verb!r} is not a verb of runner",
        hint=f"{hint}\nto run cells that match it: runner -e {shlex.quote(verb)}",
    )
