"""The project's wheel before it is built, as far as `[project]` of its pyproject.toml declares it.

Only what is not `dynamic` there is known: backends must take that into the wheel as it is
(https://packaging.python.org/en/latest/specifications/pyproject-toml/).
"""

import zipfile
from pathlib import Path

from msgspec import Struct
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.model.encode import converted
from runner.model.environment import Built
from runner.model.toml import parse

_NEEDED = {"version", "dependencies", "optional-dependencies", "requires-python"}


class _Project(Struct, frozen=True, rename="kebab"):
    name: str
    version: str = ""
    requires_python: str = ""
    dependencies: tuple[str, ...] = ()
    optional_dependencies: dict[str, tuple[str, ...]] = {}
    dynamic: tuple[str, ...] = ()


class _Document(Struct, frozen=True):
    project: _Project


def declared(root: Path, folder: Path) -> Built | None:
    """Write a wheel into `folder` that has the project's metadata and nothing else, and return it.

    None when pyproject.toml does not say all that resolving depends on, or says it wrongly.
    """
    try:
        content = (root / "pyproject.toml").read_text(encoding="utf-8")
        project = converted(parse(content), _Document).project
        if not project.version or not _NEEDED.isdisjoint(project.dynamic):
            return None
        file = _write(folder, project)
        return as_built(read_wheel(file))
    except (OSError, ValueError, RecursionError):  # whoever builds it says what is wrong
        return None


def _write(folder: Path, project: _Project) -> Path:
    name = canonicalize_name(project.name, validate=True).replace("-", "_")
    metadata = _metadata(project)
    stem = f"{name}-{Version(project.version)}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{stem}-py3-none-any.whl"
    info = f"{stem}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


def _metadata(project: _Project) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {project.name}", f"Version: {Version(project.version)}"]
    if project.requires_python:
        lines.append(f"Requires-Python: {SpecifierSet(project.requires_python)}")
    lines += [f"Requires-Dist: {Requirement(line)}" for line in project.dependencies]
    for extra, wanted in project.optional_dependencies.items():
        name = canonicalize_name(extra)
        lines += [f"Provides-Extra: {name}", *(f"Requires-Dist: {_of_extra(line, name)}" for line in wanted)]
    return "\n".join((*lines, "", ""))


def _of_extra(line: str, extra: str) -> str:
    requirement = Requirement(line)
    own = f'extra == "{extra}"'
    requirement.marker = Marker(f"({requirement.marker}) and {own}" if requirement.marker else own)
    return str(requirement)
