"""Deleting folders so that nothing outside of them is touched, whatever is done to them meanwhile.

Each folder is opened by its name in the one above it, links refused, and emptied by its descriptor: a link
that takes a folder's place is itself deleted, and where it leads to is left alone.
"""

# Each cell of each run has its old environment deleted: Path objects would take half of the time.
# ruff: noqa: PTH101, PTH115, PTH123

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW

_DEEPEST = 64
"""So many folders within each other are open at a time; one that is deeper is moved up, and comes later."""


def delete(path: Path) -> None:
    """Delete a file, a link, or a folder with all below it, folders without permissions included.

    No link is followed: the folder that `path` is in must be none either. What somebody else deletes
    meanwhile is fine. Raises OSError for what cannot be deleted, such as a folder with a mounted one in it.
    """
    with suppress(FileNotFoundError):
        parent = os.open(path.parent, _FOLDER)
        try:
            delete_in(parent, path.name)
        except OSError as error:
            raise _named(path, error) from error
        finally:
            os.close(parent)


def delete_in(parent: int, name: str) -> None:
    """Delete what has that name in the folder of this descriptor, as `delete` does."""
    with suppress(FileNotFoundError):
        try:
            top = open_folder(name, parent)
        except NotADirectoryError:
            os.unlink(name, dir_fd=parent)
            return
        try:
            _refuse_mounts(top)
            while _empty(top, top, 1):
                pass
        finally:
            os.close(top)
        os.rmdir(name, dir_fd=parent)


def open_folder(name: Path | str, parent: int | None) -> int:
    """Return a descriptor of a folder, with all permissions for us. Raises OSError; a link is no folder."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        _unlock(name, parent)
        folder = os.open(name, _FOLDER, dir_fd=parent)
    if os.fstat(folder).st_mode & stat.S_IRWXU != stat.S_IRWXU:
        with suppress(PermissionError):  # somebody else's: it may be empty
            os.fchmod(folder, stat.S_IRWXU)
    return folder


def _empty(folder: int, top: int, level: int) -> bool:
    """Delete all that is in the folder; return whether something was moved up to `top` instead."""
    moved = False
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                moved = _delete_below(entry.name, folder, top, level) or moved
            else:
                try:
                    os.unlink(entry.name, dir_fd=folder)
                except FileNotFoundError:
                    continue
    return moved


def _delete_below(name: str, parent: int, top: int, level: int) -> bool:
    try:
        folder = open_folder(name, parent)
    except FileNotFoundError:
        return False
    except NotADirectoryError:  # it was one when it was listed
        os.unlink(name, dir_fd=parent)
        return False
    try:
        if level == _DEEPEST:
            os.rename(name, f"deep-{token_hex(8)}", src_dir_fd=parent, dst_dir_fd=top)
            return True
        moved = _empty(folder, top, level + 1)
    finally:
        os.close(folder)
    with suppress(FileNotFoundError):
        os.rmdir(name, dir_fd=parent)
    return moved


def _unlock(name: Path | str, parent: int | None) -> None:
    """Give us all permissions for a folder that cannot be opened without."""
    if sys.platform != "linux":
        os.chmod(name, stat.S_IRWXU, dir_fd=parent, follow_symlinks=False)
        return
    place = os.open(name, _FOLDER | os.O_PATH, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{place}", stat.S_IRWXU)  # fchmod does not take such a descriptor
    finally:
        os.close(place)


def _refuse_mounts(folder: int) -> None:
    """Raise OSError where another folder, which is not ours, is mounted at this one or below."""
    try:
        place = os.fsencode(os.readlink(f"/proc/self/fd/{folder}"))
        with open("/proc/self/mountinfo", "rb") as file:
            mounts = file.read()
    except FileNotFoundError:  # another system, or one that hides it
        return
    own = _escaped(place)
    if b" " + own not in mounts:
        return
    for line in mounts.splitlines():
        point = line.split(b" ")[4]
        if (point + b"/").startswith(own + b"/"):
            raise OSError(errno.EBUSY, "something is mounted there, unmount it", os.fsdecode(point))


def _named(path: Path, error: OSError) -> OSError:
    """Return the error by the name of all that was to be deleted: its own is that in one of the folders."""
    inside = "" if error.filename == path.name else f": {error.filename} in it"
    return OSError(error.errno, f"{error.strerror}{inside}", str(path))


def _escaped(path: bytes) -> bytes:
    """Write a path as the system's list of mounts has it."""
    for character in (b"\\", b" ", b"\t", b"\n"):
        path = path.replace(character, b"\\%03o" % character[0])
    return path
