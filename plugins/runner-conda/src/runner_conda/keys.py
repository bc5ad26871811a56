"""The keys that sessions with `backend = "conda"` may set."""

from typing import Literal

from msgspec import Struct

NAME = "conda"
"""What the backend, and its locks, are called."""


class CondaKeys(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What is taken from where.

    `channels` and `environment_file` may be paths, relative to the project's root. Without `channels`, those
    of the environment file serve, else conda-forge. `virtual_packages` maps a name, such as `__cuda`, to the
    version to count on instead of the machine's; empty: there is none.
    """

    conda_deps: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    channel_priority: Literal["strict", "flexible", "disabled"] = "strict"
    environment_file: str | None = None
    virtual_packages: dict[str, str] = {}
