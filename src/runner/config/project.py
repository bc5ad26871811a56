"""The project that the config is of: whether it can be built, and its name."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from runner.config.syntax import parse, read_text
from runner.config.walk import Walk
from runner.model.errors import ConfigError, Problem
from runner.model.text import Origin

_SEPARATORS = re.compile(r"[-_.]+")


class Project(Struct, frozen=True):
    """What a package root says of itself. `described` says that there is a `[project]` table."""

    buildable: bool
    described: bool
    name: str | None


def look_at(root: Path, shown: str, walk: Walk) -> Project:
    """Look at a package root. A pyproject.toml, named `shown`, that cannot be read is kept as a problem."""
    file = root / "pyproject.toml"
    data: Mapping[str, object] = {}
    has_setup = False
    try:
        has_setup = (root / "setup.py").is_file()
        if file.exists():
            data = parse(read_text(file, shown), shown)
    except ConfigError as error:
        for problem in error.problems:
            walk.add(problem)
    except OSError as error:
        walk.add(Problem(f"cannot be read: {error.strerror}", Origin(shown, 0, "")))
    about = data.get("project")
    name = about.get("name") if isinstance(about, dict) else None
    return Project(
        buildable=has_setup or isinstance(data.get("build-system"), dict),
        described=isinstance(about, dict),
        name=_SEPARATORS.sub("-", name).lower() if isinstance(name, str) else None,
    )
