"""The verbs, and every option declared once, with its variable and the verbs that take it."""

from collections.abc import Mapping

from msgspec import Struct

from runner.model.options import Option, OptionValue

VERBS = {
    "run": "run cells (the default)",
    "list": "show every cell, marked whether a bare run runs it",
    "config": "show the resolved settings of cells and where each came from",
    "plan": "show what would run, in which order, on which interpreters",
    "lock": "write the locks of cells into locks/, to be committed",
    "schema": "print the JSON Schema of the config file",
    "clean": "remove environments and trash",
    "env": "make, list and use lasting environments: places to work",
    "python": "show the Pythons that are here, which are taken for what, and why",
    "plugins": "show the active plugins",
    "migrate": "write a runner.toml that says what a config of tox says",
}
GROUPS: Mapping[str, Mapping[str, str]] = {
    "env": {
        "create": "make the environments of cells, or bring them in step with their locks",
        "list": "show every lasting environment, and how it stands (the default)",
        "path": "print where the environment of a cell is",
        "shell": "start your shell in the environment of a cell",
        "exec": "run the command after -- in the environment of a cell",
        "activate": 'print what activates it: eval "$(runner env activate CELL)"',
        "use": "point .venv at the environment of a cell, for editors",
        "export": "write the lock of a cell as requirements, pylock or environment.yml",
        "remove": "remove lasting environments",
    },
    "python": {"list": "show the Pythons that are here (the default)"},
}
"""Verbs that have verbs of their own, the word after them, each with a line of help."""

_STEPPING = ("env create", "env shell", "env exec", "env activate", "env use")
"""The verbs that bring an environment in step with its lock."""
_LOCKED = (*_STEPPING, "env export")
_OF_CELLS = (*_LOCKED, "env path", "env remove")

SELECTING = ("run", "list", "config", "plan", "lock")
EVERY = tuple(VERBS)


SHOWING = ("list", "config", "plan", "plugins", "python", "env list", "env export")
RESOLVING = ("run", "plan", "lock", *_LOCKED)
SEVERAL = (*SELECTING, "env create", "env remove")

OPTIONS = (
    Option(("-e", "--select"), "selectors", "the cells that match", (*SEVERAL, "clean"), "SEL"),
    Option(
        ("-p", "--python"),
        "list",
        "add a Python, keep only its cells",
        (*SELECTING, *_OF_CELLS),
        "V",
        field="pythons",
    ),
    Option(("-t", "--tag"), "list", "keep cells with the tag", SEVERAL, "TAG", field="tags"),
    Option(("--skip",), "selectors", "leave the matching cells out", SEVERAL, "SEL"),
    Option(("-c", "--config"), "text", "the config file, or its folder", EVERY, "FILE"),
    Option(("-j", "--jobs"), "text", "cells at a time: a number, or auto", ("run", "plan", "lock"), "N"),
    Option(("--fail-fast",), "flag", "start nothing more after a failure", ("run",)),
    Option(("--retries",), "text", "try failed cells again, N times", ("run", "config"), "N"),
    Option(("--timeout",), "text", "the timeout of every session", ("run", "config"), "TIME"),
    Option(("--no-needs",), "flag", "run just the selection", ("run", "list", "plan")),
    Option(("--package",), "text", "install this wheel or sdist", ("run", "plan"), "PATH"),
    Option(("--on",), "text", "run cells where a plugin says", ("run",), "URL"),
    Option(("--install-only",), "flag", "make environments, run no commands", ("run",)),
    Option(
        ("--with",), "many", "install one more requirement", ("run", "config", "plan"), "REQ", field="with_"
    ),
    Option(("--reuse",), "flag", "keep environments in which nothing changed", ("run", "plan")),
    Option(("--locked",), "flag", "use committed locks, fresh ones only", ("run", "plan", *_LOCKED)),
    Option(("--offline",), "flag", "make no network request", RESOLVING),
    Option(("--upgrade",), "names", "resolve anew: all, or PACKAGE only", RESOLVING, "[PACKAGE]"),
    Option(("--check",), "flag", "only say which locks are missing or stale", ("lock",)),
    Option(("--report",), "many", "write a report: json=PATH, junit=PATH", ("run",), "KIND=PATH"),
    Option(("--events",), "text", "write events as JSON lines; - is stdout", ("run",), "PATH"),
    Option(("--format",), "text", "text or json, or as the verb says", SHOWING, "FORMAT"),
    Option(("-o", "--output"), "text", "write to this file", ("env export",), "FILE"),
    Option(("--shell",), "text", "bash, zsh, fish, sh or powershell", ("env activate",), "NAME"),
    Option(("--no-editable",), "flag", "install the project as a run does", _LOCKED),
    Option(("--show-secrets",), "flag", "print values that look secret", ("config",)),
    Option(("-l", "--list"), "flag", "the same as the verb list", ("run", "list")),
    Option(("--all",), "flag", "remove the whole work-dir", ("clean",)),
    Option(("--cache",), "flag", "remove the user cache", ("clean",)),
    Option(
        ("--force",),
        "flag",
        "write over a file, or though cells differ; make anew",
        ("migrate", "env create"),
    ),
    Option(("--stdout",), "flag", "print the file, write none", ("migrate",)),
    Option(("-v", "--verbose"), "count", "say more; follow output", EVERY),
    Option(("-q", "--quiet"), "flag", "say less: failures only", EVERY),
    Option(("--color",), "text", "auto, always or never", EVERY, "WHEN"),
    Option(("--no-plugin",), "many", "switch a plugin off", EVERY, "NAME"),
)


def belongs(option: Option, verb: str) -> bool:
    """Say whether a verb takes the option: one such as `env list` also takes what all of its group do."""
    return verb in option.verbs or verb.partition(" ")[0] in option.verbs


class Grammar(Struct, frozen=True):
    """What the command line may hold: verbs with their help, and options; `guests` are those of plugins."""

    verbs: Mapping[str, str]
    options: tuple[Option, ...]
    guests: tuple[Option, ...] = ()

    @property
    def every(self) -> tuple[Option, ...]:
        """The options of runner and of plugins."""
        return (*self.options, *self.guests)


OWN = Grammar(VERBS, OPTIONS)
"""What runner itself takes."""


class Arguments(Struct, frozen=True, kw_only=True):
    """What the command line and the RUNNER_ variables say.

    `posargs` is None when there was no `--`. `upgrade` is None when it is not asked for, and empty for all.
    `words` follow the verb of a plugin, or one of GROUPS. `of_plugins` has the options of plugins that the
    command line gives.
    """

    verb: str = "run"
    words: tuple[str, ...] = ()
    of_plugins: dict[str, OptionValue] = {}
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
    on: str | None = None
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
    output: str | None = None
    shell: str | None = None
    no_editable: bool = False
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
