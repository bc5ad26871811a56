"""The projects of tox-examples that have a tox config, as their users run them."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from msgspec import Struct

from runner.testing import Invocation, Project

EXAMPLES = Path(__file__).parents[2] / "tox-examples"
OWN = f"py{sys.version_info.major}{sys.version_info.minor}"
PYTHON = re.compile(r"py3\d+")
NOT_COPIED = shutil.ignore_patterns(".runner", ".tox", ".coverage*", "*.egg-info", "__pycache__", "dist")


class Example(Struct, frozen=True):
    """A project; ids are written with `{py}` for the Python that runs the tests.

    `cells` and `default` say how many environments there are, and how many a bare run runs; those that are
    `left_out` show what others show. The command of `picked` gets `words`, with which `tests` pass; tox says
    `shown` of it. `label` stands for `labelled`. `dynamic` is an environment that nothing in the file names.
    """

    name: str
    cells: int
    default: int
    picked: str
    words: tuple[str, ...]
    tests: int
    shown: dict[str, object]
    label: str
    labelled: tuple[str, ...]
    dynamic: str = ""
    left_out: str = ""


SHORTLINKS = Example(
    name="shortlinks",
    cells=17,
    default=16,
    picked="{py}-django52-memory",
    words=("-k", "names"),
    tests=5,
    shown={
        "deps": ["pytest>=8", "pytest-django>=4.9", "coverage>=7.6", "Django>=5.2,<5.3"],
        "description": "the tests on one Python and one Django, with the database in memory",
        "wheel_build_env": ".pkg",
        "commands_post": [],
    },
    label="quick",
    labelled=("lint",),
    dynamic="{py}-django52",
    left_out="memory",
)
QUANTITIES = Example(
    name="quantities",
    cells=12,
    default=9,
    picked="{py}-attrs25",
    words=("tests", "-k", "add"),
    tests=1,
    shown={"deps": ["attrs>=25"], "dependency_groups": ["test"], "description": "the tests with attrs25"},
    label="check",
    labelled=("lint", "doctest-py311", "doctest-py312"),
    dynamic="{py}",
)
MARKTABLE = Example(
    name="marktable",
    cells=8,
    default=7,
    picked="{py}",
    words=("-k", "rows"),
    tests=3,
    shown={"extras": ["yaml"], "dependency_groups": ["test"], "package": "wheel"},
    label="test",
    labelled=("py310", "py311", "py312", "py313", "py312-plain"),
)
SLUGGER = Example(
    name="slugger",
    cells=8,
    default=7,
    picked="{py}",
    words=("-k", "titles"),
    tests=3,
    shown={"package": "editable", "labels": [], "ignore_outcome": False, "base": ["testenv"]},
    label="quick",
    labelled=("style",),
)


@pytest.fixture(params=(SHORTLINKS, QUANTITIES, MARKTABLE, SLUGGER), ids=lambda example: example.name)
def example(request: pytest.FixtureRequest, project: Project) -> Example:
    found: Example = request.param
    if OWN not in {"py310", "py311", "py312"}:
        pytest.skip("the examples have environments of Python 3.10 to 3.12 for all that is shown")
    shutil.copytree(EXAMPLES / found.name, project.root, dirs_exist_ok=True, ignore=NOT_COPIED)
    return found


def own(text: str) -> str:
    return text.replace("{py}", OWN)


def on_own_python(id_: str) -> bool:
    """Say whether a cell needs no Python but the one that runs the tests."""
    return all(factor == OWN for factor in PYTHON.findall(id_))


def listed(project: Project, *options: str) -> dict[str, bool]:
    """Return the ids that `list` shows, each with whether a bare run runs it."""
    shown = json.loads(project.run("list", "--format", "json", *options).assert_exit(0).stdout)
    return {cell["id"]: cell["default"] for cell in shown["cells"]}


def assert_green(invocation: Invocation, ids: set[str]) -> None:
    invocation.assert_exit(0).assert_cells(dict.fromkeys(ids, "passed"))


def test_it_is_listed(example: Example, project: Project) -> None:
    cells = listed(project)
    assert (len(cells), sum(cells.values())) == (example.cells, example.default)
    assert own(example.picked) in cells
    assert set(listed(project, "-t", example.label)) == set(example.labelled)


def test_tox_would_say_the_same_of_it(example: Example, project: Project) -> None:
    id_ = own(example.picked)
    told = project.run("config", "-e", id_, "--format", "json").assert_exit(0)
    tox = json.loads(told.stdout)["cells"][id_]["tox"]
    assert {key: tox[key] for key in example.shown} == example.shown


@pytest.mark.network
def test_it_is_green(example: Example, project: Project) -> None:
    project.online()
    cells = {id_: default and on_own_python(id_) for id_, default in listed(project).items()}
    if example.left_out:
        cells = {id_: wanted and example.left_out not in id_ for id_, wanted in cells.items()}
    others = [id_ for id_, wanted in cells.items() if not wanted and id_ not in {"manage", "hello"}]
    invocation = project.run("--skip", ",".join(others))
    assert_green(invocation, {id_ for id_, wanted in cells.items() if wanted})
    if "coverage" in cells:
        assert re.search(r"^Combined [1-9].*^TOTAL", invocation.log("coverage"), re.MULTILINE | re.DOTALL)


@pytest.mark.network
def test_one_environment_takes_words(example: Example, project: Project) -> None:
    project.online()
    id_ = own(example.picked)
    invocation = project.run("-e", id_, "--", *example.words)
    assert_green(invocation, {id_})
    assert [test.outcome for test in invocation.cell(id_).tests].count("passed") == example.tests


@pytest.mark.network
def test_an_environment_of_known_factors_runs(example: Example, project: Project) -> None:
    if not example.dynamic:
        pytest.skip("it has no factors but Pythons")
    project.online()
    id_ = own(example.dynamic)
    assert id_ not in listed(project)
    assert_green(project.run("-e", id_), {id_})


@pytest.mark.network
def test_a_label_runs_what_it_stands_for(example: Example, project: Project) -> None:
    project.online()
    others = [id_ for id_ in example.labelled if not on_own_python(id_)]
    skip = ("--skip", ",".join(others)) if others else ()
    assert_green(project.run("-t", example.label, *skip), set(example.labelled) - set(others))


@pytest.mark.network
def test_words_that_are_paths_are_those_that_the_user_means(project: Project) -> None:
    project.online()
    shutil.copytree(EXAMPLES / "slugger", project.root, dirs_exist_ok=True, ignore=NOT_COPIED)
    invocation = project.run("-e", "hello", "--", "setup.py")
    assert_green(invocation, {"hello"})
    assert "from setuptools import setup" in invocation.log("hello")


@pytest.mark.network
def test_a_release_is_built(project: Project) -> None:
    project.online()
    shutil.copytree(EXAMPLES / "quantities", project.root, dirs_exist_ok=True, ignore=NOT_COPIED)
    assert_green(project.run("-e", "release"), {"release"})
    assert len(list((project.root / "dist").iterdir())) == 2
