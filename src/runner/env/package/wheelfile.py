"""Read the file of a wheel."""

import re
import zipfile
import zlib
from pathlib import Path

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from runner.env.package.wheel import Wheel, WheelError, sha256_of

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""The last is zipfile's for what it cannot read: encrypted, or packed in a way that it does not know."""

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def read_wheel(path: Path) -> Wheel:
    """Read the wheel at `path`. Raises WheelError when it is none, OSError when it cannot be read."""
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise WheelError(f"{path.name} is not a wheel's name: {error}") from error
    raw, _ = parse_email(_metadata(path))
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


def _spelled(line: str) -> str:
    """Return a requirement as `packaging` writes it: backends differ in blanks and quotes."""
    try:
        return str(Requirement(line))
    except InvalidRequirement:
        return line  # whoever installs it says so


def packed_in(path: Path) -> tuple[str, ...]:
    """Return the paths in the wheel, which was read before. Raises OSError."""
    with zipfile.ZipFile(path) as archive:
        return tuple(archive.namelist())


def _metadata(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = next((m for m in archive.namelist() if _METADATA.fullmatch(m)), None)
            if metadata is None:
                raise WheelError(f"{path} is no wheel: it has no *.dist-info/METADATA")
            return archive.read(metadata)
    except _BROKEN as error:
        raise WheelError(f"{path} is no wheel: {error}") from error


def _checked_specifier(text: str, path: Path) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise WheelError(f"{path.name}: its metadata has a Requires-Python that is none: {error}") from error
