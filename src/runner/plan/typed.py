"""From a cell to the steps that its session type makes of it, and of the keys that the type adds. Pure."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec
from msgspec import Struct

from runner.model.encode import converted
from runner.model.errors import ConfigError, Interruption, PluginError, Problem, RunnerError
from runner.model.plan import Cell, ReadyCell
from runner.model.plugins import AddsKeys, Backend, SessionType
from runner.model.settings import STEP_KEYS, Call, Step, Steps
from runner.model.text import Literal, Template
from runner.model.unexpected import describe

_AT_A_KEY = re.compile(r"(.*) - at `\$\.([a-z0-9-]+).*`", re.DOTALL)


def keys_of(cell: Cell, session_type: SessionType[Struct]) -> Struct:
    """Return the keys of a cell as the struct of its type, text as it is written.

    Raises ConfigError when one is missing, or when the type says that they do not go together, and
    PluginError when it fails to say.
    """
    return _read(cell, _written(cell.keys), session_type.keys, "session type", session_type.name)


def check_backend_keys(cell: ReadyCell, backend: Backend) -> None:
    """Raise ConfigError when the keys of a cell's backend are not there, or do not go together.

    Raises PluginError when the backend fails to say.
    """
    if isinstance(backend, AddsKeys):
        _read(cell.cell, cell.keys, backend.keys, "backend", backend.name)


def _read(cell: Cell, values: object, keys: type[Struct], kind: str, name: str) -> Struct:
    missing = [key for key in _required(keys) if key not in cell.keys]
    if missing:
        named = ", ".join(f"`{key}`" for key in missing)
        whose = "type" if kind == "session type" else kind
        raise ConfigError(Problem(f"a session of the {whose} `{name}` needs {named}", cell.origin))
    try:
        return converted(values, keys) if cell.keys else keys()
    except msgspec.ValidationError as error:
        raise ConfigError(_problem(cell, str(error))) from error
    except (RunnerError, Interruption):
        raise
    except BaseException as error:
        raise PluginError(f"the plugin of the {kind} {name!r}: {describe(error)}") from error


@cache
def _required(keys: type[Struct]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(keys) if field.required)


def _problem(cell: Cell, said: str) -> Problem:
    """Return what is wrong with the keys; what msgspec says of one ends with the path to it."""
    found = _AT_A_KEY.fullmatch(said)
    if found is None:
        return Problem(said, cell.origin)
    what, key = found.groups()
    return Problem(f"{what[:1].lower()}{what[1:]}", cell.key_origins.get(key, cell.origin))


def with_steps(cell: Cell, session_type: SessionType[Struct]) -> Cell:
    """Return the cell with the steps that its type makes of it. Raises ConfigError."""
    made = session_type.steps(cell, keys_of(cell, session_type))
    if made is cell.steps:
        return cell
    known = {text.text: text for text in _texts(cell.keys)}
    phases = {name: tuple(_placed(step, cell, known) for step in getattr(made, name)) for name in STEP_KEYS}
    changed = [name for name, steps in phases.items() if steps != getattr(cell.steps, name)]
    sources = dict.fromkeys(changed, (f"type {session_type.name}",))
    return msgspec.structs.replace(cell, steps=Steps(**phases), sources={**cell.sources, **sources})


def _texts(value: object) -> Iterable[Template]:
    """Yield all text in the values of keys."""
    if isinstance(value, Template):
        yield value
    elif isinstance(value, tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _placed(step: Step, cell: Cell, known: Mapping[str, Template]) -> Step:
    """Return a step whose text has its place in the file: the key's that it is from, or the cell's."""

    def placed(value: object) -> object:
        if isinstance(value, Template) and value.origin == cell.origin:
            return known.get(value.text, value)
        if isinstance(value, str):
            return known.get(value) or Template(value, cell.origin)
        if isinstance(value, list | tuple):
            return tuple(map(placed, value))
        if isinstance(value, Mapping):
            return {key: placed(item) for key, item in value.items()}
        return value

    if isinstance(step, Call):
        return msgspec.structs.replace(step, arguments=placed(step.arguments))
    return msgspec.structs.replace(step, run=placed(step.run)) if isinstance(step.run, tuple) else step


def _written(value: object) -> object:
    if isinstance(value, Literal | Template):
        return value.text
    if isinstance(value, tuple):
        return tuple(_written(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return value
