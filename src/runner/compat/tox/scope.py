"""What one environment of a tox config, or its core, holds: each key is read when it is first asked for."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from runner.compat.tox.errors import ContextError, TooDeepError, ToxError, Unset
from runner.compat.tox.kinds import Kind
from runner.compat.tox.lookup import Chain, Found
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.shape import told
from runner.model.request import ConfigRequest
from runner.model.settings import Glob


class CircleError(ContextError):
    """A key needs its own value; `link` is where the circle closes."""

    def __init__(self, chain: Chain, link: str) -> None:
        super().__init__(f"keys refer to each other in a circle: {', '.join((*chain, link))}")
        self.link = link


class Key(Struct, frozen=True):
    """A key: its names, what it takes, its default, and what is made of the value that was read.

    `constant`: no file sets it. `fixed`: where no file sets it, it is the same everywhere.
    """

    name: str
    names: tuple[str, ...]
    kind: Kind
    default: Callable[["Scope"], object]
    finish: Callable[["Scope", object], object] | None = None
    constant: bool = False
    fixed: bool = False


class Section(Protocol):
    """A place in a file that sets keys."""

    name: str

    def key_names(self) -> Collection[str]:
        """Return the keys that it sets, as they are written."""

    def read(self, key: Key, scope: "Scope", chain: Chain) -> object:
        """Return the value of a key. Raises Unset when it does not set it, and ToxError."""

    def line(self, key: str) -> int:
        """Return the line (from 1) in which it sets the key, 0 when it does not."""


class References(Protocol):
    """What expressions of one file mean, which is called `shown`."""

    shown: str

    def reference(self, scope: "Scope", text: str, chain: Chain) -> Found | None: ...

    def factor(self, env: str | None, label: str, default: str | None) -> str: ...


class Facts(Struct, frozen=True):
    """What the scopes of one config share. `root` is its folder, `work_dir` where runner keeps its files."""

    request: ConfigRequest
    root: str
    work_dir: str


class Scope:
    """One environment, or the core (`name` is None). `core` is the core's scope, also of itself.

    `other` gives the scope of another environment of the config, None when there is no such, `packager` that
    of an environment that packages the project.
    A value, or why it cannot be had, is worked out once.
    """

    def __init__(
        self,
        name: str | None,
        facts: Facts,
        keys: Mapping[str, Key],
        references: References,
        *,
        other: Callable[[str], "Scope | None"],
        packager: Callable[[str], "Scope"],
        core: "Scope | None" = None,
    ) -> None:
        self.name = name
        self.facts = facts
        self.root = facts.root
        self.environ = facts.request.environ
        self.tty = facts.request.tty
        self.known_keys = keys
        self.sections: tuple[Section, ...] = ()
        self.set_names: frozenset[str] = frozenset()
        self.core: Scope = core or self
        self.base: tuple[str, ...] = ()
        self.posargs_taken = False
        self.saw_glob = False
        self.late_globs: dict[str, Glob] | None = None
        self.other = other
        self.packager = packager
        self.file_shown = references.shown
        self._references = references
        self._values: dict[str, object] = {}
        self._faults: dict[str, ToxError] = {}

    def look_in(self, sections: tuple[Section, ...]) -> None:
        """Read keys in these sections from now on, those that win first."""
        self.sections = sections
        self.set_names = frozenset().union(*(section.key_names() for section in sections))

    def load(self, name: str, chain: Chain = ()) -> object:
        """Return the value of a key by any of its names.

        Raises KeyError when there is no such key, and ToxError when its value cannot be had.
        """
        key = self.known_keys[name]
        if key.name in self._values:
            return self._values[key.name]
        if key.name in self._faults:
            raise self._faults[key.name]
        try:
            value = self._read(key, chain)
            if key.finish is not None:
                value = key.finish(self, value)
        except RecursionError as error:
            raise TooDeepError from error
        except ToxError as error:
            error.key = error.key or key.name
            if not chain or not isinstance(error, ContextError):
                self._faults[key.name] = error
            raise
        self._values[key.name] = value
        return value

    def with_late_globs(self, name: str) -> tuple[object, dict[str, Glob]]:
        """Return a value in which words stand for files that are looked for later, and these words."""
        found: dict[str, Glob] = {}
        self.late_globs = found
        try:
            return self._read(self.known_keys[name], ()), found
        finally:
            self.late_globs = None

    def is_set(self, name: str) -> bool:
        """Say whether a section sets the key."""
        return not self.set_names.isdisjoint(self.known_keys[name].names)

    def line(self, name: str) -> int:
        """Return the line of the key where it is set first, 0 when nothing sets it."""
        names = self.known_keys[name].names
        lines = (section.line(other) for section in self.sections for other in names)
        return next(filter(None, lines), 0)

    def _read(self, key: Key, chain: Chain) -> object:
        if not key.constant and not self.set_names.isdisjoint(key.names):
            for section in self.sections:
                link = f"{section.name}.{key.name}"
                if link in chain:
                    raise CircleError(chain, link)
                try:
                    return section.read(key, self, (*chain, link))
                except Unset:
                    continue
        return key.default(self)

    def text(self, name: str) -> str:
        return str(self.load(name))

    def flag(self, name: str) -> bool:
        return bool(self.load(name))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.load(name)
        return value if isinstance(value, tuple) else (str(value),)

    # What expressions ask for.

    def set_variable(self, name: str, chain: Chain) -> str | None:
        """Return a variable that `set_env` sets, or None."""
        if self.name is None:
            return None
        try:
            set_env = self.load("set_env", chain)
        except CircleError as circle:
            if circle.link.endswith(".set_env"):
                return None
            raise
        return set_env.value(name, chain) if isinstance(set_env, SetEnv) else None

    def reference(self, text: str, chain: Chain) -> Found | None:
        """Return what `key` or `[section]key` stands for."""
        return self._references.reference(self, text, chain)

    def factor(self, label: str, default: str | None) -> Found:
        """Return the value of a label in this environment."""
        return Found(self._references.factor(self.name, label, default))

    def posargs(self, chain: Chain, *, program: bool) -> tuple[str, ...] | None:
        """Return what stands after `--`, paths among it as they are from where commands run."""
        self.posargs_taken = True
        given = self.facts.request.posargs
        if given is None or self.name is None or any(link.endswith(".change_dir") for link in chain):
            return given
        if not self.flag("args_are_paths"):
            return given
        start, folder = self.facts.request.cwd, self.text("change_dir")
        if os.path.realpath(start) == os.path.realpath(folder):
            return given
        return tuple(
            _moved(word, start, folder, first=at == 0, program=program) for at, word in enumerate(given)
        )


def own_key(scope: Scope, key: str, chain: Chain) -> Found | None:
    """Return what a key of the core, or else of the scope, stands for."""
    found = registered(scope.core, key, chain)
    if found is None and scope.name is not None:
        found = registered(scope, key, chain)
    return found


def registered(scope: Scope, key: str, chain: Chain) -> Found | None:
    """Return the value of a key as text; None when there is no such key."""
    if key not in scope.known_keys:
        return None
    value = scope.load(key, chain)
    if isinstance(value, SetEnv):
        return Found(value.lines(chain))
    kind = scope.known_keys[key]
    return told(kind.kind, value, constant=kind.constant)


def _moved(word: str, start: str, folder: str, *, first: bool, program: bool) -> str:
    """Return a path relative to `start` as it is from `folder`; what is none, or a program, stays."""
    path = Path(start, word) if word else None
    if path is None or os.path.isabs(word) or not _exists(path):  # noqa: PTH117 - on text
        return word
    bare = first and os.path.basename(word) == word  # noqa: PTH119 - on text
    if bare and (program or (path.is_file() and os.access(path, os.X_OK))):
        return word
    relative = os.path.relpath(path, os.path.realpath(folder))
    return f".{os.sep}{relative}" if relative.startswith("-") and not word.startswith("-") else relative


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
