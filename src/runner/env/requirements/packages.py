"""What a pylock file says of its packages, as far as runner looks at it."""

from pathlib import Path

from msgspec import Struct

from runner.model.encode import converted
from runner.model.toml import parse


class File(Struct, frozen=True):
    """A file of a package: at an address, or a path; `hashes` by their kind."""

    url: str = ""
    path: str = ""
    subdirectory: str = ""
    hashes: dict[str, str] = {}


class Vcs(Struct, frozen=True, rename="kebab"):
    """A repository, at one commit."""

    type: str
    commit_id: str
    url: str = ""
    path: str = ""
    subdirectory: str = ""

    @property
    def address(self) -> str:
        """The address as requirements have it."""
        return (
            f"{self.type}+{self.url or Path(self.path).as_uri()}@{self.commit_id}{below(self.subdirectory)}"
        )


class Folder(Struct, frozen=True):
    """A source folder."""

    path: str
    editable: bool = False
    subdirectory: str = ""


class Package(Struct, frozen=True):
    """One package; `version` is empty for what is not known before it is built."""

    name: str
    version: str = ""
    marker: str = ""
    wheels: tuple[File, ...] = ()
    sdist: File | None = None
    archive: File | None = None
    directory: Folder | None = None
    vcs: Vcs | None = None

    @property
    def files(self) -> tuple[File, ...]:
        """All files that may be installed for it."""
        return (*self.wheels, *(file for file in (self.sdist, self.archive) if file is not None))


class _PyLock(Struct, frozen=True):
    packages: tuple[Package, ...]


def packages_in(text: str) -> tuple[Package, ...]:
    """Return the packages of a pylock file. Raises ValueError."""
    return converted(parse(text), _PyLock).packages


def below(subdirectory: str) -> str:
    """Return what an address ends with for a folder below it."""
    return f"#subdirectory={subdirectory}" if subdirectory else ""
