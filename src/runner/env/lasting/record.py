"""What is written down of a lasting environment: what it was made from, and what was in it then."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.env.contents.installed import installed
from runner.env.contents.records import EnvParts
from runner.env.folders import is_marked, is_ours, write_whole
from runner.model.encode import decoded
from runner.model.environment import Built, Environment, Pin
from runner.model.layout import LASTING
from runner.model.results import Installed

_FILE = ".lasting.json"
_ASIDE = ".before"


class Project(Struct, frozen=True, forbid_unknown_fields=True):
    """The project as it was installed to be edited: `decided_by` maps what decides that to its hashes.

    `built.path` is a copy of its wheel in the environment's folder.
    """

    built: Built
    decided_by: dict[str, str]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lasting environment as it was when it was finished, at `made`: seconds since 1970.

    `asked` is a hash of what was asked for, where no lock says what is in it, else empty. `packages` are
    those that were in its site-packages.
    """

    cell: str
    parts: EnvParts
    asked: str
    pins: tuple[Pin, ...]
    project: Project | None
    environment: Environment
    packages: tuple[Installed, ...]
    made: float

    @property
    def has_wheel(self) -> bool:
        """Whether the project is in it as runs install it."""
        return bool(self.parts.wheel) and self.project is None


class Drift(Struct, frozen=True):
    """What somebody did by hand: names and versions, sorted; of those `changed`, also what there was."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def lasting_folder(work_dir: Path, name: str) -> Path:
    """Return where the lasting environment is of the cell whose folders have that name."""
    return work_dir / LASTING / name


def aside_of(folder: Path) -> Path:
    """Return where an environment is while another is made in its place: no cell's folder has such a name."""
    return folder.with_name(f".{folder.name}{_ASIDE}")


def mutex_name(name: str) -> str:
    """Return the name of the lock of that environment: runs of the cell, whose lock has its name, go on."""
    return f".{LASTING}-{name}"


def lasting_names(work_dir: Path) -> tuple[str, ...]:
    """Return the folder names of all lasting environments, also of those that were not finished."""
    with suppress(FileNotFoundError, NotADirectoryError):
        found = os.listdir(work_dir / LASTING)  # noqa: PTH208 - names are all that is wanted
        names = (name for name in found if is_ours(work_dir / LASTING / name))
        return tuple(sorted({name.removeprefix(".").removesuffix(_ASIDE) for name in names}))
    return ()


def write_record(folder: Path, record: Record) -> None:
    """Write the record when the environment is finished: without it, none counts as one. Raises OSError."""
    write_whole(folder / _FILE, msgspec.json.encode(record).decode())


def read_record(folder: Path) -> Record | None:
    """Return the record of the environment in that folder; None when it is broken, missing or not ours."""
    try:
        record = decoded((folder / _FILE).read_bytes(), Record)
    except (OSError, ValueError):
        return None
    return record if is_marked(folder) and not folder.is_symlink() else None


def moved_from(record: Record, folder: Path) -> str:
    """Return where the environment in `folder` was made, if that was elsewhere: its programs are of there."""
    made_in = record.environment.folder
    if made_in is None or made_in == str(folder):
        return ""
    with suppress(OSError):
        if os.path.samefile(made_in, folder):  # another path to the same place  # noqa: PTH121 - one is text
            return ""
    return made_in


def drift_of(record: Record, folder: Path) -> Drift:
    """Return what is installed in `folder` otherwise than runner left it, wherever that was made."""
    before = {each.name: each.version for each in record.packages}
    now = {each.name: each.version for each in installed(_moved(record.environment, folder))}
    both = before.keys() & now.keys()
    return Drift(
        added=tuple(f"{name} {now[name]}" for name in sorted(now.keys() - before.keys())),
        removed=tuple(f"{name} {before[name]}" for name in sorted(before.keys() - now.keys())),
        changed=tuple(
            f"{name} {before[name]} -> {now[name]}" for name in sorted(both) if before[name] != now[name]
        ),
    )


def _moved(environment: Environment, folder: Path) -> Environment:
    """Return the environment with its site-packages where they are now that it is in `folder`."""
    if environment.site is None or environment.folder is None:
        return environment
    inside = os.path.relpath(environment.site, environment.folder)
    return replace(environment, site=os.path.normpath(folder / inside))
