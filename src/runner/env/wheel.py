"""Read a wheel: its name, version and tags, and which Pythons it is for."""

import hashlib
import re
import zipfile
from pathlib import Path

from msgspec import Struct
from packaging.metadata import parse_email
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from runner.model.python import Interpreter

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_NAMES = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


class WheelError(ValueError):
    """The file is no wheel that could be installed."""


class Wheel(Struct, frozen=True, kw_only=True):
    """A wheel file at the absolute `path`; `requires_python` is a specifier, empty when it has none.

    `name` is normalized, `tags` are whole ones such as `py3-none-any`, `members` the paths in it.
    """

    path: str
    sha256: str
    name: str
    version: str
    tags: frozenset[str]
    requires_python: str
    members: tuple[str, ...]


def read_wheel(path: Path, *, expected: str = "") -> Wheel:
    """Read the wheel at `path`. Raises WheelError when it is none, OSError when it cannot be read.

    With `expected`, a file of another sha256 is an error, too, and nothing in it is read.
    """
    sha256 = sha256_of(path)
    if expected and sha256 != expected:
        raise WheelError(f"{path} has the hash {sha256}, and not {expected}")
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise WheelError(f"{path.name} is not a wheel's name: {error}") from error
    members, metadata = _content(path)
    raw, _ = parse_email(metadata)
    return Wheel(
        path=str(path.absolute()),
        sha256=sha256,
        name=name,
        version=str(version),
        tags=frozenset(map(str, tags)),
        requires_python=_checked_specifier(raw.get("requires_python", ""), path),
        members=members,
    )


def metadata_of(path: Path) -> str:
    """Return the METADATA of the wheel at `path`. Raises WheelError and OSError, as `read_wheel`."""
    return _content(path)[1].decode(errors="replace")


def sha256_of(path: Path) -> str:
    """Return the hash of a file's content, in hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def suits(wheel: Wheel, interpreter: Interpreter) -> bool:
    """Say whether one of the wheel's tags is among those that the interpreter takes."""
    return not wheel.tags.isdisjoint(interpreter.tags)


def excludes(requires_python: str, interpreter: Interpreter) -> bool:
    """Say whether the specifier rules the interpreter out; as for pip, 3.14.0rc1 counts as 3.14.0."""
    release = _RELEASE.match(interpreter.version)
    return bool(requires_python and release) and not SpecifierSet(requires_python).contains(
        release.group() if release else "", prereleases=True
    )


def python_name(interpreter: Interpreter) -> str:
    """Return what people call the interpreter, such as `CPython 3.12.1`."""
    name = _NAMES.get(interpreter.implementation.lower(), interpreter.implementation)
    return f"{name} {interpreter.version}" + ("t" if interpreter.free_threaded else "")


def _content(path: Path) -> tuple[tuple[str, ...], bytes]:
    """Return the paths in a wheel, and its METADATA."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = tuple(archive.namelist())
            metadata = next((m for m in members if _METADATA.fullmatch(m)), None)
            if metadata is None:
                raise WheelError(f"{path} is no wheel: it has no *.dist-info/METADATA")
            return members, archive.read(metadata)
    except zipfile.BadZipFile as error:
        raise WheelError(f"{path} is no wheel: {error}") from error


def _checked_specifier(text: str, path: Path) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise WheelError(f"{path.name}: its metadata has a Requires-Python that is none: {error}") from error
    return text
