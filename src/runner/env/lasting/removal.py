"""Removing lasting environments, beside runners that bring them in step: these are waited for."""

from pathlib import Path

from runner.env.lasting.aside import put_back
from runner.env.lasting.record import lasting_folder, mutex_name
from runner.env.mutex import Mutexes
from runner.env.trash import Trash
from runner.model.layout import LASTING
from runner.model.ports import Stop


def remove(work_dir: Path, name: str, mutexes: Mutexes, stop: Stop) -> None:
    """Remove the environment of that folder name, which must be ours.

    Raises OSError, CellError, and Cancelled when `stop` rises while it waits.
    """
    trash = Trash(work_dir)
    try:
        with mutexes.hold(mutex_name(name), stop, f"{LASTING}/{name}"):
            folder = lasting_folder(work_dir, name)
            put_back(folder)
            trash.discard(folder)  # gone at once: should we be killed, nothing is half
    finally:
        trash.close()
