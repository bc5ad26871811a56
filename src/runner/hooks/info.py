"""What is said of plugins."""

from typing import Literal

from msgspec import Struct

from runner.model.errors import PluginError, Problem

Source = Literal["built-in", "module", "file", "installed", "given"]


class PluginInfo(Struct, frozen=True):
    """One plugin: its name, where it is from, its version if it says one, and the hooks it fills.

    Not `active`: it is installed, and nothing asked for it; what it fills is not known then.
    """

    name: str
    source: Source
    location: str
    version: str | None
    hooks: tuple[str, ...]
    active: bool = True


def both(message: str, first: str, second: str) -> PluginError:
    """Return the error that two plugins claim the same thing."""
    hint = f"switch one off: --no-plugin {first}, or --no-plugin {second}"
    return PluginError(Problem(f"plugins {message}", hint=hint))
