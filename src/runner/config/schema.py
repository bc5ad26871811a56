"""The JSON Schema of the file, from the tables that the walk follows."""

from runner.config.keys import PACKAGE_KEYS, TOP_KEYS
from runner.config.names import LABEL
from runner.config.sessions import part_schema
from runner.config.walk import Schema


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of runner.toml and of `[tool.runner]`."""
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
        "additionalProperties": {"$ref": "#/$defs/session"},
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
            "defaults": {"description": "What every session starts from", **part_schema(defaults=True)},
            "sessions": sessions,
        },
        "required": ["sessions"],
        "additionalProperties": False,
        "$defs": {"session": part_schema(defaults=False)},
    }
