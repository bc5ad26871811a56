"""Unpack an sdist, letting nothing out of its folder."""

import tarfile
import zlib
from pathlib import Path, PurePosixPath

_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError)


class SdistError(ValueError):
    """The file is no sdist that could be built; the text is for people."""


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack into the new `folder` and return the one folder in it. Raises SdistError."""
    folder.mkdir(parents=True)
    try:
        with tarfile.open(sdist, "r:gz") as archive:
            members = archive.getmembers()
            _check(members, sdist)
            # Older patch releases of 3.10 and 3.11 know no filters: there the check above stands alone.
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(folder, members)  # noqa: S202 - checked above, filtered where Python can
    except _BROKEN as error:
        raise SdistError(f"{sdist} cannot be unpacked: {error}") from error
    entries = tuple(folder.iterdir())
    if len(entries) != 1 or not entries[0].is_dir():
        raise SdistError(f"{sdist} is no sdist: it must hold one folder, and has {len(entries)} entries")
    return entries[0]


def members_of(sdist: Path) -> tuple[str, ...]:
    """Return the paths in the sdist, without its one folder. Raises SdistError."""
    try:
        with tarfile.open(sdist, "r:gz") as archive:
            return tuple(name.partition("/")[2] for name in archive.getnames())
    except _BROKEN as error:
        raise SdistError(f"{sdist} cannot be read: {error}") from error


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
