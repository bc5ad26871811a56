"""How the project of a tox config is built."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal as OrFalse

from runner.compat.tox.defaults import package_of
from runner.compat.tox.errors import ToxError
from runner.compat.tox.files import text_of_file
from runner.compat.tox.project import ToxProject
from runner.compat.tox.scope import Scope
from runner.compat.tox.set_env import SetEnv
from runner.model.config import Package
from runner.model.text import Literal, Text
from runner.model.toml import TOMLError, parse

_SEPARATORS = re.compile(r"[-_.]+")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_KINDS = ("sdist", "wheel", "editable")
_STEPS = ("get_requires_for_build", "prepare_metadata_for_build", "build")


def package_of_project(project: ToxProject, names: Iterable[str]) -> Package:
    """Return how the project is built for these environments: as those say that package it for them.

    Raises ToxError, also when these differ, since a run builds the project in one way.
    """
    found: dict[str, Package] = {}
    for name in names:
        packager = _packager_of(project.env(name))
        if packager and packager not in found:
            found[packager] = _package(project, packager)
    ways = list(found)
    for other in ways[1:]:
        if found[other] != found[ways[0]]:
            raise ToxError(
                f"{ways[0]} and {other} package the project in different ways, and a run has one:"
                " give both the same set_env, pass_env, package_root and config_settings,"
                " or select environments of one of them"
            )
    return found[ways[0]] if ways else Package(root=os.path.relpath(_root(project), project.facts.root))


def _root(project: ToxProject) -> str:
    return project.core.text("package_root")


def _packager_of(scope: Scope) -> str:
    """Return the environment that packages the project for another; empty for none, and for commands."""
    try:
        package = package_of(scope)
        if package in {"skip", "external"}:
            return ""
        is_wheel = package in {"wheel", "editable"} and scope.is_set("wheel_build_env")
        return scope.text("wheel_build_env" if is_wheel else "package_env")
    except ToxError:
        return ""  # who runs the environment is told


def _package(project: ToxProject, name: str) -> Package:
    root = _root(project)
    scope = project.package_env(name)
    if scope.is_set("deps"):
        raise ToxError(f"{name}: deps of a build stand in [build-system] of pyproject.toml, as requires")
    return Package(
        root=os.path.relpath(scope.text("package_root"), project.facts.root),
        buildable=any(os.path.exists(os.path.join(root, name)) for name in _PROJECT_FILES),  # noqa: PTH110, PTH118 - on text
        name=_name(Path(root, "pyproject.toml")),
        env=_variables(scope),
        pass_env=tuple(map(Literal, scope.texts("pass_env"))) if scope.is_set("pass_env") else (),
        config_settings=_config_settings(scope),
    )


def _variables(scope: Scope) -> dict[str, Text | OrFalse[False]]:
    """Return what the file sets; what tox adds would make every build another one."""
    set_env = scope.load("set_env")
    if not isinstance(set_env, SetEnv):
        return {}
    return {name: Literal(set_env.value(name) or "") for name in set_env.written()}


def _config_settings(scope: Scope) -> dict[str, str | tuple[str, ...]]:
    merged: dict[str, str | tuple[str, ...]] = {}
    for kind in _KINDS:
        for step in _STEPS:
            table = scope.load(f"config_settings_{step}_{kind}")
            for key, value in table.items() if isinstance(table, Mapping) else ():
                if merged.setdefault(key, value) != value:
                    raise ToxError(
                        f"config_settings: {key} differs between the kinds of builds; runner has one for all"
                    )
    return merged


def _name(file: Path) -> str | None:
    """Return the project's normalized name where its pyproject.toml says it."""
    try:
        project = parse(text_of_file(file)).get("project")
    except (OSError, UnicodeDecodeError, TOMLError):
        return None  # who builds it says what is wrong
    name = project.get("name") if isinstance(project, Mapping) else None
    return _SEPARATORS.sub("-", name).lower() if isinstance(name, str) else None
