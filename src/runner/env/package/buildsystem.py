"""Read how a project is built: `[build-system]` of its pyproject.toml, or what stands for it."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import msgspec
from msgspec import Struct
from packaging.requirements import Requirement

from runner.env.package.wheel import specifiers
from runner.model.encode import converted
from runner.model.nearest import closest
from runner.model.toml import parse

_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_KEYS = ("requires", "build-backend", "backend-path")


class BuildSystemError(ValueError):
    """The project does not say how it is built, or says it wrongly; the text is for people."""


class BuildSystem(Struct, frozen=True, kw_only=True):
    """How a project is built.

    `backend` is an object reference, `backend_path` holds folders relative to the project.
    `requires_python` is what `[project]` says statically, or empty.
    """

    requires: tuple[str, ...] = ("setuptools",)
    backend: str = _LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()
    requires_python: str = ""


class _Table(Struct, frozen=True, rename="kebab"):
    requires: tuple[str, ...]
    build_backend: str = _LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()


class _Document(Struct, frozen=True, rename="kebab"):
    build_system: dict[str, object] | None = None
    project: dict[str, object] | None = None


def read_build_system(root: Path) -> BuildSystem:
    """Read the project at `root`. Raises BuildSystemError when it cannot be built as it stands."""
    file = root / "pyproject.toml"
    try:
        content = file.read_bytes().decode()
    except FileNotFoundError:
        return _without_pyproject(root)
    except OSError as error:
        raise BuildSystemError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BuildSystemError(f"{file}: {_in_words(error)}") from error
    try:
        document = converted(parse(content), _Document)
    except ValueError as error:
        raise BuildSystemError(f"{file}: {_in_words(error)}") from error
    required = _requires_python(document.project, file)
    if document.build_system is not None:
        return _from_table(document.build_system, required, file)
    if document.project is None and not (root / "setup.py").is_file():
        raise BuildSystemError(
            f"{root} cannot be built: its pyproject.toml has neither [build-system] nor [project], and"
            ' there is no setup.py; add a [build-system], or set package = "none"'
        )
    return BuildSystem(requires_python=required)


def _without_pyproject(root: Path) -> BuildSystem:
    if (root / "setup.py").is_file():
        return BuildSystem()
    raise BuildSystemError(
        f"{root} cannot be built: it has neither a pyproject.toml nor a setup.py;"
        ' set package = "none", or [package] root'
    )


def _from_table(table: dict[str, object], required: str, file: Path) -> BuildSystem:
    for key in table:
        if key not in _KEYS:
            near = closest(key, _KEYS)
            meant = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(_KEYS)}"
            raise BuildSystemError(f"{file}: build-system.{key}: unknown key{meant}")
    try:
        known = converted(table, _Table)
    except msgspec.ValidationError as error:
        raise BuildSystemError(f"{file}: build-system: {_in_words(error)}") from error
    for text in known.requires:
        _check_requirement(text, file)
    for text in known.backend_path:
        _check_backend_path(text, file)
    if not all(part.isidentifier() for part in known.build_backend.replace(":", ".", 1).split(".")):
        raise BuildSystemError(
            f"{file}: build-system.build-backend: {known.build_backend!r} is no module or module:object"
        )
    return BuildSystem(
        requires=known.requires,
        backend=known.build_backend,
        backend_path=known.backend_path,
        requires_python=required,
    )


def _check_requirement(text: str, file: Path) -> None:
    try:
        Requirement(text)
    except (ValueError, RecursionError) as error:
        message = f"{file}: build-system.requires: {text!r} is no requirement: {error}"
        raise BuildSystemError(message) from error


def _check_backend_path(text: str, file: Path) -> None:
    where = f"{file}: build-system.backend-path"
    path = PurePosixPath(text)
    if path.is_absolute() or PureWindowsPath(text).drive:
        raise BuildSystemError(f"{where}: {text!r} must be relative to the project")
    place = (file.parent / path).resolve()
    if not place.is_relative_to(file.parent.resolve()):
        raise BuildSystemError(f"{where}: {text!r} is outside the project")
    if not place.is_dir():
        raise BuildSystemError(f"{where}: there is no folder {text!r} in the project")


def _requires_python(project: dict[str, object] | None, file: Path) -> str:
    text = (project or {}).get("requires-python", "")
    if not isinstance(text, str):
        raise BuildSystemError(f"{file}: project.requires-python: expected text, not {text!r}")
    try:
        specifiers(text)
    except ValueError as error:
        raise BuildSystemError(f"{file}: project.requires-python: {error}") from error
    return text


def _in_words(error: Exception) -> str:
    return str(error).replace("`$.", "`").replace(" - at `$`", "")
