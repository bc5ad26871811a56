"""The tox configs of well-known projects become files of runner with equal cells, or it is said why not.

Three of them; all with `RUNNER_DIFFERENTIAL=1`.
"""

import re
from pathlib import Path

import pytest
from tests.differential.conftest import give_up
from tests.differential.fetch import Sdist, fetch, unpack
from tests.differential.projects import PROJECTS, SAMPLE
from tests.differential.reach import UnreachableError
from tests.differential.sides import LONG

from runner.model.toml import parse
from runner.testing import Project

_GLUED = "{posargs} stands within an argument"
_SEVERAL = "a variable stands for several arguments, or none"
_NO_MINOR = "give it one with X and Y"
_INCOMPLETE = {
    "attrs": _GLUED,
    "coverage": _NO_MINOR,
    "django-environ": _NO_MINOR,
    "django-extensions": _NO_MINOR,
    "hyperlink": _SEVERAL,
    "pluggy": _NO_MINOR,
    "pytest": _SEVERAL,
    "pytest-httpbin": _NO_MINOR,
    "structlog": _GLUED,
    "webob": _NO_MINOR,
    "zope-interface": _NO_MINOR,
}
"""Projects of which not all can be said in runner's own format, and what is told of it."""

_DIFFERS = re.compile(r"^  (\S+): \S+.*\n    was ", re.MULTILINE)

pytestmark = pytest.mark.network


@pytest.mark.parametrize("sdist", PROJECTS if LONG else SAMPLE, ids=str)
def test_a_real_config_is_migrated(sdist: Sdist, project: Project, run_cache: Path) -> None:
    try:
        archive = fetch(sdist, run_cache / "sdists")
    except UnreachableError as error:
        give_up(error)
    project.root.rmdir()
    unpack(archive, project.root)
    (project.root / "runner.toml").unlink(missing_ok=True)
    migrated = project.run("migrate", *named(project.root), "--stdout")
    assert parse(migrated.stdout)["sessions"]
    reason = _INCOMPLETE.get(sdist.name)
    if reason is None:
        migrated.assert_exit(0).assert_said("equal: all")
        return
    migrated.assert_exit(1)
    _, _, left = migrated.stderr.partition("\nnot translated:\n")
    assert reason in left
    assert all(f"  - {env}: " in left for env in _DIFFERS.findall(migrated.stderr))


def named(root: Path) -> tuple[str, ...]:
    """Return the file to name: an sdist may hold several configs."""
    first = ("tox.ini", "tox.toml")
    return next(((name,) for name in first if (root / name).exists()), ())
