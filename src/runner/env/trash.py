"""Folders on their way out: moved aside at once, deleted in the background."""

import errno
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from runner.env.deleting import delete, delete_in, open_folder
from runner.env.folders import is_marked, is_ours, mark
from runner.model.errors import CellError

_TRASH = ("trash",)


class Trash:
    """The trash of a work-dir: folders on their way out, deleted in a thread of its own."""

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self._folder = work_dir / "trash"
        self._queue: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def fresh(self, folder: Path) -> None:
        """Make `folder` anew, with our marker alone; what was there goes to the trash. Raises CellError."""
        above, name = self._inside(folder)
        try:
            with self._opened(above) as parent:
                self._discard(folder, parent)
                os.mkdir(name, dir_fd=parent)
            mark(folder)
        except OSError as error:
            raise CellError("create", f"{folder} cannot be made anew: {error.strerror}") from error

    def discard(self, folder: Path) -> None:
        """Move `folder`, if it is there, to the trash: it must be ours. Raises CellError, OSError."""
        above, _ = self._inside(folder)
        with self._opened(above) as parent:
            self._discard(folder, parent)

    def empty(self) -> None:
        """Delete, in the background, what earlier runs left in the trash. Raises OSError."""
        with self._opened(_TRASH) as trash:
            for name in os.listdir(trash):  # noqa: PTH208 - by descriptor
                self._delete_later(self._folder / name)

    def close(self) -> None:
        """Wait until all that was discarded is deleted."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _delete_later(self, path: Path) -> None:
        self._queue.put(path)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="trash", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (path := self._queue.get()) is not None:
            # What cannot be deleted stays in the trash: the next run tries again.
            with suppress(OSError):
                delete(path)

    def _inside(self, folder: Path) -> tuple[tuple[str, ...], str]:
        """Return the names of the folders from the work-dir to `folder`, and its own. Raises CellError."""
        parts = folder.relative_to(self._work_dir).parts if self._work_dir in folder.parents else ()
        if not parts or os.pardir in parts or not is_marked(self._work_dir):
            raise CellError("create", f"{folder} is not below a work-dir of ours: it is left alone")
        return parts[:-1], parts[-1]

    @contextmanager
    def _opened(self, names: tuple[str, ...]) -> Iterator[int]:
        """Open a folder within folders of the work-dir, each made where it is missing, none a link.

        Raises OSError.
        """
        place = os.open(self._work_dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in names:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=place)
                outer, place = place, open_folder(name, place)
                os.close(outer)
            yield place
        finally:
            os.close(place)

    def _discard(self, folder: Path, parent: int) -> None:
        name = folder.name
        try:
            os.lstat(name, dir_fd=parent)
        except FileNotFoundError:
            return
        if not is_ours(name, parent):
            raise CellError("create", f"{folder} was not made by runner: move it away, then run again")
        grave = f"{name[:40]}-{token_hex(6)}"
        try:
            with self._opened(_TRASH) as trash:
                os.rename(name, grave, src_dir_fd=parent, dst_dir_fd=trash)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            delete_in(parent, name)
        else:
            self._delete_later(self._folder / grave)
