"""What a lasting environment changes for who works in it: PATH and variables."""

import os
from collections.abc import Mapping

from runner.cli.places.making import PlaceError
from runner.cli.places.scripts import Activation
from runner.env.lasting.keeping import InStep
from runner.model.plan import ReadyCell

_OF_OTHERS = ("PYTHONHOME",)
"""What would lead the environment's Python elsewhere."""


def activation_of(cell: ReadyCell, step: InStep) -> Activation:
    """Return what the environment and the session's `env` change. Raises PlaceError."""
    environment = step.record.environment
    if environment.folder is None:
        raise PlaceError(f'backend = "{cell.spec.backend}" makes no folder: there is nothing to work in')
    of_session = {
        name: None if value is False else value
        for name, value in cell.settings.env.items()
        if name != "PATH" or value is not False  # nobody can work without
    }
    variables: dict[str, str | None] = {
        **dict.fromkeys(_OF_OTHERS),
        **of_session,
        **environment.beside(cell.settings.env),
        "VIRTUAL_ENV_PROMPT": cell.cell.folder,
    }
    return Activation(environment.programs, variables, cell.cell.folder)


def variables_of(activation: Activation, outer: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a program that runs there."""
    merged = {**outer, **activation.variables}
    folders = (*activation.programs, *filter(None, [merged.get("PATH")]))
    found = {**merged, "PATH": os.pathsep.join(folders)}
    return {name: value for name, value in found.items() if value is not None}
