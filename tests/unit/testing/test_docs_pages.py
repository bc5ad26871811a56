"""What the pages show works: links lead somewhere, configs can be read, tests pass."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import runner_conda
import runner_pipenv
from runner import Backend
from runner.config import adder_of_backend, schema
from runner.testing import Project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[3]
DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]
WHOLE_CONFIGS = ("[sessions.", "# runner.toml\n[sessions.", "[defaults]")

BACKENDS = (runner_conda.runner_backend("conda"), runner_pipenv.runner_backend("pipenv"))
ADDERS = tuple(adder_of_backend(backend) for backend in BACKENDS if isinstance(backend, Backend))
"""Whose keys the pages show beside runner's own."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


TOML = [
    pytest.param(text, id=f"{name_of(page)}:{number}")
    for page in PAGES
    for number, text in enumerate(blocks(page, "toml"), 1)
]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (page.parent / link).is_file()] == []


def test_the_front_page_names_every_page_but_the_inner_ones() -> None:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    pages = [*DOCS.glob("tutorial/*.md"), *DOCS.glob("how-to/*.md"), *DOCS.glob("reference/*.md")]
    assert [page.name for page in pages if f"({name_of(page)})" not in text] == []


@pytest.mark.parametrize("text", TOML)
def test_every_config_that_is_shown_can_be_read(text: str) -> None:
    data = tomllib.loads(text)
    if text.startswith(WHOLE_CONFIGS):
        problems = [
            error.message
            for error in jsonschema.Draft202012Validator(schema(ADDERS)).iter_errors(data)
            if error.validator != "required"  # a fragment need not name its commands
        ]
        assert problems == []


def shown_tests() -> list[object]:
    """Return the test functions of the page about testing."""
    names: dict[str, object] = {}
    for shown in blocks(DOCS / "how-to" / "test-a-plugin.md", "python"):
        exec(compile(shown, "test-a-plugin.md", "exec"), names)  # noqa: S102 - it is our own page
    return [pytest.param(test, id=name) for name, test in names.items() if name.startswith("test_")]


@pytest.mark.parametrize("test", shown_tests())
def test_the_tests_that_are_shown_pass(project: Project, test: Callable[[Project], None]) -> None:
    test(project)
