"""What a pylock file pins for a cell: what it says, for extras and groups that it has."""

from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from runner.env.given.files import text_of
from runner.env.given.given import Given
from runner.env.given.pylock_parts import Part, check_part, for_cell, read_pylock
from runner.env.locks.key import interpreter_of
from runner.model.plan import EnvSpec

_FORMAT = Version("1.0")


def from_pylock(spec: EnvSpec, path: Path) -> Given:
    """Return what is pinned; a file without groups, or extras, leaves those to the project.

    Raises CellError.
    """
    lock = read_pylock(text_of(path, "write it with the tool that makes it"), path)
    part = Part(spec.extras if lock.extras else (), spec.groups if lock.dependency_groups else ())
    check_part(lock, part, path)
    text = for_cell(lock, part, path, interpreter_of(spec))
    return Given(
        text=text,
        groups=() if lock.dependency_groups else spec.groups,
        notes=tuple(_of_newer_format(lock.lock_version, path)),
    )


def _of_newer_format(version: Version, path: Path) -> Iterator[str]:
    if version > _FORMAT:
        yield f"{path.name} is of format {version}, read as {_FORMAT}: what is new in it is left out"
