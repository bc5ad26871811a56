"""The example configs of tox's documentation and of tox's own tests mean to runner what they mean to tox.

Every twelfth of them; all with `RUNNER_DIFFERENTIAL=1`. A message names the file and line of tox's sdist.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.differential.answers import BrokenError
from tests.differential.conftest import give_up
from tests.differential.examples import DOCUMENTED, TESTED, Example, of_docs, of_tests
from tests.differential.fetch import Sdist, fetch
from tests.differential.reach import UnreachableError
from tests.differential.sides import LONG, Sides

from runner.testing import Project

pytestmark = pytest.mark.network

_STEP = 1 if LONG else 12

Read = Callable[[Path], tuple[Example, ...]]


def read_examples(sdist: Sdist, read: Read, cache: Path) -> tuple[Example, ...]:
    try:
        return read(fetch(sdist, cache / "sdists"))
    except UnreachableError as error:
        give_up(error)


@pytest.mark.parametrize(
    ("sdist", "read", "least"),
    [(DOCUMENTED, of_docs, 40), (TESTED, of_docs, 1), (TESTED, of_tests, 250)],
    ids=["documentation", "documentation for plugins", "tests"],
)
def test_examples_mean_what_they_mean_to_tox(
    sdist: Sdist,
    read: Read,
    least: int,
    sides: Sides,
    make_project: Callable[[], Project],
    run_cache: Path,
) -> None:
    examples = read_examples(sdist, read, run_cache)
    assert len(examples) >= least
    wrong = []
    for example in examples[::_STEP]:
        project = make_project()
        for name, text in example.files:
            path = project.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            sides.agree(project)
        except BrokenError:
            continue
        except AssertionError as error:
            wrong.append(f"{sdist} {example.title}: {error}")
    assert not wrong, "\n".join(wrong)
