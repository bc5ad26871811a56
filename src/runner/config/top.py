"""The keys at the top of the file and in `[package]`."""

import datetime as dt
import os.path
import re
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from runner.config.kinds import (
    ENV,
    STRINGS,
    TEXT,
    Duration,
    Key,
    ListOf,
    TableOf,
    Whole,
    Word,
    plain_text,
    unknown_word,
)
from runner.config.requires import REQUIREMENTS, REQUIRES
from runner.config.walk import Node, Schema, either, quoted
from runner.model.config import PluginRef, Redacted
from runner.model.python import Missing
from runner.model.text import Text

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_INSTANT_EXPECTED = 'a date such as "2026-01-31", or a time with its offset such as "2026-01-31T12:00:00Z"'
_A_GLOB = Word("a glob")
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class PluginKind(Struct, frozen=True):
    """A plugin: an importable module, or the path of a file."""

    def read(self, node: Node) -> PluginRef | None:
        value = plain_text(node, "a plugin: a module, or the path of a file")
        if value is None:
            return None
        if not ("/" in value or value.endswith(".py") or _MODULE.fullmatch(value)):
            node.expected(
                "a plugin: a module, or the path of a file",
                "a path has a slash or ends in .py; a module is named as in `import`",
            )
            return None
        return PluginRef(value, node.origin)

    def schema(self) -> Schema:
        return {**TEXT, "minLength": 1}


class RedactedKind(Struct, frozen=True):
    """A glob over names of variables."""

    def read(self, node: Node) -> Redacted | None:
        glob = _A_GLOB.read(node)
        return None if glob is None else Redacted(glob, node.origin)

    def schema(self) -> Schema:
        return _A_GLOB.schema()


class InstantKind(Struct, frozen=True):
    """A date, or a time with its offset, as text (RFC 3339) or as TOML has it; read as text."""

    def read(self, node: Node) -> str | None:
        value = node.value
        if isinstance(value, dt.date):  # a datetime is one too
            value = value.isoformat()
        if not isinstance(value, str) or not _is_instant(value):
            node.expected(_INSTANT_EXPECTED)
            return None
        return value.upper().replace(" ", "T")

    def schema(self) -> Schema:
        return {**TEXT, "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$"}


def _is_instant(text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text[:19].upper().replace(" ", "T"))
    except ValueError:
        return False
    return True


class WorkDirKind(Struct, frozen=True):
    """A folder of runner's own: below the root, or an absolute path."""

    def read(self, node: Node) -> str | None:
        value = plain_text(node, "a folder")
        if value is None:
            return None
        if Path(value).is_absolute():
            return value
        if ".." in value.replace("\\", "/").split("/") or value.startswith("~"):
            node.wrong(
                f"expected a folder below the project's root, or an absolute path; got {quoted(value)}",
                "`~` is read by shells only" if value.startswith("~") else "",
            )
            return None
        if os.path.normpath(value or ".") == ".":
            node.wrong(
                f"expected a folder of its own; got the project's root, {quoted(value)}",
                'all of it is runner\'s to delete, as with work-dir = ".runner"',
            )
            return None
        return os.path.normpath(value)

    def schema(self) -> Schema:
        return {**TEXT, "minLength": 1}


class AnyText(Struct, frozen=True):
    """Text that is taken literally, and may be empty."""

    def read(self, node: Node) -> str | None:
        return plain_text(node, "a string")

    def schema(self) -> Schema:
        return TEXT


_ANY_TEXT = AnyText()


class ConfigSettingsKind(Struct, frozen=True):
    """What is handed to the build backend: strings, or lists of them, by name."""

    def read(self, node: Node) -> str | tuple[str, ...] | None:
        if isinstance(node.value, list):
            return ListOf(_ANY_TEXT).read(node)
        return _ANY_TEXT.read(node)

    def schema(self) -> Schema:
        return {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


class MissingPythonKind(Struct, frozen=True):
    """What to do without the interpreter of a cell."""

    def read(self, node: Node) -> Missing | None:
        ways: tuple[Missing, ...] = get_args(Missing)
        for way in ways:
            if node.value == way:
                return way
        if isinstance(node.value, str):
            node.wrong(unknown_word(node.value, ways))
        else:
            node.expected(either(ways))
        return None

    def schema(self) -> Schema:
        return {"enum": list(get_args(Missing))}


def _limit_problem(name: str) -> str:
    return "" if name.strip() else "a limit cannot have an empty name"


REQUIRES_RUNNER = Key("requires-runner", REQUIRES, "Versions of runner that can read this file")
REQUIRES_PLUGINS = Key(
    "requires-plugins", REQUIREMENTS, "Distributions that have to be installed beside runner, with versions"
)
SELECTORS = Key("default", ListOf(Word("a selector")), "Selectors of what a bare `runner` runs")
PLUGINS = Key("plugins", ListOf(PluginKind()), "Plugins: importable modules, or paths of files")
WORK_DIR = Key(
    "work-dir", WorkDirKind(), "The folder of runner's own, below the project's root; default: .runner"
)
MISSING_PYTHON = Key(
    "missing-python",
    MissingPythonKind(),
    "What to do without the interpreter of a cell; download is by uv; default: error in CI, else skip",
)
EXCLUDE_NEWER = Key("exclude-newer", InstantKind(), "Take no distribution that was published later")
LOCK_MAX_AGE = Key(
    "lock-max-age",
    Duration(),
    "How old a remembered lock may be before it is resolved anew; default: 1d",
)
RUN_TIMEOUT = Key("run-timeout", Duration(), "How long a whole run may take; default: as long as it does")
MAX_CELLS = Key("max-cells", Whole(1), "How many cells the file may expand to; default: 10000")
LIMITS = Key(
    "limits",
    TableOf(Whole(1), "a table of names and sizes", _limit_problem),
    "How many cells may use something at once",
)

REDACT = Key("redact", ListOf(RedactedKind()), "More variables whose values are secrets, as globs")

PACKAGE_ROOT = Key(
    "root", Word("a folder"), "The folder of the package, relative to the config's; default: ."
)
PACKAGE_ENV: Key[dict[str, Text | Literal[False]]] = Key(
    "env", ENV, "Variables for the build; false unsets one"
)
PACKAGE_PASS_ENV = Key("pass-env", STRINGS, "Outer variables that the build sees, as globs")
PACKAGE_SETTINGS: Key[dict[str, str | tuple[str, ...]]] = Key(
    "config-settings",
    TableOf(ConfigSettingsKind(), "a table of strings"),
    "What is handed to the build backend",
)
PACKAGE_INPUTS = Key("inputs", ListOf(Word("a glob")), "More files that the build depends on, as globs")

TOP_KEYS: tuple[Key[object], ...] = (
    REQUIRES_RUNNER,
    REQUIRES_PLUGINS,
    SELECTORS,
    PLUGINS,
    WORK_DIR,
    MISSING_PYTHON,
    LOCK_MAX_AGE,
    EXCLUDE_NEWER,
    RUN_TIMEOUT,
    MAX_CELLS,
    LIMITS,
    REDACT,
)
PACKAGE_KEYS: tuple[Key[object], ...] = (
    PACKAGE_ROOT,
    PACKAGE_ENV,
    PACKAGE_PASS_ENV,
    PACKAGE_SETTINGS,
    PACKAGE_INPUTS,
)
