"""A lock file (PEP 751) as lines of requirements: each package at its version, under its marker."""

import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from runner.compat.tox.errors import ToxError
from runner.compat.tox.files import text_of_file
from runner.compat.tox.scope import Scope
from runner.model.toml import TOMLError, parse


def locked_lines(scope: Scope, name: str) -> tuple[str, ...]:
    """Return what the lock that `pylock` names would install, for its extras and groups. Raises ToxError."""
    path = Path(os.path.join(scope.core.text("package_root"), name))  # noqa: PTH118 - on text
    try:
        data = parse(text_of_file(path))
    except (OSError, UnicodeDecodeError, TOMLError) as error:
        raise ToxError(f"pylock: {path} cannot be read: {error}") from error
    packages = data.get("packages")
    if not isinstance(packages, list):
        raise ToxError(f"pylock: {path} has no packages")
    sets = {
        "extras": frozenset(scope.texts("extras")),
        "dependency_groups": frozenset(scope.texts("dependency_groups")),
    }
    return tuple(line for package in packages for line in _lines(package, path, sets))


def _lines(package: object, path: Path, sets: Mapping[str, frozenset[str]]) -> Iterator[str]:
    if not isinstance(package, Mapping) or not isinstance(package.get("name"), str):
        raise ToxError(f"pylock: {path} has a package without a name")
    marker = package.get("marker")
    condition = _condition(marker, sets) if isinstance(marker, str) else ""
    if condition is None:
        return
    yield f"{_requirement(package, path)}{f' ; {condition}' if condition else ''}"


def _requirement(package: Mapping[str, object], path: Path) -> str:
    name = package["name"]
    vcs, archive, directory = (package.get(key) for key in ("vcs", "archive", "directory"))
    if isinstance(vcs, Mapping):
        return f"{name} @ {vcs.get('type')}+{vcs.get('url')}@{vcs.get('commit-id')}"
    if isinstance(archive, Mapping):
        return f"{name} @ {archive.get('url') or (path.parent / str(archive.get('path'))).as_uri()}"
    if isinstance(directory, Mapping):
        return f"{name} @ {(path.parent / str(directory.get('path'))).as_uri()}"
    if not isinstance(package.get("version"), str):
        raise ToxError(f"pylock: {path}: {name} has no version")
    return f"{name}=={package['version']}"


def _condition(marker: str, sets: Mapping[str, frozenset[str]]) -> str | None:
    """Return what of a marker the environment decides; None when extras and groups decide against it."""
    if not any(name in marker for name in sets):
        return marker
    from packaging.markers import InvalidMarker, Marker, default_environment  # noqa: PLC0415 - few locks need it

    try:
        environment: dict[str, str | AbstractSet[str]] = {**sets}
        environment.update({key: str(value) for key, value in default_environment().items()})
        holds = Marker(marker).evaluate(environment, context="lock_file")
    except InvalidMarker as error:
        raise ToxError(f"pylock: {marker!r} is no marker") from error
    return "" if holds else None
