"""Where virtualenv and python-discovery keep what interpreters said of themselves.

Importing this costs as much as the rest of a start, as they do.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from virtualenv.app_data import make_app_data
from virtualenv.app_data.base import AppData
from virtualenv.app_data.via_disk_folder import AppDataDiskFolder
from virtualenv.util.lock import ReentrantFileLock


def kept_in(folder: Path, environ: Mapping[str, str]) -> AppData:
    """Return virtualenv's store in `folder`, without its locks.

    Who waits for one of them cannot be interrupted, and while its holder is stopped the wait has no end.
    Without them two runners may ask an interpreter at once, and what is half-written counts as unknown.
    """
    store = make_app_data(str(folder), read_only=False, env=environ)
    if isinstance(store, AppDataDiskFolder):
        store.lock = _Unlocked(store.lock.path)
    return store


class _Unlocked(ReentrantFileLock):
    """A folder whose files nobody locks."""

    @contextmanager
    def lock_for_key(self, name: str, no_block: bool = False) -> Iterator[None]:  # noqa: ARG002 - virtualenv's
        yield
