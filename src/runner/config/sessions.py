"""One table of the file, `[defaults]` or a session, read before anything is inherited."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from runner.config.axes import MatrixKind, PythonKind
from runner.config.kinds import STRINGS, TEXT, Flag, Key, ListOf, Word, plain_text
from runner.config.matching import MatchKind, WhenKind, platform_problem, settings_of_sessions
from runner.config.names import axis_problem
from runner.config.places import OUTSIDE_SESSIONS
from runner.config.settings import SETTINGS, read_layer, settings_at
from runner.config.walk import Node, Schema, described, nearest, open_table, ref
from runner.model.config import Axis, Match, When
from runner.model.python import PythonSpec
from runner.model.settings import Layer
from runner.model.text import Template

BUILT_IN_TYPES = ("python",)


class TypeKind(Struct, frozen=True):
    """The name of a session type, which a plugin may bring."""

    def read(self, node: Node) -> str | None:
        value = plain_text(node, "the name of a session type")
        if value is not None and not node.walk.known_type(value):
            hint = "if a plugin brings it, install that beside runner, or name its file in `plugins`"
            node.wrong(f"no session type is called {described(value)}{nearest(value, BUILT_IN_TYPES)}", hint)
            return None
        return value

    def schema(self) -> Schema:
        return TEXT


class IncludesKind(Struct, frozen=True):
    """The list `include`. What in an entry is an axis is known once the session's axes are."""

    def read(self, node: Node) -> tuple[Node, ...] | None:
        if not isinstance(node.value, list):
            node.expected('a list of tables, such as [{ python = "3.14", allow-failure = true }]')
            return None
        entries = []
        for entry in node.elements():
            if isinstance(entry.value, dict):
                entries.append(entry)
            else:
                entry.expected("a table of axes and settings")
        return tuple(entries)

    def schema(self) -> Schema:
        return {"type": "array", "items": ref("include")}

    def definition(self, added: Collection[str] = ()) -> Schema:
        """Return what an entry is. A key that an axis may be named like is either's."""
        patterns = ref("patterns")
        keys = settings_of_sessions(added)
        return {
            "type": "object",
            "properties": {
                name: key if axis_problem(name) else {"anyOf": [key, patterns]} for name, key in keys.items()
            },
            "additionalProperties": patterns,
        }


TYPE = Key("type", TypeKind(), "Who turns the session into steps: python, or a type that a plugin brings")
PYTHON: Key[Axis | PythonSpec] = Key(
    "python", PythonKind(), "A list of versions is an axis; one version, or a path, pins it"
)
MATRIX = Key("matrix", MatrixKind(), "More axes: lists of labels, or tables of labels with settings")
INCLUDE = Key("include", IncludesKind(), "Points to add, with settings for them")
EXCLUDE: Key[tuple[Match, ...]] = Key(
    "exclude", ListOf(MatchKind(), "a list of tables"), "Points to leave out of the matrix"
)
WHEN: Key[tuple[When, ...]] = Key(
    "when", ListOf(WhenKind(), "a list of tables"), "Settings for some points only"
)
EXTENDS = Key("extends", Word("the name of a session"), "The session that this one starts from")
DEFAULT = Key("default", Flag(), "Whether a bare run runs it, where the top-level `default` is absent")
DESCRIPTION = Key("description", Word("a description"), "One line for people")
TAGS = Key("tags", ListOf(Word("a tag")), "Names to select it by, with -t")
NEEDS: Key[tuple[Template, ...]] = Key("needs", STRINGS, "Selectors of what must have passed before")
AFTER: Key[tuple[Template, ...]] = Key("after", STRINGS, "Selectors of what runs before, if it runs")
PLATFORMS = Key(
    "platforms",
    ListOf(Word("a platform, as sys.platform has it", platform_problem)),
    "Platforms it runs on, as sys.platform calls them; elsewhere it is skipped",
)

SHAPE_KEYS: tuple[Key[object], ...] = (
    TYPE,
    PYTHON,
    MATRIX,
    INCLUDE,
    EXCLUDE,
    WHEN,
    EXTENDS,
    DEFAULT,
    DESCRIPTION,
    TAGS,
    NEEDS,
    AFTER,
    PLATFORMS,
)
NOT_INHERITED = (EXTENDS, DEFAULT, DESCRIPTION)


class Part(Struct, frozen=True, kw_only=True):
    """What one table says of sessions. None: it does not say."""

    node: Node
    layer: Layer
    type: str | None
    python: Axis | PythonSpec | None
    matrix: Mapping[str, Axis]
    include: tuple[Node, ...] | None
    exclude: tuple[Match, ...] | None
    when: tuple[When, ...]
    extends: str | None
    default: bool | None
    description: str | None
    tags: tuple[str, ...] | None
    needs: tuple[Template, ...] | None
    after: tuple[Template, ...] | None
    platforms: tuple[str, ...] | None


def read_part(node: Node, *, defaults: bool = False) -> Part:
    """Read `[defaults]` or a session."""
    elsewhere = dict(OUTSIDE_SESSIONS)
    known = [key.name for key in SHAPE_KEYS]
    if defaults:
        for key in NOT_INHERITED:
            known.remove(key.name)
            elsewhere[key.name] = "is not inherited: it stands in [sessions.NAME], not in [defaults]"
    children = open_table(node, (*known, *settings_at(node)), elsewhere)
    return Part(
        node=node,
        layer=read_layer(children, node.label),
        type=TYPE.read(children),
        python=PYTHON.read(children),
        matrix=MATRIX.read(children) or {},
        include=INCLUDE.read(children),
        exclude=EXCLUDE.read(children),
        when=WHEN.read(children) or (),
        extends=EXTENDS.read(children),
        default=DEFAULT.read(children),
        description=DESCRIPTION.read(children),
        tags=TAGS.read(children),
        needs=NEEDS.read(children),
        after=AFTER.read(children),
        platforms=PLATFORMS.read(children),
    )


def session_definition(added: Mapping[str, Schema]) -> Schema:
    """Return what a session may hold; `added` are the keys of session types."""
    own = {key.name: key.schema() for key in (*SHAPE_KEYS, *SETTINGS.values())}
    return {
        "type": "object",
        "properties": {**own, **added},
        "additionalProperties": False,
    }


def defaults_schema() -> Schema:
    """Return what `[defaults]` may hold: what a session may, less what is not inherited."""
    refused = [{"required": [key.name]} for key in NOT_INHERITED]
    return {"allOf": [ref("session")], "not": {"anyOf": refused}}
