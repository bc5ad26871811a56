"""The axes of a session: `python` and those of `matrix`."""

import os.path
from collections import Counter
from collections.abc import Collection

from msgspec import Struct

from runner.config.kinds import TEXT, OneOf, number_hint, plain_text, unknown_word
from runner.config.matching import settings_of_sessions
from runner.config.names import AXIS, LABEL, SUBSTITUTIONS, axis_problem, label_problem, twins
from runner.config.places import OUTSIDE_SETTINGS
from runner.config.settings import SETTINGS, read_layer, settings_at
from runner.config.walk import Node, Schema, nearest, open_table, quoted, ref
from runner.model.config import Axis, AxisValue, factor_of
from runner.model.python import PythonSpec, parse_python
from runner.model.settings import BACKENDS, CHOICES

VERSIONS = "X.Y, X.Y.Z or pypyX.Y, each optionally with t"
_PYTHON = "(pypy)?[0-9]+\\.[0-9]+(\\.[0-9]+)?t?"


class PythonKind(Struct, frozen=True):
    """The key `python`: a list is an axis, one string pins a version or a path."""

    def read(self, node: Node) -> Axis | PythonSpec | None:
        if isinstance(node.value, list):
            return self._axis(node)
        if isinstance(node.value, str) and is_path(node.value):
            text = plain_text(node, "a path")
            return None if text is None else PythonSpec(text=text, path=text)
        return _version(node, f"a version ({VERSIONS}), a path, or a list of versions")

    def _axis(self, node: Node) -> Axis:
        if not node.value:
            node.wrong("an axis needs at least one value; got an empty list")
        values = []
        for element in node.elements():
            if isinstance(element.value, str) and is_path(element.value):
                element.wrong(
                    f"expected a version; got the path {quoted(element.value)}",
                    f"a path can only be pinned: {node.key} = {quoted(element.value)}",
                )
                continue
            spec = _version(element, f"a version: {VERSIONS}")
            if spec is not None:
                values.append(AxisValue(spec.text, spec.text, spec.factor))
        return _checked(node, Axis("python", tuple(values), node.origin))

    def schema(self) -> Schema:
        version = {**TEXT, "pattern": f"^{_PYTHON}$"}
        path = {**TEXT, "pattern": r"[/\\]"}
        return {"anyOf": [{"type": "array", "items": version, "minItems": 1}, version, path]}


def is_path(text: str) -> bool:
    """Say whether a request for a Python is a path: it has a separator."""
    return "/" in text or "\\" in text


def _version(node: Node, expected: str) -> PythonSpec | None:
    value = node.value
    if not isinstance(value, str):
        node.expected(expected, number_hint(value))
        return None
    spec = parse_python(value)
    if spec is None:
        node.expected(expected)
        return None
    return spec


def below_root(spec: PythonSpec, root: str) -> PythonSpec:
    """Return a pinned Python with its path made absolute."""
    if spec.path is None:
        return spec
    return PythonSpec(text=spec.text, path=os.path.normpath(os.path.join(root, spec.path)))  # noqa: PTH118 - text in, text out


class MatrixKind(Struct, frozen=True):
    """The table `matrix`: axes by name."""

    def read(self, node: Node) -> dict[str, Axis] | None:
        if not isinstance(node.value, dict):
            node.expected('a table of axes, such as { django = ["4.2", "5.2"] }')
            return None
        axes = {}
        for name, child in node.children().items():
            if name == "python":
                _reject_python(child)
                continue
            message = axis_problem(name)
            if message:
                child.wrong(message)
                continue
            axis = self._axis(name, child)
            if axis is not None:
                axes[name] = axis
        for name, other in twins(list(axes)):
            Node(node.walk, (*node.path, name), None).wrong(f"differs from the axis `{other}` only in case")
        return axes

    def _axis(self, name: str, node: Node) -> Axis | None:
        if isinstance(node.value, list):
            values = [self._label(name, element) for element in node.elements()]
        elif isinstance(node.value, dict):
            values = [self._table(name, label, child) for label, child in node.children().items()]
        else:
            node.expected(
                "an axis: a list of strings, or a table of labels",
                f"write {name} = [{quoted(node.value)}]" if isinstance(node.value, str) else "",
            )
            return None
        if not node.value:
            node.wrong(
                f"an axis needs at least one value; got an empty {'list' if node.value == [] else 'table'}"
            )
        return _checked(node, Axis(name, tuple(value for value in values if value), node.origin))

    def _label(self, axis: str, node: Node) -> AxisValue | None:
        value = node.value
        if not isinstance(value, str):
            node.expected("a string", number_hint(value))
            return None
        message = label_problem(value)
        if message:
            node.wrong(message, f"give it a label: {axis}.NAME = {{ value = {quoted(value)} }}")
            return None
        return _value(axis, value, value, node)

    def _table(self, axis: str, label: str, node: Node) -> AxisValue | None:
        message = label_problem(label)
        if message:
            node.wrong(message)
        if not isinstance(node.value, dict):
            hint = (
                f"write {axis}.{label} = {{ value = {quoted(node.value)} }}"
                if isinstance(node.value, str)
                else ""
            )
            node.expected("a table: the settings of this label, maybe empty", hint)
            return None
        children = open_table(node, ("value", *settings_at(node)), OUTSIDE_SETTINGS)
        layer = read_layer(children, node.label)
        value: str | None = label
        if "value" in children:
            value = plain_text(children["value"], "a string")
        if message or value is None:
            return None
        found = _value(axis, label, value, children.get("value", node))
        if found is None or not layer.values:
            return found
        return AxisValue(found.label, found.value, found.factor, layer)

    def schema(self) -> Schema:
        reserved = ["python", "platform", *SUBSTITUTIONS]
        reserved += [name for name in SETTINGS if axis_problem(name) and name not in reserved]
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{AXIS}$", "not": {"enum": reserved}},
            "additionalProperties": {
                "anyOf": [
                    {"type": "array", "items": {**TEXT, "pattern": f"^{LABEL}$"}, "minItems": 1},
                    {
                        "type": "object",
                        "propertyNames": {"pattern": f"^{LABEL}$"},
                        "additionalProperties": ref("label"),
                        "minProperties": 1,
                    },
                ]
            },
        }


def label_definition(added: Collection[str] = ()) -> Schema:
    """Return what a label's table is; sessions have the `added` keys, too."""
    return {
        "type": "object",
        "properties": {
            "value": {"description": "The value; default: the label", **TEXT},
            **settings_of_sessions(added),
        },
        "additionalProperties": False,
    }


def _reject_python(node: Node) -> None:
    hint = 'write python = ["3.12", "3.13"] in the session itself'
    if isinstance(node.value, dict):
        hint += '; settings for one version go into `when`, with match = { python = "3.12" }'
    node.wrong("the Python axis has a key of its own", hint)


def _value(axis: str, label: str, value: str, node: Node) -> AxisValue | None:
    """Return a value of an axis; where the axis is named like a key, the key must be able to take it."""
    kind = node.walk.dialect.kinds.get(axis)
    words = kind.words if isinstance(kind, OneOf) else CHOICES.get(axis)
    if words and value not in words:
        node.wrong(unknown_word(value, words))
        return None
    if axis == "backend" and not node.walk.known_backend(value):
        node.wrong(f"no backend is called {quoted(value)}{nearest(value, BACKENDS)}")
        return None
    return AxisValue(label, value, factor_of(axis, label))


def _checked(node: Node, axis: Axis) -> Axis:
    """Tell labels that are there twice, or differ only in case."""
    labels = Counter(value.label for value in axis.values)
    for label, times in labels.items():
        if times > 1:
            node.wrong(f"{quoted(label)} is there twice")
    for label, other in twins(list(labels)):
        node.wrong(f"{quoted(label)} and {quoted(other)} differ only in case")
    return axis
