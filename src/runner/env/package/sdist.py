"""Unpack an sdist, letting nothing out of its folder."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

MOST_MEMBERS = 200_000
MOST_BYTES = 4 * 1024**3
"""Unpacked: beyond these an sdist is refused before it fills a disk."""

_LONGEST_READ = 1024 * 1024
"""Bytes. Only headers are read at once, and those of honest archives have a few hundred."""

_BROKEN = (
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,  # names with NUL, numbers that are none
    ArithmeticError,  # times that no file can have
    LookupError,  # encodings that nobody knows
    RecursionError,  # thousands of folders in each other
)


class SdistError(Exception):
    """The file is no sdist that could be built; the text is for people."""


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack into the new `folder` and return the one folder in it. Raises SdistError."""
    folder.mkdir(parents=True)
    try:
        with _opened(sdist) as archive:
            members = list(_members(archive, sdist))
            _check(members, sdist)
            # Older patch releases of 3.10 and 3.11 know no filters: there the check above stands alone.
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(folder, members)  # noqa: S202 - checked above, filtered where Python can
    except _BROKEN as error:
        raise SdistError(f"{sdist} cannot be unpacked: {error}") from error
    entries = tuple(folder.iterdir())
    if len(entries) != 1 or entries[0].is_symlink() or not entries[0].is_dir():
        raise SdistError(f"{sdist} is no sdist: it must hold one folder, and has {len(entries)} entries")
    return entries[0]


def members_of(sdist: Path) -> tuple[str, ...]:
    """Return the paths in the sdist, without its one folder. Raises SdistError."""
    try:
        with _opened(sdist) as archive:
            return tuple(member.name.partition("/")[2] for member in _members(archive, sdist))
    except _BROKEN as error:
        raise SdistError(f"{sdist} cannot be read: {error}") from error


class _Bounded(gzip.GzipFile):
    """A packed archive of which no header, however long it says it is, fills the memory."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _LONGEST_READ:
            raise tarfile.ReadError(f"a header in it says that it has {size} bytes")
        return super().read(size)


@contextmanager
def _opened(sdist: Path) -> Iterator[tarfile.TarFile]:
    with _Bounded(sdist) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
        yield archive


def _members(archive: tarfile.TarFile, sdist: Path) -> Iterator[tarfile.TarInfo]:
    """Yield the members one by one: nothing is read beyond one that is refused. Raises SdistError."""
    size = 0
    for number, member in enumerate(archive):
        if member.size < 0:
            raise SdistError(f"{sdist} is no sdist: {member.name!r} has a size below zero")
        size += member.size
        if number == MOST_MEMBERS or size > MOST_BYTES:
            raise SdistError(
                f"{sdist} is too large to unpack: an sdist has at most {MOST_MEMBERS:,} members"
                f" and {MOST_BYTES:,} bytes in all"
            )
        yield member


def _check(members: list[tarfile.TarInfo], sdist: Path) -> None:
    links = {PurePosixPath(member.name) for member in members if member.issym()}
    for member in members:
        path = PurePosixPath(member.name)
        fault = ""
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            fault = "is neither file, folder nor link"
        elif _leaves(path, 0) or not links.isdisjoint(path.parents):
            fault = "lies outside of it"
        elif _link_leaves(member):
            fault = "is a link that leads outside of it"
        if fault:
            raise SdistError(f"{sdist} is not safe to unpack: {member.name!r} {fault}")


def _link_leaves(member: tarfile.TarInfo) -> bool:
    """Links in the file system start at their own folder, hard links of an archive at its top."""
    depth = len(PurePosixPath(member.name).parts) - 1 if member.issym() else 0
    return (member.issym() or member.islnk()) and _leaves(PurePosixPath(member.linkname), depth)


def _leaves(path: PurePosixPath, depth: int) -> bool:
    """Say whether `path`, seen `depth` folders below the top, may be outside: `..` must stand in front."""
    ups = next((n for n, part in enumerate(path.parts) if part != ".."), len(path.parts))
    return path.is_absolute() or ".." in path.parts[ups:] or ups > depth
