"""The names of stored wheels: all that decides what a build makes, in named parts."""

import hashlib
import os
from pathlib import Path

from msgspec import Struct

from runner.env.package.order import BuildFailed, Kind, read_system
from runner.env.package.tree import Tree, TreeReader, changed, few
from runner.env.package.wheel import sha256_of
from runner.model.encode import canonical
from runner.model.errors import CellError
from runner.model.plan import PackageSpec
from runner.model.ports import Stop
from runner.model.text import Literal

_LIFELESS = frozenset(
    (
        *("_", "PWD", "OLDPWD", "SHLVL", "PS1", "MAIL", "TERM", "COLORTERM", "COLUMNS", "LINES", "LS_COLORS"),
        *("NO_COLOR", "FORCE_COLOR", "TMPDIR", "TEMP", "TMP", "STY", "GPG_TTY", "VTE_VERSION", "WINDOWID"),
        *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "SESSION_MANAGER", "XDG_RUNTIME_DIR", "XDG_VTNR"),
    )
)
_LIFELESS_BEGINNINGS = (
    *("TERM_", "TERMINFO", "CLICOLOR", "HIST", "PROMPT", "SSH_", "TMUX", "ITERM_", "KITTY_", "KONSOLE_"),
    *("WT_", "VSCODE_", "DBUS_", "DESKTOP_", "XDG_SESSION_", "XDG_SEAT", "XDG_ACTIVATION_", "PIP_", "UV_"),
)
"""Variables that differ from one shell or start to the next, and change nothing in a wheel. What those of
installers decide, the content of build environments, is compared by its locks."""


_SEARCHED = ("PATH", "PKG_CONFIG_PATH")
"""Variables that name folders to search. Which of the tools there is taken, and how new it is, they do not
tell; so the folders of a virtual environment are left aside: who activates one waits for no build."""


class WheelKey(Struct, frozen=True, kw_only=True):
    """All that a wheel follows from but its builder.

    Values of `settings` and `variables` are hashed, never plain. `tree` is the hash of the package root's
    files, or of the sdist that was given.
    """

    root: str
    kind: Kind
    tree: str
    describe: str
    tags: str
    settings: dict[str, str]
    variables: dict[str, str]
    requires: tuple[str, ...]

    def digest(self) -> str:
        """The name of what is stored: 32 hex digits."""
        return hashlib.sha256(canonical(self)).hexdigest()[:32]


class Source(Struct, frozen=True):
    """What wheels of one kind are built from; the tree is empty for a given sdist."""

    key: WheelKey
    tree: Tree


class Sources:
    """What the project is built from, as it was when this run first asked: later changes do not count."""

    def __init__(self, package: PackageSpec, trees: TreeReader) -> None:
        self._package = package
        self._trees = trees
        self._variables = _variables(package)
        self._tree: Tree | None = None
        self._sdist = ""

    def read(self, kind: Kind, stop: Stop, *, remember: bool = True) -> Source:
        """Return what a wheel of this kind is built from; without `remember` nothing is written.

        Raises BuildFailed and Cancelled.
        """
        if kind == "given":
            self._sdist = self._sdist or self._hash_given()
            return self._source(kind, Tree({}, "", ""), self._sdist, ())
        system = read_system(Path(self._package.root), "project")
        if self._tree is None:
            self._tree = self._read_tree(stop, remember)
        return self._source(kind, self._tree, self._tree.digest(), system.requires)

    def drift(self, source: Source, stop: Stop) -> tuple[str, ...]:
        """Return what is different from `source` by now. Raises BuildFailed and Cancelled."""
        if source.key.kind == "given":
            return () if self._hash_given() == source.key.tree else ("the given sdist changed",)
        return changed(source.tree, self._read_tree(stop, remember=True))

    def _source(self, kind: Kind, tree: Tree, digest: str, requires: tuple[str, ...]) -> Source:
        key = WheelKey(
            root="" if kind == "given" else self._package.root,
            kind=kind,
            tree=digest,
            describe=tree.describe,
            tags=tree.tags,
            settings={
                name: _hash(canonical(value)) for name, value in self._package.config.config_settings.items()
            },
            variables=self._variables,
            requires=requires,
        )
        return Source(key, tree)

    def _read_tree(self, stop: Stop, remember: bool) -> Tree:
        try:
            return self._trees.read(stop, remember=remember)
        except CellError as error:
            raise BuildFailed(error.message, "project") from error

    def _hash_given(self) -> str:
        given = Path(self._package.given or "")
        try:
            return sha256_of(given)
        except OSError as error:
            raise BuildFailed(f"the given package {given}: {error.strerror}", "project") from error


def differences(old: Source, new: Source) -> tuple[str, ...]:
    """Return what is different, for people."""
    before, after = old.key, new.key
    words = list(changed(old.tree, new.tree))
    if before.root != after.root:
        words.append(f"the project was at {before.root}")
    if after.kind == "given" and before.tree != after.tree:
        words.append("another sdist")
    for what, was, is_ in (
        ("config-setting", before.settings, after.settings),
        ("build variable", before.variables, after.variables),
    ):
        names = sorted(name for name in was.keys() | is_.keys() if was.get(name) != is_.get(name))
        words += few(tuple(f"{what} {name} changed" for name in names))
    if before.requires != after.requires and not words:
        words.append("build-system.requires changed")
    return tuple(words)


def _variables(package: PackageSpec) -> dict[str, str]:
    """Return the hashes of the build's variables, without those that change nothing and nobody asked for."""
    asked = {
        *package.config.env,
        *(text.text for text in package.config.pass_env if isinstance(text, Literal)),
    }
    searched = {
        name: value
        for name in _SEARCHED
        if name not in asked and (value := _without_environments(package.environ.get(name, "")))
    }
    others = {
        name: value
        for name, value in package.environ.items()
        if name in asked or not (name in _SEARCHED or _is_lifeless(name))
    }
    return {
        name: _hash(value.encode("utf-8", "surrogateescape")) for name, value in (searched | others).items()
    }


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _without_environments(folders: str) -> str:
    """Return the folders of a search path, each once, but for those of virtual environments."""
    kept = dict.fromkeys(folder for folder in folders.split(os.pathsep) if not _in_environment(folder))
    return os.pathsep.join(kept)


def _in_environment(folder: str) -> bool:
    """Say whether it is `bin` or `lib/pkgconfig` of a virtual environment."""
    path = Path(folder)
    # Path.is_file raises in a locked folder.
    return path.is_absolute() and any(os.path.isfile(above / "pyvenv.cfg") for above in path.parents[:2])  # noqa: PTH113


def _is_lifeless(name: str) -> bool:
    return name in _LIFELESS or name.startswith(_LIFELESS_BEGINNINGS) or name.endswith(("_proxy", "_PROXY"))
