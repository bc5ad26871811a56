"""What is installed beside runner: plugins by their entry points, versions, and how to install more.

Imported only where a name is not known otherwise: looking takes as long as the rest of the start.
"""

import shlex
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from runner.hooks.spec import PROJECT

RUNNER = "matrix-runner"
"""The distribution of runner itself."""


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


def _entries() -> Iterator[Installed]:
    for entry in metadata.entry_points(group=PROJECT):
        name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("?", "?")
        yield Installed(entry.value.partition(":")[0].strip(), entry.value, name, version)


def lacking(text: str) -> str:
    """Say what keeps a requirement (PEP 508) from being met in this environment; nothing when it is."""
    wanted = Requirement(text)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return ""
    try:
        version = Version(metadata.version(wanted.name))
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed beside runner"
    except (InvalidVersion, TypeError):
        return f"{wanted.name} is installed beside runner, but does not say its version"
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    return f"installed beside runner is {wanted.name} {version}"


def how_to_install(runner: str, plugins: tuple[str, ...]) -> str:
    """Return the command that installs these beside runner, and one that runs once with them.

    `runner` is the requirement on runner itself; empty: this version will do.
    """
    with_ = [word for text in plugins for word in ("--with", text)]
    from_ = runner or RUNNER
    if Path(sys.prefix, "uv-receipt.toml").is_file():
        lasting = ["uv", "tool", "install", from_, *with_]
    else:
        lasting = [sys.executable, "-m", "pip", "install", *filter(None, [runner]), *plugins]
    once = ["uvx", "--from", from_, *with_, "runner"]
    return f"to install: {shlex.join(lasting)}\nto run once: {shlex.join(once)}"
