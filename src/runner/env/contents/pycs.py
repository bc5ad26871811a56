"""Compiled modules outside of the environment that they were compiled in: taken from one, put into others.

Python takes a `.pyc` when the time (in seconds) and the size of the source are those in its header. So a
stored one serves each environment that has the very same source: a link to the same file in the installer's
cache, or an equal copy, whose time is then set.
"""

# There are thousands of paths in a second: as text they cost a fraction of what Path objects do.
# ruff: noqa: PTH103, PTH105, PTH108, PTH114, PTH116, PTH118, PTH119, PTH120, PTH123

import hashlib
import os
import shutil
import struct
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from runner.model.encode import decoded

_MANIFEST = "manifest.json"
_PYCACHE = "__pycache__"
_HEADER = 16
_MASK = 0xFFFFFFFF
_STEP = 1000
"""Nanoseconds between the times of stored files."""

DAMAGED = "the stored ones were damaged"
OUTDATED = "the installed sources are others"


class Pyc(Struct, frozen=True, array_like=True, gc=False):
    """One compiled module. `path` and `source` are relative to site-packages, times are nanoseconds.

    `size`, `mtime`, `inode` and `sha256` are those of the source when it was compiled; `stored_size` and
    `stored_mtime` those of the stored file.
    """

    path: str
    source: str
    size: int
    mtime: int
    inode: int
    sha256: str
    stored_size: int
    stored_mtime: int


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry of the store holds: the n-th of `pycs` is the file `<files>/<n>`.

    `name` is that of the entry. `files` is the name of a folder that no other entry has ever had: a link made
    while another runner replaces the entry fails, rather than giving one module the bytecode of another.
    `refused` are the paths of modules that were wanted, and can or may not be here: it is not tried again.
    """

    name: str
    files: str
    pycs: tuple[Pyc, ...]
    refused: tuple[str, ...]

    def paths(self) -> frozenset[str]:
        """Return the paths of the compiled modules."""
        return frozenset(pyc.path for pyc in self.pycs)

    def known(self) -> frozenset[str]:
        """Return the paths of all modules that need not be compiled: they are here, or refused."""
        return self.paths().union(self.refused)


class Entry(Struct, frozen=True):
    """What an entry holds, and the folder that it is in."""

    folder: Path
    manifest: Manifest

    def files(self) -> str:
        """Return the absolute path of the folder with the stored files."""
        return f"{self.folder}/{self.manifest.files}"


class Checked(Struct, frozen=True):
    """How a manifest fits an environment: it does when `fault` is empty.

    `changed` are sources that were modified in place since, in the installer's cache, too. `copies` are those
    that are equal, and have another time.
    """

    fault: str = ""
    changed: tuple[str, ...] = ()
    copies: tuple[Pyc, ...] = ()


def empty(name: str) -> Entry:
    """Return an entry of that name without modules; it fits every environment."""
    return Entry(Path(), Manifest(name, "", (), ()))


def read_entry(folder: Path, name: str) -> Entry | None:
    """Return the entry in `folder`; None when its manifest is broken, or that of another one."""
    try:
        manifest = decoded((folder / _MANIFEST).read_bytes(), Manifest)
    except (OSError, ValueError):  # msgspec's errors, and those of text that is no UTF-8
        return None
    return Entry(folder, manifest) if manifest.name == name else None


def collect(
    base: Entry, site: str, paths: AbstractSet[str], refused: AbstractSet[str], folder: Path
) -> Entry:
    """Make a new entry in the new `folder`, by links: of all in `base`, and the modules `paths` of `site`.

    Those of `paths` that are not there, or do not fit their source, are refused like the `refused`. Raises
    OSError.
    """
    manifest = base.manifest
    files = f"files-{token_hex(6)}"
    made = Entry(folder, replace(manifest, files=files))
    (folder / files).mkdir(parents=True)
    pycs = list(manifest.pycs)
    for number, pyc in enumerate(pycs):
        _place(f"{base.files()}/{number}", f"{made.files()}/{number}")
        os.utime(f"{made.files()}/{number}", ns=(pyc.stored_mtime, pyc.stored_mtime))
    for path in sorted(paths):
        fitting = _fitting(path, site)
        if fitting is not None:
            stored = f"{made.files()}/{len(pycs)}"
            _place(f"{site}/{path}", stored)
            pycs.append(_timed(fitting, stored, pycs))
    without = {*manifest.refused, *refused, *paths} - {pyc.path for pyc in pycs}
    made = Entry(folder, replace(made.manifest, pycs=tuple(pycs), refused=tuple(sorted(without))))
    (folder / _MANIFEST).write_bytes(msgspec.json.encode(made.manifest))
    return made


def check(entry: Entry, site: str) -> Checked:
    """Compare an entry with its manifest, and with the sources in `site`; nothing is changed."""
    faults = set()
    changed = []
    copies = []
    files = entry.files()
    for number, pyc in enumerate(entry.manifest.pycs):
        if not _is_whole(pyc, f"{files}/{number}"):
            faults.add(DAMAGED)
        match _source_state(pyc, f"{site}/{pyc.source}"):
            case "changed":
                changed.append(pyc.source)
            case "copy":
                copies.append(pyc)
            case "other":
                faults.add(OUTDATED)
    return Checked(min(faults, default=""), tuple(changed), tuple(copies))


def put(entry: Entry, site: str, copies: tuple[Pyc, ...]) -> None:
    """Link the modules of an entry that was checked into `site`; copy them where links cannot be.

    Raises OSError; FileNotFoundError when the entry goes away meanwhile: what is there by then is right.
    """
    for pyc in copies:
        os.utime(f"{site}/{pyc.source}", ns=(pyc.mtime, pyc.mtime))
    for caches in {os.path.dirname(pyc.path) for pyc in entry.manifest.pycs}:
        os.makedirs(f"{site}/{caches}", exist_ok=True)
    files = entry.files()
    for number, pyc in enumerate(entry.manifest.pycs):
        _place(f"{files}/{number}", f"{site}/{pyc.path}")


def source_of(path: str) -> str:
    """Return the path of the source that the `.pyc` at `path` was compiled from; a tag has no dots."""
    caches, name = os.path.split(path)
    module = name.removesuffix(".pyc").rpartition(".")[0]
    return os.path.join(os.path.dirname(caches), f"{module}.py")


def is_pyc(path: str) -> bool:
    """Say whether the path is that of a compiled module in a `__pycache__`."""
    return path.endswith(".pyc") and os.path.basename(os.path.dirname(path)) == _PYCACHE


def _fitting(path: str, site: str) -> Pyc | None:
    """Describe a compiled module, without the stored file; None when Python would not take it."""
    source = source_of(path)
    try:
        status = os.stat(f"{site}/{source}")
        with open(f"{site}/{path}", "rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return None
    expected = struct.pack("<II", int(status.st_mtime) & _MASK, status.st_size & _MASK)
    # Time and size are the last eight bytes of the header, which Python 3.7 made longer, from 12 bytes.
    if expected not in (header[8:16], header[4:12]):
        return None
    return Pyc(
        path=path,
        source=source,
        size=status.st_size,
        mtime=status.st_mtime_ns,
        inode=status.st_ino,
        sha256=_sha256(f"{site}/{source}"),
        stored_size=0,
        stored_mtime=0,
    )


def _timed(pyc: Pyc, stored: str, before: list[Pyc]) -> Pyc:
    """Give the stored file a time that no other one of its entry has: one that is swapped shows."""
    time = before[-1].stored_mtime - _STEP if before else os.stat(stored).st_mtime_ns
    os.utime(stored, ns=(time, time))
    status = os.stat(stored)
    return replace(pyc, stored_size=status.st_size, stored_mtime=status.st_mtime_ns)


def _is_whole(pyc: Pyc, stored: str) -> bool:
    try:
        status = os.stat(stored)
    except OSError:
        return False
    return status.st_size == pyc.stored_size and status.st_mtime_ns == pyc.stored_mtime


def _source_state(pyc: Pyc, source: str) -> Literal["same", "copy", "changed", "other"]:
    """Compare a source with what it was; `changed`: it is shared, and the same file with other text."""
    try:
        status = os.stat(source)
    except OSError:
        return "other"
    if status.st_mtime_ns == pyc.mtime and status.st_size == pyc.size:
        return "same"
    equal = status.st_size == pyc.size and _sha256(source) == pyc.sha256
    if status.st_nlink > 1 or os.path.islink(source):
        return "changed" if status.st_ino == pyc.inode and not equal else "other"
    return "copy" if equal else "other"


def _place(stored: str, target: str) -> None:
    """Make `target` a link to the file `stored`; where no link can be, a copy. It appears whole."""
    try:
        os.link(stored, target)
    except FileExistsError:
        os.unlink(target)
        _place(stored, target)
    except FileNotFoundError:
        raise
    except OSError:
        part = f"{target}.{token_hex(4)}"
        try:
            shutil.copyfile(stored, part)
            os.replace(part, target)
        except OSError:
            with suppress(OSError):
                os.unlink(part)
            raise


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
