"""How the project of a tox config is built."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal as OrFalse

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


def package_of_project(project: ToxProject, *, brief: bool) -> Package:
    """Return how the project is built: what the environment that packages it says. Raises ToxError."""
    root = project.core.text("package_root")
    if brief:
        return Package(root=os.path.relpath(root, project.facts.root))
    scope = project.package_env(project.core.text("package_env"))
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
