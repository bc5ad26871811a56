"""Generated tox.ini files mean to runner what they mean to tox.

Thousands of them with `RUNNER_DIFFERENTIAL=1`, which also looks for the smallest that fails.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.differential.answers import BrokenError
from tests.differential.inis import FILES, HOST, Ini, inis
from tests.differential.sides import LONG, Sides

from runner.testing import Project

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A Python project whose tox.ini is written anew for each example."""
    project = Project(tmp_path_factory.mktemp("generated"))
    project.file(
        "pyproject.toml",
        """
        [build-system]
        requires = []
        [project]
        name = "generated"
        version = "1"
        optional-dependencies = { x = [], foo-bar = [] }
        [dependency-groups]
        test = ["six"]
        """,
    )
    project.write(FILES)
    return project


@settings(
    max_examples=2000 if LONG else 25,
    derandomize=not LONG,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else [])],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(ini=inis())
def test_a_generated_config_means_what_it_means_to_tox(ini: Ini, sides: Sides, generated: Project) -> None:
    Path(generated.root, "tox.ini").write_text(ini.text, encoding="utf-8")
    try:
        sides.agree(generated, env=HOST, posargs=ini.posargs)
    except BrokenError:
        return
    except AssertionError as error:
        raise AssertionError(f"{error}\n\n{ini.text}\n-- {ini.posargs}") from None
