"""The JSON Schema of the file, from the tables that the walk follows.

Editors of TOML know little beyond draft 4 of JSON Schema: no `unevaluatedProperties`, and beside a `$ref` at
most its description. So each table lists all of its keys; those that sessions have too refer to theirs.
"""

from collections.abc import Iterable

from runner.config.added import Adder, added_keys
from runner.config.axes import label_definition
from runner.config.commands import CommandKind
from runner.config.kinds import Duration, Key
from runner.config.matching import WhenKind, patterns_definition
from runner.config.names import LABEL
from runner.config.sessions import IncludesKind, defaults_schema, session_definition
from runner.config.top import PACKAGE_KEYS, TOP_KEYS
from runner.config.walk import Schema, ref


def schema(adders: Iterable[Adder] = ()) -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of runner.toml and of `[tool.runner]`.

    With `adders` it allows the keys that these add, in whatever session: a type may be inherited.
    """
    added = _added_by(adders)
    package: Schema = {
        "description": "How the project is built",
        "type": "object",
        "properties": {key.name: key.schema() for key in PACKAGE_KEYS},
        "additionalProperties": False,
    }
    sessions: Schema = {
        "description": "What to install and what to run, by name",
        "type": "object",
        "propertyNames": {"pattern": f"^{LABEL}$"},
        "additionalProperties": ref("session"),
        "minProperties": 1,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "runner",
        "description": "The sessions of a project: what to install and what to run, over which axes",
        "type": "object",
        "properties": {
            **{key.name: key.schema() for key in TOP_KEYS},
            "package": package,
            "defaults": {"description": "What every session starts from", **defaults_schema()},
            "sessions": sessions,
        },
        "required": ["sessions"],
        "additionalProperties": False,
        "$defs": {
            "session": session_definition(added),
            "label": label_definition(added),
            "when": WhenKind().definition(added),
            "include": IncludesKind().definition(added),
            "patterns": patterns_definition(),
            "command": CommandKind().definition(),
            "duration": Duration().definition(),
        },
    }


def _added_by(adders: Iterable[Adder]) -> dict[str, Schema]:
    """Return what added keys may be; two may mean different things by one."""
    keys: dict[str, list[Key[object]]] = {}
    for each in adders:
        for name, key in added_keys(each).items():
            keys.setdefault(name, []).append(key)
    return {name: _any_of(alike) for name, alike in keys.items()}


def _any_of(keys: list[Key[object]]) -> Schema:
    first, *others = keys
    if all(key.kind == first.kind for key in others):
        return first.schema()
    about = "; or: ".join(dict.fromkeys(key.about for key in keys))
    return {"description": about, "anyOf": [key.kind.schema() for key in keys]}
