"""What is installed beside runner: plugins by their entry points, and versions.

Imported only where a name is not known otherwise: looking takes as long as the rest of the start.
"""

from collections.abc import Iterator
from importlib import metadata

from msgspec import Struct

from runner.hooks.spec import PROJECT


class Installed(Struct, frozen=True):
    """A plugin that a distribution brings. `module` is its name, `value` what its entry point says."""

    module: str
    value: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.module} (of {self.distribution} {self.version})"


def installed() -> tuple[Installed, ...]:
    """Return the plugins of all distributions of this environment, by name, each once."""
    found = sorted(_entries(), key=lambda entry: (entry.module, entry.distribution), reverse=True)
    return tuple(reversed({entry.module: entry for entry in found}.values()))


def version_of(distribution: str) -> str | None:
    """Return the version of a distribution of this environment; None when it is not there."""
    try:
        return metadata.version(distribution) or ""
    except metadata.PackageNotFoundError:
        return None


def _entries() -> Iterator[Installed]:
    for entry in metadata.entry_points(group=PROJECT):
        name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("?", "?")
        yield Installed(entry.value.partition(":")[0].strip(), entry.value, name, version)
