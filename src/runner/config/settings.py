"""The environment and running keys of the file: which there are, and reading a table of them into a layer."""

import typing
from collections.abc import Mapping

import msgspec

from runner.config.commands import CommandsKind
from runner.config.derive import kind_of
from runner.config.kinds import Key
from runner.config.walk import Node
from runner.model.settings import STEP_KEYS, Layer, Settings

_ABOUT = {
    "backend": "Who creates the environment: virtualenv, venv, none, or one that a plugin brings",
    "installer": "Who fills the environment; never changed automatically",
    "deps": "What to install: requirements-file lines, relative to the project's root",
    "constraints": "Limits on versions: requirements-file lines, relative to the project's root",
    "groups": "Dependency groups of pyproject.toml to install (PEP 735)",
    "extras": "Extras of the project to install",
    "package": "How the project is installed; default: wheel where it can be built, else none",
    "package-file": "A glob of the one wheel or sdist to install instead of a build, relative to the root",
    "lock-from": "A lock file of another tool, to install what it pins, relative to the root; false: none",
    "seed": 'What else to install into the bare environment, such as ["pip"]',
    "resolution": "Which versions to take: the highest, the lowest, or the lowest of direct requirements",
    "prerelease": "Take pre-releases too",
    "link-mode": "How files get from the installer's cache into the environment",
    "system-site-packages": "Let the environment see the packages of its interpreter",
    "allow-external": "Programs outside of the environment that commands may run, as globs",
    "cwd": "The folder that commands run in, relative to the project's root",
    "env": "Variables for the commands; false unsets one",
    "pass-env": "Outer variables that commands see, as globs",
    "source": "Run in the project's own tree, or in a copy of what git sees",
    "keep-going": "Run the other commands after one failed",
    "timeout": "How long setup and commands of one attempt may take",
    "slow-after": "After what time a command or collector that still runs is told of; 0: never; default: 60",
    "retries": "How often a failed cell is tried again, each time in a fresh environment",
    "cpus": "How many slots of -j a cell takes",
    "limits": "Names of limits that the cell counts against",
    "exclusive": "Run alone",
    "allow-failure": "A failure does not fail the run",
    "interrupt-grace": "How long after INT until TERM",
    "terminate-grace": "How long after TERM until KILL",
    "artifacts": "Files to keep with the run, as globs",
    "junit": "A glob of JUnit files to read results from; false: none; default: ask pytest",
    "setup": "Commands before `commands`; a failure skips those",
    "commands": "What to run, one after the other, until one fails",
    "teardown": "Commands that run at the end in any case",
}


def _keys() -> dict[str, Key[object]]:
    found: dict[str, Key[object]] = {}
    lists: dict[str, Key[object]] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.encode_name
        found[name] = Key(name, kind_of(name, field.type), _ABOUT[name])
        if typing.get_origin(field.type) is tuple:
            lists[name] = found[name]
    for name in STEP_KEYS:
        found[name] = lists[name] = Key(name, CommandsKind(), _ABOUT[name])
    for name, key in lists.items():
        extra = f"extra-{name}"
        found[extra] = Key(extra, key.kind, f"More of `{name}`, added to those of the layers below")
    return found


SETTINGS: dict[str, Key[object]] = _keys()
"""Every environment and running key by name, `extra-` included."""


def settings_at(node: Node) -> tuple[str, ...]:
    """Return the settings that can stand in a table: runner's own, and what the session's type adds."""
    return (*SETTINGS, *node.walk.dialect.kinds)


def read_layer(children: Mapping[str, Node], name: str) -> Layer:
    """Read the settings among the keys of a table."""
    values: dict[str, object] = {}
    origins = {}
    for key, node in children.items():
        kind = SETTINGS[key].kind if key in SETTINGS else node.walk.dialect.kinds.get(key)
        if kind is None:
            continue
        value = kind.read(node)
        if value is not None:
            values[key] = value
            origins[key] = node.origin
    return Layer(name, values, origins)
