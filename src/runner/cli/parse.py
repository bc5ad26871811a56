"""Read the command line, and say what is wrong with it."""

import argparse
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import NoReturn

from msgspec import Struct

from runner.cli.formats import parse_number
from runner.cli.options import OPTIONS, VERBS, Arguments
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


class Asked(Struct, frozen=True):
    """The program was asked about itself: text for stdout, and nothing to do."""

    text: str


def parse(argv: Sequence[str], environ: Mapping[str, str], version: str) -> Arguments | Asked:
    """Read the command line; what it leaves open comes from RUNNER_ variables. Raises UsageError."""
    words = list(argv)
    posargs: tuple[str, ...] | None = None
    if "--" in words:
        cut = words.index("--")
        words, posargs = words[:cut], tuple(words[cut + 1 :])
    namespace, unknown = _parser().parse_known_intermixed_args(_apart_from_verbs(words))
    if unknown:
        raise UsageError(_unknown_word(unknown[0]))
    given = vars(namespace)
    if given.get("help"):
        return Asked(help_text())
    if given.get("version"):
        return Asked(f"runner {version}\n")
    verb = str(given.get("verb", "run"))
    if verb not in VERBS:
        raise UsageError(_unknown_verb(verb))
    _take_file(verb, given)
    values = {o.name: _from_command_line(o, given[o.name]) for o in OPTIONS if o.name in given}
    _refuse_what_the_verb_does_not_take(verb, values)
    for option in OPTIONS:
        text = environ.get(option.variable, "").strip()
        if option.name not in values and text and verb in option.verbs:
            values[option.name] = _from_variable(option, text)
    if verb == "run" and values.get("list"):
        verb = "list"
        _refuse_what_the_verb_does_not_take(
            verb, {field: values[field] for field in values if field in given}
        )
    return converted({"verb": verb, "posargs": posargs, **values}, Arguments)


def _take_file(verb: str, given: dict[str, object]) -> None:
    """Let the word after some verbs be the config; after others it means nothing. Raises UsageError."""
    if "file" not in given:
        return
    if verb not in _TAKING_A_FILE:
        raise UsageError(_unknown_word(str(given["file"])))
    given.setdefault("config", given["file"])


def help_text() -> str:
    """Return the text of `--help`: usage, verbs, options with their variables, exit codes."""
    verbs = "\n".join(f"  {name:<9} {text}" for name, text in VERBS.items())
    rows = [(", ".join(o.flags) + (f" {o.metavar}" if o.metavar else ""), o) for o in OPTIONS]
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


def _only_for(option: Option) -> str:
    return "" if "run" in option.verbs else f" ({', '.join(option.verbs)})"


class _Parser(argparse.ArgumentParser):
    """argparse, raising our error instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        message = message.replace("ignored explicit argument", "it takes no value, and was given")
        raise UsageError(Problem(message, hint="runner --help shows the options"))


def _parser() -> _Parser:
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
    parser.add_argument("file", nargs="?")
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
    for option in OPTIONS:
        if option.kind == "names":
            parser.add_argument(*option.flags, dest=option.name, action="append", nargs="?", const="")
        else:
            parser.add_argument(*option.flags, dest=option.name, action=actions[option.kind])
    return parser


def _apart_from_verbs(words: Sequence[str]) -> list[str]:
    """Return the words so that an option of optional value does not take the verb after it for one."""
    optional = {flag for option in OPTIONS if option.kind == "names" for flag in option.flags}
    pairs = zip_longest(words, words[1:])
    return [f"{word}=" if word in optional and after in VERBS else word for word, after in pairs]


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
    parts = [part for text in texts for part in split(text)]
    if option.kind == "list":
        return parts
    try:
        return [name for part in parts for name in expand(part) if name]
    except ValueError as error:
        raise UsageError(f"{given_as}{','.join(texts)}: {error}") from error


def _refuse_what_the_verb_does_not_take(verb: str, values: Mapping[str, object]) -> None:
    for option in OPTIONS:
        if option.name in values and verb not in option.verbs:
            takers = ", ".join(option.verbs)
            raise UsageError(f"runner {verb} does not take {option.flags[-1]} (it belongs to: {takers})")


def _unknown_word(word: str) -> Problem:
    near = closest(word.partition("=")[0], (flag for o in OPTIONS for flag in o.flags))
    hint = "runner --help shows the options\narguments for commands come after --"
    if not word.startswith("-"):
        hint = (
            f"to run cells that match it: runner -e {shlex.quote(word)}\narguments for commands come after --"
        )
    elif near:
        hint = f"did you mean {near[0]}?"
    return Problem(f"{word!r} is not an option or verb of runner", hint=hint)


def _unknown_verb(verb: str) -> Problem:
    near = closest(verb, VERBS)
    hint = f"did you mean runner {near[0]}?" if near else f"the verbs are {', '.join(VERBS)}"
    return Problem(
        f"{verb!r} is not a verb of runner",
        hint=f"{hint}\nto run cells that match it: runner -e {shlex.quote(verb)}",
    )
