"""What a `runner.toml` says, before it is text: sessions of groups, what they share, what a bare run runs."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from runner.migrate.explaining import Block, Explained, explained, holes
from runner.migrate.folders import OTHER
from runner.migrate.grouping import Group, groups
from runner.migrate.naming import Axis
from runner.migrate.retexting import Retexting
from runner.migrate.selecting import selectors
from runner.migrate.values import COMMANDS, Env, Line, Value, built_in
from runner.model.config import Package
from runner.model.layout import env_folder, folder_name

_FACTORS = re.compile(r"\w*\{[\w-]+\}(?:-\w*\{[\w-]+\})*")
"""In a description: factors, one or several, as substitutions."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is true of the whole config. `package` has text with substitutions as runner's format has them."""

    source: str
    work_dir: str = ".runner"
    missing_python: str | None = None
    package: Package = Package()


class SessionText(Struct, frozen=True, kw_only=True):
    """One session as it is to be written."""

    name: str
    description: str
    default: bool
    python: str | None
    axes: tuple[Axis, ...]
    tags: tuple[str, ...]
    platforms: tuple[str, ...]
    needs: tuple[str, ...]
    after: tuple[str, ...]
    exclude: tuple[dict[str, tuple[str, ...]], ...]
    settings: Explained


class Document(Struct, frozen=True, kw_only=True):
    """A whole file. `ids` are the new cells by the names of environments; `notes` are told people."""

    facts: Facts
    default: tuple[str, ...] | None
    defaults: dict[str, Value]
    sessions: tuple[SessionText, ...]
    ids: dict[str, str]
    notes: tuple[str, ...]


def document(envs: Sequence[Env], facts: Facts) -> Document:
    """Return a file with a cell for each environment."""
    made = groups(envs)
    ids = {name: id_ for group in made for name, id_ in group.ids().items()}
    notes: dict[str, None] = {}
    flagged = all(len({env.default for env in group.members.values()}) == 1 for group in made)
    sessions = [_session(group, made, notes, flagged=flagged) for group in made]
    sessions = [_placed(session, ids, facts.work_dir) for session in sessions]
    shared = _shared(sessions)
    return Document(
        facts=facts,
        default=None if flagged else selectors((env.name for env in envs if env.default), made),
        defaults=shared,
        sessions=tuple(_without(session, shared) for session in sessions),
        ids=ids,
        notes=tuple(notes),
    )


def _session(
    group: Group,
    made: Sequence[Group],
    notes: dict[str, None],
    *,
    flagged: bool,
) -> SessionText:
    shape = group.shape
    return SessionText(
        name=group.name,
        description=_description(group, notes),
        default=not flagged or next(iter(group.members.values())).default,
        python=shape.python,
        axes=group.axes,
        tags=shape.tags,
        platforms=shape.platforms,
        needs=selectors(shape.needs, made),
        after=selectors(shape.after, made),
        exclude=holes(group),
        settings=explained(group),
    )


def _description(group: Group, notes: dict[str, None]) -> str:
    """Return the description of a session: one for all its cells, in which no factor has a place."""
    written = dict.fromkeys(env.description for env in group.members.values())
    if len(written) == 1:
        return next(iter(written))
    notes[f"session {group.name} has one description, where its environments had {len(written)}"] = None
    retexting = Retexting(group.axes)
    common = {retexting.text(point, env.description) for point, env in group.members.items()}
    if len(common) > 1:
        return max(written, key=lambda text: sum(env.description == text for env in group.members.values()))
    return _FACTORS.sub(lambda match: "each Python" if "{py" in match[0] else "each", next(iter(common)))


def _shared(sessions: Sequence[SessionText]) -> dict[str, Value]:
    """Return the settings that all sessions have alike."""
    if len(sessions) <= 1:
        return {}
    own = [session.settings.own for session in sessions]
    return {
        key: value
        for key, value in own[0].items()
        if key not in COMMANDS
        and value != built_in(key)
        and all(key in each and each[key] == value for each in own)
    }


def _without(session: SessionText, shared: Mapping[str, Value]) -> SessionText:
    """Return the session without what it has from `[defaults]` or from nobody."""
    own = {
        key: value
        for key, value in session.settings.own.items()
        if key not in shared and value != built_in(key)
    }
    return replace(session, settings=replace(session.settings, own=own))


def _placed(session: SessionText, ids: Mapping[str, str], work_dir: str) -> SessionText:
    """Return the session with paths relative to the root, and with the folders of cells as they will be."""
    places = {
        OTHER.format(name): env_folder(f"{{root}}/{work_dir}", folder_name(id_)) for name, id_ in ids.items()
    }

    def text(value: str) -> str:
        for mark, place in places.items():
            value = value.replace(mark, place)
        return value

    def table(values: Mapping[str, Value]) -> dict[str, Value]:
        return {key: _relative(key, _each(text, value)) for key, value in values.items()}

    settings = session.settings
    return replace(
        session,
        settings=Explained(
            table(settings.own),
            {label: table(values) for label, values in settings.labels.items()},
            tuple(Block(block.match, table(block.settings)) for block in settings.when),
        ),
    )


def _relative(key: str, value: Value) -> Value:
    if key not in {"cwd", "package-file"} or not isinstance(value, str):
        return value
    return "." if value == "{root}" else value.removeprefix("{root}/")


def _each(text: Callable[[str], str], value: Value) -> Value:
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, tuple):
        return value
    return tuple(  # type: ignore[return-value] # all alike
        replace(item, words=tuple(map(text, item.words))) if isinstance(item, Line) else text(item)
        for item in value
    )
