"""Commands: argv, never a shell."""

import msgspec
from msgspec import Struct

from runner.config.derive import kind_of
from runner.config.kinds import TEXT, Key, ListOf, TextKind, plain_text
from runner.config.shell import shell_syntax
from runner.config.walk import Kind, Node, Schema, described, open_table, quoted, ref
from runner.model.encode import converted
from runner.model.settings import CommandText
from runner.model.text import Template, Text

_ABOUT = {
    "run": "The command: a line that is split as a shell splits, or a list of arguments",
    "ok-codes": "Exit codes that count as success",
    "cwd": "The folder that it runs in, relative to the project's root",
    "env": "Variables for it; false unsets one",
    "timeout": "How long it may take",
    "retries": "How often it is run again at once when it fails",
    "ignore-failure": "Go on when it fails, as if it had not",
    "allow-external": "Programs outside of the environment that it may run, as globs",
}


class RunKind(Struct, frozen=True):
    """The command itself: a line to be split, or a list of arguments."""

    def read(self, node: Node) -> Text | tuple[Text, ...] | None:
        if isinstance(node.value, list):
            return self._arguments(node)
        line = plain_text(node, "a command: a string, or a list of strings")
        if line is None:
            return None
        if not line.strip():
            node.wrong("is an empty command")
            return None
        for message, hint in shell_syntax(line):
            node.wrong(message, hint)
        return Template(line, node.origin)

    def _arguments(self, node: Node) -> tuple[Text, ...] | None:
        arguments = ListOf(TextKind("an argument: a string")).read(node)
        if not node.value or node.value[:1] == [""] if isinstance(node.value, list) else False:
            node.wrong("is an empty command")
            return None
        return arguments

    def schema(self) -> Schema:
        return {"anyOf": [{**TEXT, "minLength": 1}, {"type": "array", "items": TEXT, "minItems": 1}]}


RUN: Key[Text | tuple[Text, ...]] = Key("run", RunKind(), _ABOUT["run"])
OPTIONS: dict[str, Key[object]] = {
    field.encode_name: Key(
        field.encode_name, kind_of(field.encode_name, field.type), _ABOUT[field.encode_name]
    )
    for field in msgspec.structs.fields(CommandText)
    if field.encode_name not in ("run", "origin", "globs")
}


class CommandKind(Struct, frozen=True):
    """One command: a line, a list of arguments, or a table with `run` and settings of its own."""

    def read(self, node: Node) -> CommandText | None:
        if isinstance(node.value, str | list):
            run = RUN.kind.read(node)
            return None if run is None else CommandText(run=run, origin=node.origin)
        if isinstance(node.value, dict):
            return self._table(node)
        node.expected("a command: a string, a list of strings, or a table with `run`")
        return None

    def _table(self, node: Node) -> CommandText | None:
        children = open_table(node, (RUN.name, *OPTIONS), {})
        if "run" not in node.children():
            node.wrong("has no `run`: which command is it?", 'as in { run = "pytest", timeout = "5m" }')
            return None
        run = RUN.read(children)
        if run is None:
            return None
        values = {name: key.read(children) for name, key in OPTIONS.items()}
        given = {name: value for name, value in values.items() if value is not None}
        return converted({"run": run, "origin": node.origin, **given}, CommandText)

    def schema(self) -> Schema:
        return ref("command")

    def definition(self) -> Schema:
        """Return what a command is."""
        keys = {RUN.name: RUN.schema(), **{name: key.schema() for name, key in OPTIONS.items()}}
        table: Schema = {
            "type": "object",
            "properties": keys,
            "required": [RUN.name],
            "additionalProperties": False,
        }
        run = RUN.kind.schema()["anyOf"]
        return {"anyOf": [*(run if isinstance(run, list) else []), table]}


class CommandsKind(Struct, frozen=True):
    """A list of commands, and a word about the list that was meant as one."""

    items: Kind[tuple[CommandText, ...]] = ListOf(CommandKind(), "a list of commands")

    def read(self, node: Node) -> tuple[CommandText, ...] | None:
        value = node.value
        if isinstance(value, list) and len(value) > 1 and all(isinstance(item, str) for item in value):
            option = next((item for item in value[1:] if item.startswith("-")), None)
            if option is not None:
                line, items = quoted(" ".join(value)), ", ".join(map(quoted, value))
                node.wrong(
                    f"each item is a command of its own, and {described(option)} cannot be one",
                    f"for one command write {node.key} = [{line}] or {node.key} = [[{items}]]",
                )
                return None
        return self.items.read(node)

    def schema(self) -> Schema:
        return self.items.schema()
