"""From a config file to its values with positions, before anything is checked."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from runner.config.find import Found
from runner.config.positions import KeyPath, Positions, locate
from runner.config.requires import Versions, check_versions
from runner.config.syntax import parse, read_text
from runner.config.top import PLUGINS
from runner.config.walk import Known, Node, Walk, anything
from runner.model.config import PluginRef
from runner.model.errors import ConfigError, Problem
from runner.model.text import Origin


class Raw(Struct, frozen=True):
    """A config file as written.

    `file` and `root` are absolute; `shown` names the file for people. `data` is the table with our keys,
    `prefix` its path in the document, `positions` the lines of all keys of the document.
    """

    file: Path
    root: Path
    shown: str
    data: Mapping[str, object]
    prefix: KeyPath
    positions: Positions

    def walk(self, known_type: Known = anything, known_backend: Known = anything) -> Walk:
        """Begin a walk over the file."""
        return Walk(self.shown, self.prefix, self.positions, known_type, known_backend)

    def check_versions(self, versions: Versions) -> None:
        """Raise ConfigError with all that the file asks for and is not installed."""
        walk = self.walk()
        check_versions(Node(walk, (), self.data), versions)
        walk.finish()

    def plugins(self) -> tuple[PluginRef, ...]:
        """Return the plugins that the file names: they say what else in it is known. Raises ConfigError."""
        walk = self.walk()
        node = Node(walk, (), self.data).child("plugins")
        refs = None if node is None else PLUGINS.kind.read(node)
        walk.finish()
        return refs or ()


def read(found: Found) -> Raw:
    """Read and parse a config file. Raises ConfigError when it cannot be read or is not valid TOML."""
    shown = found.shown or found.file.name
    text = read_text(found.file, shown)
    data: Mapping[str, object] = parse(text, shown)
    prefix: KeyPath = ("tool", "runner") if found.kind == "pyproject" else ()
    for step in prefix:
        inner = data.get(str(step))
        if not isinstance(inner, dict):
            raise ConfigError(
                Problem(
                    "has no table [tool.runner]",
                    Origin(shown, 0, ""),
                    "add one, or name another file with -c",
                )
            )
        data = inner
    return Raw(found.file, found.file.parent, shown, data, prefix, locate(text))
