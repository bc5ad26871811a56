"""For plugins that read configs of other formats: a config from what a runner.toml would hold."""

from collections.abc import Mapping
from pathlib import Path

from runner import __version__
from runner.config import Adder, Lookups, Raw, convert
from runner.model.config import Config
from runner.model.request import ConfigRequest
from runner.plan import PythonType


def read_config(request: ConfigRequest, document: Mapping[str, object]) -> Config:
    """Return the config that a `document` stands for: tables and values as a runner.toml would hold them.

    Its sessions are of the type `python`. Raises ConfigError with all that is wrong, by key; the lines are
    those of `request.lines` where keys are called alike.
    """
    file = Path(request.file)
    raw = Raw(file, file.parent, request.shown, document, (), request.lines)
    return convert(
        raw,
        version=__version__,
        lookups=Lookups(
            types=lambda name: Adder("session type", name) if name == PythonType.name else None,
            backends=lambda name: Adder("backend", name),
        ),
    )
