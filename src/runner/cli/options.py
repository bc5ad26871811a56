"""The verbs, and every option declared once, with its variable and the verbs that take it."""

from typing import Literal

from msgspec import Struct

Kind = Literal["flag", "count", "text", "many", "list", "selectors", "names"]
"""What an option takes; `names` are given one at a time, or not at all: then all are meant.

A `list` is separated by commas; `selectors` are one in which braces stand for several.
"""

VERBS = {
    "run": "run cells (the default)",
    "list": "show every cell, marked whether a bare run runs it",
    "config": "show the resolved settings of cells and where each came from",
    "plan": "show what would run, in which order, on which interpreters",
    "lock": "write the locks of cells into locks/, to be committed",
    "schema": "print the JSON Schema of the config file",
    "clean": "remove environments and trash",
    "plugins": "show the active plugins",
    "migrate": "write a runner.toml that says what a config of tox says",
}
SELECTING = ("run", "list", "config", "plan", "lock")
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
RESOLVING = ("run", "plan", "lock")

OPTIONS = (
    Option("select", ("-e", "--select"), "selectors", "the cells that match", (*SELECTING, "clean"), "SEL"),
    Option("pythons", ("-p", "--python"), "list", "add a Python, keep only its cells", SELECTING, "V"),
    Option("tags", ("-t", "--tag"), "list", "keep cells with the tag", SELECTING, "TAG"),
    Option("skip", ("--skip",), "selectors", "leave the matching cells out", SELECTING, "SEL"),
    Option("config", ("-c", "--config"), "text", "the config file, or its folder", EVERY, "FILE"),
    Option("jobs", ("-j", "--jobs"), "text", "cells at a time: a number, or auto", RESOLVING, "N"),
    Option("fail_fast", ("--fail-fast",), "flag", "start nothing more after a failure", ("run",)),
    Option("retries", ("--retries",), "text", "try failed cells again, N times", ("run", "config"), "N"),
    Option("timeout", ("--timeout",), "text", "the timeout of every session", ("run", "config"), "TIME"),
    Option("no_needs", ("--no-needs",), "flag", "run just the selection", ("run", "list", "plan")),
    Option("package", ("--package",), "text", "install this wheel or sdist", ("run", "plan"), "PATH"),
    Option("install_only", ("--install-only",), "flag", "make environments, run no commands", ("run",)),
    Option("with_", ("--with",), "many", "install one more requirement", ("run", "config", "plan"), "REQ"),
    Option("reuse", ("--reuse",), "flag", "keep environments in which nothing changed", ("run", "plan")),
    Option("locked", ("--locked",), "flag", "use committed locks, fresh ones only", ("run", "plan")),
    Option("offline", ("--offline",), "flag", "make no network request", RESOLVING),
    Option("upgrade", ("--upgrade",), "names", "resolve anew: all, or PACKAGE only", RESOLVING, "[PACKAGE]"),
    Option("check", ("--check",), "flag", "only say which locks are missing or stale", ("lock",)),
    Option("report", ("--report",), "many", "write a report: json=PATH, junit=PATH", ("run",), "KIND=PATH"),
    Option("events", ("--events",), "text", "write events as JSON lines; - is stdout", ("run",), "PATH"),
    Option("format", ("--format",), "text", "text or json; list also: github", SHOWING, "FORMAT"),
    Option("show_secrets", ("--show-secrets",), "flag", "print values that look secret", ("config",)),
    Option("list", ("-l", "--list"), "flag", "the same as the verb list", ("run", "list")),
    Option("all", ("--all",), "flag", "remove the whole work-dir", ("clean",)),
    Option("cache", ("--cache",), "flag", "remove the user cache", ("clean",)),
    Option("force", ("--force",), "flag", "write over a file, or though cells differ", ("migrate",)),
    Option("stdout", ("--stdout",), "flag", "print the file, write none", ("migrate",)),
    Option("verbose", ("-v", "--verbose"), "count", "say more; follow output", EVERY),
    Option("quiet", ("-q", "--quiet"), "flag", "say less: failures only", EVERY),
    Option("color", ("--color",), "text", "auto, always or never", EVERY, "WHEN"),
    Option("no_plugin", ("--no-plugin",), "many", "switch a plugin off", EVERY, "NAME"),
)


class Arguments(Struct, frozen=True, kw_only=True):
    """What the command line and the RUNNER_ variables say.

    `posargs` is None when there was no `--`. `upgrade` is None when it is not asked for, and empty for all.
    """

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
    reuse: bool = False
    locked: bool = False
    offline: bool = False
    upgrade: tuple[str, ...] | None = None
    check: bool = False
    report: tuple[str, ...] = ()
    events: str | None = None
    format: str = "text"
    show_secrets: bool = False
    list: bool = False
    all: bool = False
    cache: bool = False
    force: bool = False
    stdout: bool = False
    verbose: int = 0
    quiet: bool = False
    color: str = "auto"
    no_plugin: tuple[str, ...] = ()
    posargs: tuple[str, ...] | None = None
