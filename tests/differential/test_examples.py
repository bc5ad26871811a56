"""The example configs of tox's documentation and of tox's own tests mean to runner what they mean to tox.

One in 25 of them; all with `RUNNER_DIFFERENTIAL=1`. A message names the file and line of tox's sdist.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct
from tests.differential.answers import BrokenError
from tests.differential.conftest import give_up
from tests.differential.examples import DOCUMENTED, LEFT_OUT, TESTED, Example, of_docs, of_tests
from tests.differential.fetch import Sdist, fetch
from tests.differential.reach import UnreachableError
from tests.differential.sides import LONG, Sides

from runner.testing import Project

pytestmark = pytest.mark.network

_STEP = 1 if LONG else 25

Read = Callable[[Path], tuple[Example, ...]]


class Source(Struct, frozen=True):
    """Where examples are read from, and how many there are at least."""

    sdist: Sdist
    read: Read
    least: int

    def examples(self, cache: Path) -> tuple[Example, ...]:
        try:
            return self.read(fetch(self.sdist, cache / "sdists"))
        except UnreachableError as error:
            give_up(error)


@pytest.mark.parametrize(
    "source",
    [Source(DOCUMENTED, of_docs, 40), Source(TESTED, of_docs, 1), Source(TESTED, of_tests, 250)],
    ids=["documentation", "documentation for plugins", "tests"],
)
def test_examples_mean_what_they_mean_to_tox(
    source: Source,
    sides: Sides,
    make_project: Callable[[], Project],
    run_cache: Path,
) -> None:
    examples = source.examples(run_cache)
    assert len(examples) >= source.least
    wrong = []
    for example in examples[::_STEP]:
        if any(example.title.startswith(place) for place in LEFT_OUT):
            continue
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
            wrong.append(f"{source.sdist} {example.title}: {error}")
    assert not wrong, "\n".join(wrong)
