"""A lock file (PEP 751) as lines of requirements: each package at its version, its files and its marker."""

import os
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec import Struct
from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from runner.compat.tox.errors import ToxError
from runner.compat.tox.files import text_of_file
from runner.compat.tox.scope import Scope
from runner.model.encode import converted
from runner.model.toml import parse

_TRUE, _FALSE = 'python_full_version >= "0"', 'python_full_version < "0"'
_MEMBER = re.compile(r'"(?P<name>[^"]*)" (?P<negated>not )?in (?P<chosen>extras|dependency_groups)')
_UNDECIDED = re.compile(r"\b(?:extras|dependency_groups)\b")
_CONSTANT = re.compile(rf"(?:{_TRUE}|{_FALSE}|and|or|[() ])+")

_Chosen = Mapping[str, AbstractSet[str]]


class _File(Struct, frozen=True):
    """A wheel or an sdist; `hashes` are by algorithm."""

    hashes: dict[str, str] = {}


class _Archive(Struct, frozen=True):
    url: str | None = None
    path: str = "."
    subdirectory: str | None = None
    hashes: dict[str, str] = {}


class _Vcs(Struct, frozen=True, rename="kebab"):
    type: str
    commit_id: str
    url: str | None = None
    path: str = "."
    subdirectory: str | None = None


class _Directory(Struct, frozen=True):
    path: str
    editable: bool = False
    subdirectory: str = ""


class _Package(Struct, frozen=True, rename="kebab"):
    name: str
    version: str | None = None
    marker: str | None = None
    requires_python: str | None = None
    vcs: _Vcs | None = None
    directory: _Directory | None = None
    archive: _Archive | None = None
    sdist: _File | None = None
    wheels: tuple[_File, ...] = ()


class _Lock(Struct, frozen=True, rename="kebab"):
    packages: tuple[_Package, ...]
    default_groups: tuple[str, ...] = ()


def locked_lines(scope: Scope, name: str) -> tuple[str, ...]:
    """Return what the lock that `pylock` names would install, for its extras and groups. Raises ToxError.

    Each line lists the hashes of its package's files, and no other file is taken; an installation refuses
    packages whose files have hashes, but no sha256. Directories and repositories have none. Where no
    groups are asked for, the lock's default groups are.
    """
    path = Path(os.path.join(scope.core.text("package_root"), name))  # noqa: PTH118 - on text
    try:
        lock = converted(parse(text_of_file(path)), _Lock)
    except (OSError, ValueError) as error:
        raise ToxError(f"pylock: {path} cannot be read: {error}") from error
    chosen = {
        "extras": frozenset(map(canonicalize_name, scope.texts("extras"))),
        "dependency_groups": frozenset(
            map(canonicalize_name, scope.texts("dependency_groups") or lock.default_groups)
        ),
    }
    try:
        return tuple(line for package in lock.packages for line in _lines(package, path.parent, chosen))
    except ValueError as error:
        raise ToxError(f"pylock: {path}: {error}") from error


def _lines(package: _Package, folder: Path, chosen: _Chosen) -> Iterator[str]:
    """Yield the line of a package, none where extras and groups decide against it. Raises ValueError."""
    try:
        condition = _condition(package, chosen)
    except (InvalidMarker, InvalidSpecifier) as error:
        raise ValueError(f"{package.name}: {error}") from error
    if condition is None:
        return
    requirement = _requirement(package, folder)
    hashes = "".join(f" --hash={hash_}" for hash_ in _hashes(package))
    yield f"{requirement}{f' ; {condition}' if condition else ''}{hashes}"


def _requirement(package: _Package, folder: Path) -> str:
    version = f"=={package.version}" if package.version else ""
    place, prefix = "", f"{package.name} @ "
    if (vcs := package.vcs) is not None:
        place = f"{vcs.type}+{vcs.url or _uri(folder, vcs.path)}@{vcs.commit_id}{_below(vcs.subdirectory)}"
    elif (archive := package.archive) is not None:
        place = f"{archive.url or _uri(folder, archive.path)}{_below(archive.subdirectory)}"
    elif (directory := package.directory) is not None:
        place = _uri(folder, directory.path, directory.subdirectory)
        prefix = "-e " if directory.editable else prefix
    if re.search(r"\s", f"{package.name}{version}{place}"):
        raise ValueError(f"{package.name} has blanks where none can be: {version}{place}")
    return f"{prefix}{place}" if place else f"{package.name}{version}"


def _uri(folder: Path, *names: str) -> str:
    return Path(os.path.abspath(folder.joinpath(*names))).as_uri()  # noqa: PTH100 - links stay as they are


def _below(subdirectory: str | None) -> str:
    return f"#subdirectory={subdirectory}" if subdirectory else ""


def _hashes(package: _Package) -> Iterator[str]:
    for file in (package.archive, package.sdist, *package.wheels):
        for algorithm, value in file.hashes.items() if file else ():
            if not (algorithm.isalnum() and value.isalnum()):
                raise ValueError(f"{package.name} has a hash that is none: {algorithm}:{value}")
            yield f"{algorithm}:{value}"


def _condition(package: _Package, chosen: _Chosen) -> str | None:
    """Return what of a package's markers the environment decides; None when they hold in none.

    Raises InvalidMarker and InvalidSpecifier.
    """
    marker = _of_environment(package.marker, chosen) if package.marker else ""
    if marker is None:
        return None
    pythons = sorted(
        f"python_full_version {specifier.operator} '{specifier.version}'"
        for specifier in SpecifierSet(package.requires_python or "")
    )
    if marker and pythons:
        marker = f"({marker})"
    return " and ".join((*((marker,) if marker else ()), *pythons))


def _of_environment(marker: str, chosen: _Chosen) -> str | None:
    """Return a marker with what it says of extras and groups decided: all else only the environment knows."""

    def decided(match: re.Match[str]) -> str:
        among = canonicalize_name(match["name"]) in chosen[match["chosen"]]
        return _FALSE if among == bool(match["negated"]) else _TRUE

    parsed = str(Marker(marker))
    if not _UNDECIDED.search(parsed):
        return marker
    text = _MEMBER.sub(decided, parsed)
    if _UNDECIDED.search(text):
        raise InvalidMarker(f"extras and groups of a lock are asked for by `in` and `not in`: {marker}")
    if _CONSTANT.fullmatch(text):
        return "" if Marker(text).evaluate() else None
    return text
