"""A wheel: its name, version and tags, which Pythons it is for, and what it depends on."""

import hashlib
import re
from pathlib import Path

from msgspec import Struct
from packaging.specifiers import SpecifierSet

from runner.model.environment import Built
from runner.model.python import Interpreter

_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_NAMES = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


class WheelError(ValueError):
    """The file is no wheel that could be installed."""


class Wheel(Struct, frozen=True, kw_only=True):
    """A wheel file at the absolute `path`; `requires_python` is a specifier, empty when it has none.

    `name` is normalized, `tags` are whole ones such as `py3-none-any`. `dependencies` are those of all
    extras, which `provides` names, normalized; both are sorted.
    """

    path: str
    sha256: str
    name: str
    version: str
    tags: frozenset[str]
    requires_python: str
    dependencies: tuple[str, ...]
    provides: tuple[str, ...]


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


def specifiers(text: str) -> SpecifierSet:
    """Return what a Requires-Python says. Raises ValueError, also for numbers that no version can be."""
    found = SpecifierSet(text)
    for each in found:
        each.contains("3")  # which is when numbers of thousands of digits are refused
    return found


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


def as_built(wheel: Wheel, *, editable: bool = False, how: str = "", notes: tuple[str, ...] = ()) -> Built:
    """Return the wheel as what a cell installs of the project."""
    return Built(
        path=wheel.path,
        sha256=wheel.sha256,
        name=wheel.name,
        version=wheel.version,
        kind="editable" if editable else "wheel",
        requires_python=wheel.requires_python,
        dependencies=wheel.dependencies,
        provides=wheel.provides,
        how=how,
        notes=notes,
    )
