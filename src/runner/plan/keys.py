"""The values of the keys that a session type adds, as the type itself wants them. Pure."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from runner.model.plan import Cell
from runner.model.ports import SessionType
from runner.model.settings import Call, Step, Steps
from runner.model.text import Literal, Origin, Template


def keys_of(cell: Cell, session_type: SessionType[Struct]) -> Struct:
    """Return the keys of a cell as the struct of its type, text as it is written."""
    names = {field.encode_name: field.name for field in msgspec.structs.fields(session_type.keys)}
    return session_type.keys(**{names[key]: _written(value) for key, value in cell.keys.items()})


def planned(steps: Steps, cell: Cell) -> Steps:
    """Return steps with the text in the arguments of calls marked as config text of the cell."""
    if steps is cell.steps:
        return steps
    return Steps(*(tuple(_planned(step, cell) for step in phase) for phase in msgspec.structs.astuple(steps)))


def _planned(step: Step, cell: Cell) -> Step:
    if not isinstance(step, Call):
        return step
    return msgspec.structs.replace(
        step, arguments={name: _as_text(value, cell.origin) for name, value in step.arguments.items()}
    )


def _as_text(value: object, origin: Origin) -> object:
    if isinstance(value, str):
        return Template(value, origin)
    if isinstance(value, list | tuple):
        return tuple(_as_text(item, origin) for item in value)
    if isinstance(value, Mapping):
        return {key: _as_text(item, origin) for key, item in value.items()}
    return value


def _written(value: object) -> object:
    if isinstance(value, Literal | Template):
        return value.text
    if isinstance(value, tuple):
        return tuple(_written(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return value
