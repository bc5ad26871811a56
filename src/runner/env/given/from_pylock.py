"""What a pylock file pins for a cell: what it says, for extras and groups that it has."""

from pathlib import Path

from runner.env.given.files import text_of
from runner.env.given.given import Given
from runner.env.given.pylock_parts import Part, check_part, for_cell, read_pylock
from runner.env.locks.key import interpreter_of
from runner.model.plan import EnvSpec


def from_pylock(spec: EnvSpec, path: Path) -> Given:
    """Return what is pinned; a file without groups, or extras, leaves those to the project.

    Raises CellError.
    """
    lock = read_pylock(text_of(path, "write it with the tool that makes it"), path)
    part = Part(spec.extras if lock.extras else (), spec.groups if lock.dependency_groups else ())
    check_part(lock, part, path)
    text = for_cell(lock, part, path, interpreter_of(spec))
    return Given(text=text, groups=() if lock.dependency_groups else spec.groups)
