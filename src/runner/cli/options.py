"""The command line: every option declared once, with its variable and the verbs that take it."""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Literal, NoReturn

from msgspec import Struct, convert

from runner.model.errors import Problem, UsageError

Kind = Literal["flag", "count", "text", "many", "selectors"]

VERBS = {
    "run": "run cells (the default)",
    "list": "show every cell, marked whether a bare run runs it",
    "config": "show the resolved settings of cells and where each came from",
    "plan": "show what would run, in which order, on which interpreters",
    "schema": "print the JSON Schema of the config file",
    "clean": "remove environments and trash",
    "plugins": "show the active plugins",
}
SELECTING = ("run", "list", "config", "plan")
EVERY = tuple(VERBS)


class Option(Struct, frozen=True):
    """One option: its field in `Arguments`, its flags, what it takes, and which verbs take it."""

    field: str
    flags: tuple[str, ...]
    kind: Kind
    help: str
    verbs: tuple[str, ...]
    metavar: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it: the long name in capitals."""
        return "RUNNER_" + self.flags[-1].lstrip("-").replace("-", "_").upper()


SHOWING = ("list", "config", "plan", "plugins")
_OFF = frozenset({"0", "false", "no"})

OPTIONS = (
    Option("select", ("-e", "--select"), "selectors", "the cells that match", (*SELECTING, "clean"), "SEL"),
    Option("pythons", ("-p", "--python"), "selectors", "add a Python, keep only its cells", SELECTING, "V"),
    Option("tags", ("-t", "--tag"), "selectors", "keep cells with the tag", SELECTING, "TAG"),
    Option("skip", ("--skip",), "selectors", "leave the matching cells out", SELECTING, "SEL"),
    Option("config", ("-c", "--config"), "text", "the config file, or its folder", EVERY, "FILE"),
    Option("jobs", ("-j", "--jobs"), "text", "cells at a time: a number, or auto", ("run", "plan"), "N"),
    Option("fail_fast", ("--fail-fast",), "flag", "start nothing more after a failure", ("run",)),
    Option("retries", ("--retries",), "text", "try failed cells again, N times", ("run", "config"), "N"),
    Option("timeout", ("--timeout",), "text", "the timeout of every session", ("run", "config"), "TIME"),
    Option("no_needs", ("--no-needs",), "flag", "run just the selection", ("run", "list", "plan")),
    Option("package", ("--package",), "text", "install this wheel or sdist", ("run", "plan"), "PATH"),
    Option("install_only", ("--install-only",), "flag", "make environments, run no commands", ("run",)),
    Option("with_", ("--with",), "many", "install one more requirement", ("run", "config", "plan"), "REQ"),
    Option("report", ("--report",), "many", "write a report: json=PATH, junit=PATH", ("run",), "KIND=PATH"),
    Option("events", ("--events",), "text", "write events as JSON lines; - is stdout", ("run",), "PATH"),
    Option("format", ("--format",), "text", "text or json; list also: github", SHOWING, "FORMAT"),
    Option("show_secrets", ("--show-secrets",), "flag", "print values that look secret", ("config",)),
    Option("list", ("-l", "--list"), "flag", "the same as the verb list", ("run", "list")),
    Option("all", ("--all",), "flag", "remove the whole work-dir", ("clean",)),
    Option("cache", ("--cache",), "flag", "remove the user cache", ("clean",)),
    Option("verbose", ("-v", "--verbose"), "count", "say more; follow output", EVERY),
    Option("quiet", ("-q", "--quiet"), "flag", "say less: failures only", EVERY),
    Option("color", ("--color",), "text", "auto, always or never", EVERY, "WHEN"),
    Option("no_plugin", ("--no-plugin",), "many", "switch a plugin off", EVERY, "NAME"),
)


class Arguments(Struct, frozen=True, kw_only=True):
    """What the command line and the RUNNER_ variables say. `posargs` is None when there was no `--`."""

    verb: str = "run"
    select: tuple[str, ...] | None = None
    pythons: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    config: str | None = None
    jobs: str | None = None
    fail_fast: bool = False
    retries: str | None = None
    timeout: str | None = None
    no_needs: bool = False
    package: str | None = None
    install_only: bool = False
    with_: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    events: str | None = None
    format: str = "text"
    show_secrets: bool = False
    list: bool = False
    all: bool = False
    cache: bool = False
    verbose: int = 0
    quiet: bool = False
    color: str = "auto"
    no_plugin: tuple[str, ...] = ()
    posargs: tuple[str, ...] | None = None


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
    namespace, unknown = _parser().parse_known_intermixed_args(words)
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
    values = {o.field: _from_command_line(o, given[o.field]) for o in OPTIONS if o.field in given}
    _refuse_what_the_verb_does_not_take(verb, values)
    for option in OPTIONS:
        text = environ.get(option.variable, "").strip()
        if option.field not in values and text and verb in option.verbs:
            values[option.field] = _from_variable(option, text)
    if verb == "run" and values.get("list"):
        verb = "list"
        _refuse_what_the_verb_does_not_take(
            verb, {field: values[field] for field in values if field in given}
        )
    return convert({"verb": verb, "posargs": posargs, **values}, Arguments)


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
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        formatter_class=partial(
            argparse.HelpFormatter, width=100
        ),  # else it asks the terminal, by a slow import
    )
    parser.add_argument("verb", nargs="?")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    actions = {
        "flag": "store_true",
        "count": "count",
        "text": "store",
        "many": "append",
        "selectors": "append",
    }
    for option in OPTIONS:
        parser.add_argument(*option.flags, dest=option.field, action=actions[option.kind])
    return parser


def _from_command_line(option: Option, value: object) -> object:
    if option.kind != "selectors":
        return value
    selectors = _split_selectors(convert(value, list[str]))
    if not selectors:
        raise UsageError(f"{option.flags[0]} is given without a value: expected {option.metavar}")
    return selectors


def _from_variable(option: Option, text: str) -> object:
    """Return the value that a variable gives; one that is empty is as good as unset."""
    if option.kind == "flag":
        return text.lower() not in _OFF
    if option.kind == "count":
        return _count(option, text)
    if option.kind == "text":
        return text
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{option.variable}={text}: {error}") from error
    return _split_selectors(words) if option.kind == "selectors" else words


def _count(option: Option, text: str) -> int:
    if text.lower() in _OFF:
        return 0
    if text.isdecimal():
        return int(text)
    raise UsageError(f"{option.variable}={text}: expected a number")


def _split_selectors(texts: Sequence[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _refuse_what_the_verb_does_not_take(verb: str, values: Mapping[str, object]) -> None:
    for option in OPTIONS:
        if option.field in values and values[option.field] and verb not in option.verbs:
            takers = ", ".join(option.verbs)
            raise UsageError(f"runner {verb} does not take {option.flags[-1]} (it belongs to: {takers})")


def _unknown_word(word: str) -> Problem:
    near = get_close_matches(word.partition("=")[0], [flag for o in OPTIONS for flag in o.flags], n=1)
    hint = "runner --help shows the options\narguments for commands come after --"
    if not word.startswith("-"):
        hint = (
            f"to run cells that match it: runner -e {shlex.quote(word)}\narguments for commands come after --"
        )
    elif near:
        hint = f"did you mean {near[0]}?"
    return Problem(f"{word!r} is not an option or verb of runner", hint=hint)


def _unknown_verb(verb: str) -> Problem:
    near = get_close_matches(verb, VERBS, n=1)
    hint = f"did you mean runner {near[0]}?" if near else f"the verbs are {', '.join(VERBS)}"
    return Problem(
        f"{verb!r} is not a verb of runner",
        hint=f"{hint}\nto run cells that match it: runner -e {shlex.quote(verb)}",
    )
