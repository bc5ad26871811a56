"""Read the file of a wheel."""

import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from runner.env.package.wheel import Wheel, WheelError, sha256_of, specifiers

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,  # names that are no text
    RuntimeError,  # encrypted, or packed in a way that zipfile does not know
)

_LONGEST_METADATA = 16 * 1024 * 1024
"""Bytes; a few kilobytes can be unpacked to as many gigabytes."""

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def read_wheel(path: Path) -> Wheel:
    """Read the wheel at `path`. Raises WheelError when it is none, OSError when it cannot be read."""
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise WheelError(f"{path.name} is not a wheel's name: {error}") from error
    raw = _parsed(path)
    return Wheel(
        path=str(path.absolute()),
        sha256=sha256_of(path),
        name=name,
        version=str(version),
        tags=frozenset(map(str, tags)),
        requires_python=_checked_specifier(raw.get("requires_python", ""), path),
        dependencies=tuple(sorted(map(_spelled, raw.get("requires_dist", [])))),
        provides=tuple(sorted({canonicalize_name(extra) for extra in raw.get("provides_extra", [])})),
    )


def _parsed(path: Path) -> RawMetadata:
    try:
        return parse_email(_metadata(path))[0]
    except RecursionError as error:
        raise WheelError(f"{path} is no wheel: its METADATA is nested too deeply") from error


def _spelled(line: str) -> str:
    """Return a requirement as `packaging` writes it: backends differ in blanks and quotes."""
    try:
        return str(Requirement(line))
    except (ValueError, RecursionError):
        return line  # whoever installs it says so


def packed_in(path: Path) -> tuple[str, ...]:
    """Return the paths in the wheel, which was read before. Raises OSError."""
    with zipfile.ZipFile(path) as archive:
        return tuple(archive.namelist())


def _metadata(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = next((m for m in archive.infolist() if _METADATA.fullmatch(m.filename)), None)
            size = 0 if metadata is None else metadata.file_size
            if metadata is not None and size <= _LONGEST_METADATA:
                return archive.read(metadata)
    except _BROKEN as error:
        raise WheelError(f"{path} is no wheel: {error}") from error
    if metadata is None:
        raise WheelError(f"{path} is no wheel: it has no *.dist-info/METADATA")
    raise WheelError(
        f"{path} is no wheel: its METADATA has {size:,} bytes; at most {_LONGEST_METADATA:,} are read"
    )


def _checked_specifier(text: str, path: Path) -> str:
    try:
        return str(specifiers(text))
    except ValueError as error:
        raise WheelError(f"{path.name}: its metadata has a Requires-Python that is none: {error}") from error
