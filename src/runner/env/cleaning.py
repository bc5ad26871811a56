"""Removing the environments that runs left, beside runs that go on: theirs are waited for."""

from collections.abc import Iterable
from pathlib import Path

from runner.env.deleting import delete
from runner.env.folders import check_work_dir, environments, is_marked
from runner.env.mutex import Mutexes
from runner.env.trash import Trash
from runner.model.ports import Stop


def remove_environments(
    work_dir: Path, mutexes: Mutexes, stop: Stop, names: Iterable[str] | None = None
) -> tuple[str, ...]:
    """Delete the environments of these folder names, or all of them; return the names that were there.

    Without names the trash is emptied, too. Raises OSError, ConfigError, CellError, and Cancelled
    when `stop` rises.
    """
    check_work_dir(work_dir)
    there = environments(work_dir)
    chosen = there if names is None else tuple(name for name in there if name in set(names))
    trash = Trash(work_dir)
    try:
        for name in chosen:
            with mutexes.hold(name, stop):
                trash.discard(work_dir / "envs" / name)  # gone at once: should we be killed, nothing is half
    finally:
        trash.close()
    if names is None and is_marked(work_dir):
        delete(work_dir.resolve() / "trash")
    return chosen
