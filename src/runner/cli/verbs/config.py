"""`runner config`: the settings of cells, resolved and rendered, and the layers that they came from."""

import shlex
from collections.abc import Callable
from functools import partial

import msgspec
from msgspec.structs import replace

from runner.cli.formats import check_format
from runner.cli.options import Arguments
from runner.cli.place import cpu_share, make_place, slots
from runner.cli.project import load, selection
from runner.cli.secrets import Secrets
from runner.cli.world import World
from runner.env.requirements.credentials import hidden
from runner.model.errors import ExitCode
from runner.model.plan import Command, ReadyCell
from runner.model.secrets import SHOWN
from runner.model.settings import STEP_KEYS
from runner.plan import render_cells

_LAYERS_AT = 40
"""The column of the layers, unless a line is longer."""


def run(arguments: Arguments, world: World) -> int:
    """Print the settings of the cells that the options select, less what these need."""
    check_format(arguments)
    project = load(arguments, world)
    plan = project.plan(replace(selection(arguments), no_needs=True))
    share = cpu_share(project, plan, slots(arguments, project.host.cpus))
    place = make_place(arguments, world, project, share=share, stream=world.stdout)
    ready = render_cells(project.config, plan.chosen_cells(), place)
    world.secrets.of_cells(ready)
    conceal = _shown if arguments.show_secrets else partial(_concealed, world.secrets)
    if arguments.format == "json":
        cells = {cell.id: settings_of(cell, conceal) for cell in ready}
        world.stdout.write(msgspec.json.encode({"cells": cells}, order="deterministic").decode() + "\n")
    else:
        world.stdout.write("\n".join(_text(cell, conceal) for cell in ready))
    return ExitCode.PASSED


def settings_of(ready: ReadyCell, conceal: Callable[[str, str], str]) -> dict[str, object]:
    """Return every setting of the cell by its key in the config file, rendered."""
    cell = ready.cell
    settings: dict[str, object] = msgspec.to_builtins(ready.settings)
    settings["env"] = {
        name: value if value is False else conceal(name, value) for name, value in ready.settings.env.items()
    }
    settings |= {
        "deps": [conceal("deps", line) for line in ready.settings.deps],
        "constraints": [conceal("constraints", line) for line in ready.settings.constraints],
    }
    return {
        "type": cell.type,
        "python": cell.python.text,
        "description": cell.description,
        "tags": cell.tags,
        "default": cell.default,
        "platforms": cell.platforms,
        "needs": cell.needs,
        "after": cell.after,
        **settings,
        "cwd": ready.settings.cwd,
        "setup": _arguments(ready.steps.setup, conceal),
        "commands": _arguments(ready.steps.commands, conceal),
        "teardown": _arguments(ready.steps.teardown, conceal),
    }


def _arguments(commands: tuple[Command, ...], conceal: Callable[[str, str], str]) -> list[list[str]]:
    return [[conceal("", argument) for argument in command.argv] for command in commands]


def _text(ready: ReadyCell, conceal: Callable[[str, str], str]) -> str:
    settings = settings_of(ready, conceal)
    rows = {key: _shown_value(value) for key, value in settings.items()}
    steps = ready.steps
    for key, commands in zip(STEP_KEYS, (steps.setup, steps.commands, steps.teardown), strict=True):
        rows[key] = "\n".join(map(shlex.join, _arguments(commands, conceal))) or "-"
    blocks = []
    for key, shown in rows.items():
        first, *more = shown.split("\n")
        layers = ", ".join(ready.cell.sources[key])
        if more or (isinstance(settings[key], dict) and settings[key]):
            blocks.append((f"{key} =", layers, [f"    {line}" for line in (first, *more)]))
        else:
            blocks.append((f"{key} = {first}", layers, []))
    column = min(max(len(line) for line, _, _ in blocks), _LAYERS_AT)
    lines = [f"[{ready.id}]"]
    for line, layers, inner in blocks:
        lines += [f"{line.ljust(column)}  # {layers}", *inner]
    return "\n".join(lines) + "\n"


def _shown_value(value: object) -> str:
    if value is None or value in ((), [], {}, ""):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "\n".join(f"{key} = {_shown_value(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        texts = [str(item) for item in value]
        return "\n".join(texts) if any(" " in text for text in texts) else ", ".join(texts)
    return str(value)


def _concealed(secrets: Secrets, name: str, value: str) -> str:
    return SHOWN if secrets.is_secret(name) else secrets.concealed(hidden(value))


def _shown(name: str, value: str) -> str:  # noqa: ARG001 - the shape of `_concealed`
    return value
