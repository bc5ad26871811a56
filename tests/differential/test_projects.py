"""The tox configs of well-known projects mean to runner what they mean to tox.

Three of them; all with `RUNNER_DIFFERENTIAL=1`.
"""

from pathlib import Path

import pytest
from tests.differential.conftest import give_up
from tests.differential.fetch import Sdist, fetch, unpack
from tests.differential.projects import PROJECTS, SAMPLE
from tests.differential.reach import UnreachableError
from tests.differential.sides import LONG, Sides

from runner.testing import Project

pytestmark = pytest.mark.network


@pytest.mark.parametrize("sdist", PROJECTS if LONG else SAMPLE, ids=str)
def test_a_real_config_means_what_it_means_to_tox(
    sdist: Sdist, sides: Sides, project: Project, run_cache: Path
) -> None:
    try:
        archive = fetch(sdist, run_cache / "sdists")
    except UnreachableError as error:
        give_up(error)
    project.root.rmdir()
    unpack(archive, project.root)
    sides.agree(project)
    sides.agree(project, posargs=("-k", "a name"))
