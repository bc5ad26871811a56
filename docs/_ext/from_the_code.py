# ruff: noqa: INP001 - Sphinx imports it by its name, from a folder that is no package
"""Tables that are made from runner's code while the pages are built, so that they cannot lie.

`config-keys` (of: top, package, shape, environment, running), `verbs`, `options`, `exit-codes`, `events`
and `passed-variables`.
"""

import inspect
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import msgspec
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from runner.cli.options import GROUPS, OPTIONS, VERBS
from runner.config import Adder, Lookups, convert, find, read, schema
from runner.model.errors import ExitCode
from runner.model.events import Body
from runner.model.plan import Host, Selection
from runner.plan import PythonType, expand

MEANING = {
    ExitCode.PASSED: "Every cell that counts passed; for other verbs: it worked.",
    ExitCode.FAILED: "A cell failed: setup, a command, teardown or a timeout. Allowed failures do not count.",
    ExitCode.USAGE: "The command line or the config is wrong. Nothing has run.",
    ExitCode.NOTHING: "A selector, tag or Python matches nothing, or every cell was skipped.",
    ExitCode.ENVIRONMENT: "An environment could not be made or a program not started, and no cell failed.",
    ExitCode.INTERNAL: "A bug in runner: the text says what to report.",
    ExitCode.INTERRUPTED: "INT or TERM stopped it.",
}
SIMPLE = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "seconds",
    "array": "list",
}
NAMED = {"command": "command", "duration": "duration"}
Cell = str
Row = tuple[Cell, ...]


def table(head: Row, rows: Iterable[Row]) -> nodes.table:
    """Make a table; in its cells, text between backquotes is code."""
    made, group = nodes.table(), nodes.tgroup(cols=len(head))
    made += group
    group += [nodes.colspec(colwidth=1) for _ in head]
    top, body = nodes.thead(), nodes.tbody()
    group += [top, body]
    top += row(head)
    body += [row(cells) for cells in rows]
    return made


def row(cells: Row) -> nodes.row:
    """Make one row."""
    made = nodes.row()
    for cell in cells:
        entry, paragraph = nodes.entry(), nodes.paragraph()
        for at, part in enumerate(cell.split("`")):
            if part:
                paragraph += nodes.literal(text=part) if at % 2 else nodes.Text(part)
        entry += paragraph
        made += entry
    return made


def code(text: str) -> str:
    """Mark text as code."""
    return f"`{text}`" if text else ""


def kind_of(rule: Mapping[str, object]) -> str:
    """Say in a few words what a part of the schema accepts."""
    if "$ref" in rule:
        return NAMED.get(str(rule["$ref"]).rpartition("/")[2], "table")
    if "anyOf" in rule:
        return " or ".join(dict.fromkeys(kind_of(one) for one in rule["anyOf"]))
    words = [rule["const"]] if "const" in rule else rule.get("enum")
    if words:
        return ", ".join(code(json.dumps(word)) for word in words)
    if rule.get("pattern") == "[{}]":
        return "a substitution"
    kind = SIMPLE.get(rule["type"], "table")
    items = kind_of(rule["items"]) if kind == "list" else ""
    return f"list of {items}s".replace("texts", "text") if items else kind


def built_in_settings() -> Mapping[str, object]:
    """Return the settings of a session that sets nothing, as runner works them out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "runner.toml")
        file.write_text('[sessions.s]\ncommands = ["true"]\n')
        config = convert(
            read(find(Path(folder), file)),
            version="0",
            lookups=Lookups(
                types=lambda name: Adder("session type", name), backends=lambda name: Adder("backend", name)
            ),
        )
    host = Host("linux", "3.12", "/usr/bin/python", 1, ci=False)
    (cell,) = expand(config, Selection(), host, lambda _: PythonType(), {}).cells
    return msgspec.to_builtins(cell.settings)


def shown_default(value: object) -> str:
    """Write a default as it would stand in the file; nothing where there is none."""
    if isinstance(value, dict):
        return code(json.dumps(value["text"])) if "text" in value else code("{}")
    return "" if value is None else code(json.dumps(value))


class ConfigKeys(Directive):
    """The keys of one part of the config file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        made = schema()
        part = self.arguments[0]
        if part == "top":
            tables = {"package", "defaults", "sessions"}
            rules = {key: rule for key, rule in made["properties"].items() if key not in tables}
        elif part == "package":
            rules = made["properties"]["package"]["properties"]
        else:
            rules = self._session_keys(made["$defs"]["session"]["properties"])[part]
        defaults = built_in_settings() if part in {"environment", "running"} else {}
        rows = []
        for key, rule in rules.items():
            text = str(rule.get("description", ""))
            if key in defaults and "default:" not in text:
                text = f"{text}; default: {shown_default(defaults[key])}".removesuffix("; default: ")
            rows.append((code(key), kind_of(rule), text))
        return [table(("key", "takes", "meaning"), rows)]

    def _session_keys(self, rules: dict[str, dict[str, object]]) -> dict[str, dict[str, dict[str, object]]]:
        names = [name for name in rules if not name.startswith("extra-")]
        environment, running = names.index("backend"), names.index("allow-external")
        parts = {
            "shape": names[:environment],
            "environment": names[environment:running],
            "running": names[running:],
        }
        return {part: {name: rules[name] for name in keys} for part, keys in parts.items()}


class Verbs(Directive):
    """The verbs of the command line."""

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        rows = []
        for verb, text in VERBS.items():
            rows.append((code(f"runner {verb}"), text))
            rows += [(code(f"runner {verb} {name}"), more) for name, more in GROUPS.get(verb, {}).items()]
        return [table(("verb", "what it does"), rows)]


class Options(Directive):
    """The options of the command line, with their variables."""

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        rows = [
            (
                ", ".join(code(f"{flag} {option.metavar}".strip()) for flag in option.flags),
                code(option.variable),
                option.help,
                ", ".join(option.verbs),
            )
            for option in OPTIONS
        ]
        return [table(("option", "variable", "meaning", "verbs"), rows)]


class ExitCodes(Directive):
    """The exit codes."""

    def run(self) -> list[nodes.Node]:
        """Make the table; a code without a meaning here is an error."""
        return [table(("code", "meaning"), ((code(str(int(c))), MEANING[c]) for c in ExitCode))]


class Events(Directive):
    """The bodies of events, with their fields."""

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        rows = []
        for body in get_args(Body):
            fields = ", ".join(code(field) for field in body.__struct_fields__)
            text = " ".join((inspect.getdoc(body) or "").split())
            rows.append((code(body.__struct_config__.tag), fields, text))
        return [table(("type", "fields", "meaning"), rows)]


class PassedVariables(Directive):
    """The outer variables that every cell sees."""

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        from runner.plan import variables  # noqa: PLC0415 - its list is no public name

        text = ", ".join(code(name) for name in (*variables._PASSED, *variables._CI_MARKERS))  # noqa: SLF001
        return [*row((text,)).children[0].children]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directives."""
    for directive in (ConfigKeys, Verbs, Options, ExitCodes, Events, PassedVariables):
        app.add_directive(re.sub(r"(?<!^)(?=[A-Z])", "-", directive.__name__).lower(), directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
