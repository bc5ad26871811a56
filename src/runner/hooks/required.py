"""What a config asks for beside runner: whether it is there, and how to install it. Nothing is fetched."""

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from runner.hooks.installed import version_of

_RUNNER = "matrix-runner"
_OF_UV = "uv-receipt.toml"
"""The file that uv puts into the environments of its tools."""


def lacking(text: str) -> str:
    """Say what keeps a requirement (PEP 508) from being met in this environment; nothing when it is."""
    wanted = Requirement(text)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return ""
    said = version_of(wanted.name)
    if said is None:
        return f"{wanted.name} is not installed beside runner"
    try:
        version = Version(said)
    except InvalidVersion:
        return f"{wanted.name} is installed beside runner, but does not say its version"
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    return f"installed beside runner is {wanted.name} {version}"


def how_to_install(runner: str, missing: tuple[str, ...], plugins: tuple[str, ...]) -> str:
    """Return the command that installs what is missing beside runner, and one that runs once with all.

    `runner` is the requirement on runner itself; empty: this version will do. Where uv makes an environment
    anew it gets all `plugins`: those that are there already would be gone.
    """
    with_ = [word for text in plugins for word in ("--with", text)]
    from_ = runner or _RUNNER
    if Path(sys.prefix, _OF_UV).is_file():
        lasting = ["uv", "tool", "install", from_, *with_]
    else:
        here = [sys.executable, "-m", "pip", "install"]
        if find_spec("pip") is None:  # as in what `uv venv` makes
            here = ["uv", "pip", "install", "--python", sys.executable]
        lasting = [*here, *filter(None, [runner]), *missing]
    once = ["uvx", "--from", from_, *with_, "runner"]
    return f"to install: {shlex.join(lasting)}\nto run once: {shlex.join(once)}"
