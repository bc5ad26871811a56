"""What is made for a cell on its way to an environment: wheel, lock, environment; and what is kept of it."""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from runner.model.results import Installed

_PLACES = frozenset(("VIRTUAL_ENV", "CONDA_PREFIX"))


class Fixed(Struct, frozen=True):
    """A distribution, its name normalized, at the version that `by` decided and puts there.

    The version is empty where a constraint says more: a folder, a repository.
    """

    name: str
    version: str
    by: str


class Built(Struct, frozen=True, kw_only=True):
    """The project, built or given: what is installed of it.

    `path` is an absolute path of a wheel, `sha256` its hex digest. `name` is normalized. `dependencies` are
    those of all extras, which `provides` names; both are sorted. `how` tells people
    how it came to be, such as `reused (built 3 h ago)`; `notes` are lines that belong to it.
    """

    path: str
    sha256: str
    name: str
    version: str
    kind: Literal["wheel", "editable"]
    requires_python: str = ""
    dependencies: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    how: str = ""
    notes: tuple[str, ...] = ()


class Pin(Struct, frozen=True):
    """One distribution at one version, which is empty for a folder: that is installed as it is."""

    name: str
    version: str


class Content(Struct, frozen=True):
    """A package that a backend pins. `python` is its normalized name as a Python distribution, if it is one.

    `sha256` is the hex digest of its file.
    """

    name: str
    version: str
    sha256: str
    python: str | None = None


class ResolveWish(Struct, frozen=True, kw_only=True):
    """How a backend is to resolve.

    Versions in `before`, the text of an older lock, stay where they can, but for those of the packages to
    `upgrade`. `offline`: without a network.
    """

    before: str = ""
    upgrade: tuple[str, ...] = ()
    offline: bool = False


class BackendLock(Struct, frozen=True, kw_only=True):
    """The lock of a backend that has its own: its text, and the hex digest of that and what it follows from.

    `how` tells people how it came to be, such as `reused (3 h old)`; `warnings` are lines they must see.
    """

    text: str
    sha256: str
    how: str = ""
    warnings: tuple[str, ...] = ()


class Lock(Struct, frozen=True, kw_only=True):
    """Exact pins for one environment, named by the hash `key` of what they follow from.

    `path` is a PEP 751 file without the project's own entry, `sha256` its hex digest. `origin` says where it
    comes from: the project's `locks/`, an earlier run, this run, or a lock file of another tool. `how` tells
    people, such as `reused (3 h old)`; `notes` are lines that belong to it, `warnings` those that they must
    see.
    """

    key: str
    path: str
    sha256: str
    pins: tuple[Pin, ...]
    origin: Literal["committed", "remembered", "resolved", "given"]
    how: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class LockPolicy(Struct, frozen=True, kw_only=True):
    """How far a run trusts locks. `max_age` is that of remembered ones, in seconds.

    `upgrade` resolves all anew, `upgrade_packages` only lets these move. `offline`: no network, whatever the
    age. `locked`: each cell needs a committed lock, a fresh one; `strict`: one that is there must be fresh.
    """

    max_age: float = 24 * 3600.0
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    offline: bool = False
    locked: bool = False
    strict: bool = False


class Environment(Struct, frozen=True, kw_only=True):
    """A place where commands run: nobody else computes `<env>/bin`.

    `python` is its interpreter's path, empty without one, `programs` the folders to put first on PATH,
    `variables` what it adds to those of commands, `folder` where it is (None with no folder of its own),
    `site` its site-packages. `notes` tell, in the cell's log, how it was made; they are not kept with it.
    """

    python: str
    programs: tuple[str, ...]
    variables: dict[str, str]
    folder: str | None = None
    site: str | None = None
    notes: tuple[str, ...] = ()

    def beside(self, names: Collection[str]) -> dict[str, str]:
        """Return its variables but those that a session's `env` decides: of all but where it is, that may."""
        return {name: text for name, text in self.variables.items() if name in _PLACES or name not in names}


class Installation(Struct, frozen=True):
    """What is in an environment, by name; `notes` tell how it got there."""

    packages: tuple[Installed, ...] = ()
    notes: tuple[str, ...] = ()


class Reused(Struct, frozen=True):
    """What came of `--reuse`: an environment that is kept with what is in it, or why it is made anew."""

    how: str = ""
    environment: Environment | None = None
    packages: tuple[Installed, ...] = ()
