"""`runner config`: the settings of cells, resolved and rendered, and the layers that they came from."""

import shlex
from collections.abc import Callable
from functools import cache, partial

import msgspec
from msgspec.structs import replace

from runner.cli.chosen import settled
from runner.cli.formats import as_json, check_format
from runner.cli.options import Arguments
from runner.cli.place import cpu_share, make_place, slots
from runner.cli.project import load, selection, tell_notices
from runner.cli.secrets import Secrets
from runner.cli.world import World
from runner.model.errors import ExitCode
from runner.model.plan import Command, ReadyCell
from runner.model.secret_names import SHOWN
from runner.model.settings import STEP_KEYS, Settings
from runner.model.visible import line
from runner.plan import render_cells

_FIELDS = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(Settings))
_LAYERS_AT = 40
"""The column of the layers, unless a line is longer."""


def run(arguments: Arguments, world: World) -> int:
    """Print the settings of the cells that the options select, less what these need."""
    check_format(arguments)
    project = load(arguments, world)
    tell_notices(project, arguments, world)
    plan = settled(project, project.plan(replace(selection(arguments), no_needs=True)))
    share = cpu_share(project, plan, slots(arguments, project))
    place = make_place(arguments, world, project, share=share, stream=world.stdout)
    ready = render_cells(project.config, plan.chosen_cells(), place)
    world.secrets.of_cells(ready)
    conceal = _shown if arguments.show_secrets else cache(partial(_concealed, world.secrets))
    if arguments.format == "json":
        cells = {cell.id: settings_of(cell, conceal) | _of_other_tool(cell, conceal) for cell in ready}
        world.stdout.write(as_json({"cells": cells}))
    else:
        world.stdout.write("\n".join(_text(cell, conceal) for cell in ready))
    return ExitCode.PASSED


def settings_of(ready: ReadyCell, conceal: Callable[[str, str], str]) -> dict[str, object]:
    """Return every setting of the cell by its key in the config file, rendered."""
    cell = ready.cell
    settings = {
        "type": cell.type,
        "python": cell.python.text,
        "description": cell.description,
        "tags": cell.tags,
        "default": cell.default,
        "platforms": cell.platforms,
        "needs": cell.needs,
        "after": cell.after,
        **{key: getattr(ready.settings, name) for name, key in _FIELDS},
        "cwd": ready.settings.cwd,
        **{key: ready.keys.get(key) for key in cell.keys},
        **{key: [command.argv for command in commands] for key, commands in _steps(ready).items()},
    }
    return {key: _each(value, conceal) for key, value in settings.items()}


def _of_other_tool(ready: ReadyCell, conceal: Callable[[str, str], str]) -> dict[str, object]:
    """Return what the config of another tool says of the cell, in the words of that tool."""
    foreign = ready.cell.foreign
    return {key: _each(value, conceal, key) for key, value in foreign.shown.items()} if foreign else {}


def _steps(ready: ReadyCell) -> dict[str, tuple[Command, ...]]:
    steps = ready.steps
    return dict(zip(STEP_KEYS, (steps.setup, steps.commands, steps.teardown), strict=True))


def _each(value: object, conceal: Callable[[str, str], str], name: str = "") -> object:
    """Return the value with every text in it concealed; `name` is its key."""
    if value.__class__ is str or isinstance(value, str):
        return conceal(name, value)
    if isinstance(value, list | tuple):
        return tuple([_each(item, conceal) for item in value])
    if isinstance(value, dict):
        return {key: _each(item, conceal, key) for key, item in value.items()}
    return value


def _text(ready: ReadyCell, conceal: Callable[[str, str], str]) -> str:
    settings = settings_of(ready, conceal)
    rows = {key: _shown_value(value) for key, value in settings.items()}
    for key, commands in _steps(ready).items():
        argvs = ([conceal("", argument) for argument in command.argv] for command in commands)
        rows[key] = "\n".join(map(_command_line, argvs)) or "-"
    blocks = []
    for key, shown in rows.items():
        first, *more = shown.split("\n")
        layers = line(", ".join(ready.cell.sources[key]))
        if more or (isinstance(settings[key], dict) and settings[key]):
            blocks.append((f"{key} =", layers, [f"    {each}" for each in (first, *more)]))
        else:
            blocks.append((f"{key} = {first}", layers, []))
    column = min(max(len(head) for head, _, _ in blocks), _LAYERS_AT)
    lines = [f"[{ready.id}]"]
    for head, layers, inner in blocks:
        lines += [f"{head.ljust(column)}  # {layers}", *inner]
    return "\n".join(lines) + "\n"


def _shown_value(value: object) -> str:
    if value is None or value in ((), [], {}, ""):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "\n".join(f"{line(key)} = {_shown_value(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        texts = [line(str(item)) for item in value]
        return "\n".join(texts) if any(" " in text for text in texts) else ", ".join(texts)
    return line(str(value))


def _command_line(argv: list[str]) -> str:
    return line(shlex.join(argv))


def _concealed(secrets: Secrets, name: str, value: str) -> str:
    return SHOWN if secrets.is_secret(name) else secrets.concealed(value)


def _shown(name: str, value: str) -> str:  # noqa: ARG001 - the shape of `_concealed`
    return value
