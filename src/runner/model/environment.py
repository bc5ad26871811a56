"""What is made for a cell on its way to an environment: wheel, lock, environment."""

from typing import Literal

from msgspec import Struct


class Built(Struct, frozen=True, kw_only=True):
    """The project, built or given: what is installed of it.

    `path` is an absolute path of a wheel, `sha256` its hex digest. `name` is normalized. `notes` tell how it
    came to be, for people.
    """

    path: str
    sha256: str
    name: str
    version: str
    kind: Literal["wheel", "editable"]
    notes: tuple[str, ...] = ()


class Pin(Struct, frozen=True):
    """One distribution at one version."""

    name: str
    version: str


class Lock(Struct, frozen=True, kw_only=True):
    """Exact pins for one environment: a PEP 751 file at the absolute `path`, named by the hash `key`."""

    key: str
    path: str
    pins: tuple[Pin, ...]
    notes: tuple[str, ...] = ()


class Environment(Struct, frozen=True, kw_only=True):
    """A place where commands run: nobody else computes `<env>/bin`.

    `python` is its interpreter's path, `programs` the folders to put first on PATH, `variables` what it adds
    to those of commands, `folder` where it is (None with no folder of its own), `site` its site-packages.
    """

    python: str
    programs: tuple[str, ...]
    variables: dict[str, str]
    folder: str | None = None
    site: str | None = None
