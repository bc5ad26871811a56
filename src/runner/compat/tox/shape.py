"""Values of a tox config as text within other values, and as tox prints them in JSON."""

import shlex
from collections.abc import Mapping

from runner.compat.tox.kinds import Kind
from runner.compat.tox.lookup import Found
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.values import CommandLine, Names, Requirements

_PLAIN = frozenset((bool, int, float, str))
_ARGUMENTS = frozenset((Kind.PATH, Kind.LIST, Kind.SET, Kind.LIST_OR_TEXT))


def told(kind: Kind, value: object, *, constant: bool) -> Found:
    """Return what a reference to a key stands for; in a command, a path or a list's entry is one argument."""
    return Found(text_of(value), argument=kind in _ARGUMENTS or (constant and isinstance(value, str)))


def text_of(value: object) -> str:
    """Return a value as text, entries by line."""
    if isinstance(value, CommandLine):
        mark = "- " if value.ignored else "! " if value.inverted else " "
        return mark + shlex.join(value.argv)
    if isinstance(value, Names):
        return "\n".join(value.names)
    if isinstance(value, Requirements):
        return "\n".join(value.lines)
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text_of(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return "\n".join(map(text_of, value))
    return str(value)


def raw_of(value: object) -> object:
    """Return a value as a TOML file may hold it."""
    if isinstance(value, CommandLine):
        return [*(["-"] if value.ignored else ["!"] if value.inverted else []), *value.argv]
    if isinstance(value, Names):
        return list(value.names)
    if isinstance(value, Requirements):
        return list(value.lines)
    if isinstance(value, tuple):
        return list(map(raw_of, value))
    return value


def as_json(value: object) -> object:
    """Return a value as `tox config --format json` shows it; what it has no shape for is text there."""
    if value.__class__ in _PLAIN:
        return value
    if isinstance(value, SetEnv):
        return {name: value.value(name) for name in value.names()}
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    entries = (
        value.names if isinstance(value, Names) else value.lines if isinstance(value, Requirements) else value
    )
    if not isinstance(entries, tuple):
        return str(value)
    return entries if all(entry.__class__ is str for entry in entries) else tuple(map(as_json, entries))
