"""The config of a project that has none: one session, `dev`, made of what the project says of itself."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from runner.config.project import Project, look_at
from runner.config.syntax import parse, read_text
from runner.config.walk import Walk, anything
from runner.model.config import Config, Package, Session
from runner.model.errors import ConfigError, Problem
from runner.model.python import PythonSpec, parse_python
from runner.model.settings import Layer
from runner.model.text import Literal, Origin

SESSION = "dev"
_REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "dev-requirements.txt")

SIGNS = ("pyproject.toml", "setup.py", *_REQUIREMENTS)
"""Files of which one must be there."""

_FOR_WORK = ("dev", "test", "tests")
"""The dependency groups and extras that people work with."""

_NEWEST, _OLDEST = 20, 6
"""Minor releases of Python 3 that are tried where the project says which it takes, the newest first."""

_PATCHES = 40
_SEPARATORS = re.compile(r"[-_.]+")


class Bare(NamedTuple):
    """The config that was made, and lines that tell what it was made of."""

    config: Config
    notes: tuple[str, ...]


def find_bare(start: Path) -> Path | None:
    """Return the nearest folder, upwards, of a project; the search ends at one that holds `.git`."""
    for folder in (start, *start.parents):
        if any(os.path.isfile(folder / name) for name in SIGNS):  # noqa: PTH113 - Path raises in a locked folder
            return folder
        if os.path.lexists(folder / ".git"):
            break
    return None


def bare_config(root: Path, version: tuple[int, int, int]) -> Bare:
    """Return the config of the project in `root`; `version` is that of the Python that runs runner.

    Raises ConfigError for a pyproject.toml that cannot be read.
    """
    file = root / "pyproject.toml"
    walk = Walk(file.name, (), {}, anything, anything)
    about = look_at(root, file.name, walk)
    walk.finish()
    document = parse(read_text(file, file.name), file.name) if file.exists() else {}
    values, taken = _installed(root, about, document)
    python, why = _python(root, document, version)
    if why:
        taken = (*taken, why)
    shown = next(name for name in SIGNS if (root / name).is_file())
    session = Session(
        name=SESSION,
        origin=Origin(shown, 0, ""),
        description="what the project says of itself",
        python=python,
        layers=(Layer(name=SESSION, values=values, origins={}),),
    )
    config = Config(
        file=str(root / shown),
        root=str(root),
        sessions=(session,),
        package=Package(buildable=about.buildable, name=about.name),
    )
    return Bare(config, (f"no config: the environment {SESSION} is made of {', '.join(taken)}",))


def _installed(
    root: Path, about: Project, document: Mapping[str, object]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the settings of what is installed, and say what that is."""
    package = "wheel" if about.buildable else "deps-only" if about.described else "none"
    extras = _named(_table(document, "project").get("optional-dependencies")) if package != "none" else ()
    groups = _named(document.get("dependency-groups"))
    files = tuple(name for name in _REQUIREMENTS if (root / name).is_file())
    words = {"wheel": ("the project",), "deps-only": ("the project's dependencies",)}
    taken = (
        *words.get(package, ()),
        *(f"its extra {name}" for name in extras),
        *(f"the dependency group {name}" for name in groups),
        *files,
    )
    values: dict[str, object] = {
        "package": Literal(package),
        "extras": tuple(map(Literal, extras)),
        "groups": tuple(map(Literal, groups)),
        "deps": tuple(Literal(f"-r {name}") for name in files),
    }
    return values, taken or ("nothing but a Python: the project names no dependencies",)


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = document.get(name)
    return table if isinstance(table, dict) else {}


def _named(table: object) -> tuple[str, ...]:
    """Return those names in the table that people work with."""
    names = table if isinstance(table, dict) else {}
    return tuple(name for name in names if _SEPARATORS.sub("-", str(name)).lower() in _FOR_WORK)


def _python(
    root: Path, document: Mapping[str, object], version: tuple[int, int, int]
) -> tuple[PythonSpec | None, str]:
    """Return the Python to ask for, None for the one that runs runner, and say what chose it."""
    pinned = _pinned(root / ".python-version")
    if pinned is not None:
        return pinned, f"Python {pinned.text}, as .python-version says"
    wanted = _table(document, "project").get("requires-python")
    if not isinstance(wanted, str):
        return None, ""
    try:
        specifiers = SpecifierSet(wanted)
    except InvalidSpecifier as error:
        place = Origin("pyproject.toml", 0, "project.requires-python")
        raise ConfigError(Problem(f"{wanted!r} is no requirement on versions", place)) from error
    if specifiers.contains(".".join(map(str, version))):
        return None, ""
    fitting = tuple(_fitting(specifiers))
    if not fitting:
        place = Origin("pyproject.toml", 0, "project.requires-python")
        raise ConfigError(Problem(f"no Python 3 that runner knows is {wanted}", place))
    python, *others = fitting
    spec = PythonSpec(text=python.text, version=python.version, others=tuple(others))
    return spec, f"the newest Python {wanted} that is installed, as requires-python says"


def _pinned(file: Path) -> PythonSpec | None:
    """Return the first version that the file names; other words, such as `system`, leave the choice to us."""
    try:
        words = file.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return None
    return next(filter(None, map(parse_python, words)), None)


def _fitting(specifiers: SpecifierSet) -> Iterator[PythonSpec]:
    for minor in range(_NEWEST, _OLDEST - 1, -1):
        if any(specifiers.contains(f"3.{minor}.{patch}") for patch in range(_PATCHES)):
            yield PythonSpec(text=f"3.{minor}", version=(3, minor))
