"""Matchers: the tables under `match`, `exclude` and `include` that say which points are meant."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from runner.config.kinds import TEXT, ListOf, number_hint
from runner.config.places import OUTSIDE_SETTINGS
from runner.config.settings import SETTINGS, read_layer, settings_at
from runner.config.walk import Node, Schema, nearest, open_table, quoted, ref
from runner.model.comparison import is_comparison, parse_comparison
from runner.model.config import Condition, Match, When
from runner.model.errors import Problem

_PLATFORMS = {
    "windows": "win32",
    "win": "win32",
    "win64": "win32",
    "macos": "darwin",
    "mac": "darwin",
    "osx": "darwin",
    "linux2": "linux",
}


def platform_problem(name: str) -> str:
    """Say what is wrong with the name of a platform, when it is one that `sys.platform` never has."""
    right = _PLATFORMS.get(name.lower(), name.lower())
    if right != name and right in _PLATFORMS.values():
        return f"platforms are called what sys.platform says: expected {quoted(right)}; got {quoted(name)}"
    return ""


class PatternKind(Struct, frozen=True):
    """What may match: a label, a glob, or a comparison."""

    def read(self, node: Node) -> str | None:
        value = node.value
        if isinstance(value, str):
            if is_comparison(value) and parse_comparison(value) is None:
                node.expected('a comparison of dotted numbers, such as "<3.11" or ">=4,<5"')
                return None
            if value:
                return value
        node.expected("a string, or a list of strings", number_hint(value))
        return None

    def schema(self) -> Schema:
        return {**TEXT, "minLength": 1}


PATTERN = PatternKind()
PATTERNS = ListOf(PATTERN)


def read_conditions(children: Mapping[str, Node]) -> tuple[Condition, ...]:
    """Read the keys of a matcher."""
    conditions = []
    for key, node in children.items():
        patterns = PATTERNS.read(node) if isinstance(node.value, list) else _single(node)
        if not patterns:
            if node.value == []:
                node.wrong("expected at least one value; got an empty list")
            continue
        if key == "platform":
            _check_platforms(node, patterns)
        conditions.append(Condition(key, patterns, node.origin))
    return tuple(conditions)


def _single(node: Node) -> tuple[str, ...]:
    pattern = PATTERN.read(node)
    return () if pattern is None else (pattern,)


def _check_platforms(node: Node, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        message = platform_problem(pattern)
        if is_comparison(pattern):
            message = f"a platform is no number: {quoted(pattern)} compares nothing"
        if message:
            node.wrong(message)


class MatchKind(Struct, frozen=True):
    """A table of conditions that must all hold. Which keys are axes is checked when sessions have theirs."""

    def read(self, node: Node) -> Match | None:
        if not isinstance(node.value, dict):
            node.expected('a table of axes and values, such as { python = "3.12" }')
            return None
        return Match(read_conditions(node.children()), node.origin)

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": ref("patterns")}


class WhenKind(Struct, frozen=True):
    """A table with `match` and the settings for what matches."""

    def read(self, node: Node) -> When | None:
        children = open_table(node, ("match", *settings_at(node)), OUTSIDE_SETTINGS)
        if not isinstance(node.value, dict):
            return None
        layer = read_layer(children, node.label)
        if "match" not in node.children():
            hint = 'as in match = { python = "<3.11" }'
            node.wrong("has no `match`: for which cells are these settings?", hint)
            return None
        match = MatchKind().read(children["match"])
        return None if match is None else When(match, layer)

    def schema(self) -> Schema:
        return ref("when")

    def definition(self, added: Collection[str] = ()) -> Schema:
        """Return what a `when` block is; sessions have the `added` keys, too."""
        match = {"description": "Which points these settings are for", **MatchKind().schema()}
        return {
            "type": "object",
            "properties": {"match": match, **settings_of_sessions(added)},
            "required": ["match"],
            "additionalProperties": False,
        }


def patterns_definition() -> Schema:
    """Return what a matcher's values are."""
    one = PATTERN.schema()
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def settings_of_sessions(added: Collection[str] = ()) -> dict[str, Schema]:
    """Return every environment and running key, and those `added`, each as sessions have it."""
    return {name: ref(f"session/properties/{name}") for name in (*SETTINGS, *added)}


def unknown_axis(condition: Condition, axes: Collection[str]) -> Problem:
    """Say that a key of a matcher is no axis."""
    known = tuple(dict.fromkeys((*axes, "python", "platform")))
    return Problem(f"no axis is called `{condition.key}`{nearest(condition.key, known)}", condition.origin)
