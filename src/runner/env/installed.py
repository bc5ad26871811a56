"""What is installed in an environment, read from its folders."""

from contextlib import suppress
from pathlib import Path

from packaging.utils import canonicalize_name

from runner.model.environment import Environment
from runner.model.results import Installed


def installed(environment: Environment) -> tuple[Installed, ...]:
    """Return the distributions in the environment's own site-packages, sorted by name."""
    if environment.site is None:
        return ()
    found = []
    with suppress(FileNotFoundError):
        for folder in Path(environment.site).iterdir():
            stem, dot, _suffix = folder.name.rpartition(".dist-info")
            name, dash, version = stem.partition("-")
            if dot and dash:
                found.append(Installed(canonicalize_name(name), version))
    return tuple(sorted(found, key=lambda each: each.name))
