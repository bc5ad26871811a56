"""What the pages show works: links lead somewhere, configs can be read, plugins load and run."""

import re
import sys
from pathlib import Path

import jsonschema
import pytest

from runner.config import schema
from runner.testing import Project, python_command

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[3]
DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]
WHOLE_CONFIGS = ("[sessions.", "# runner.toml\n[sessions.", "[defaults]")


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
            for error in jsonschema.Draft202012Validator(schema()).iter_errors(data)
            if error.validator != "required"  # a fragment need not name its commands
        ]
        assert problems == []


PLUGINS = dict(
    zip(
        ("verdict", "reporter", "collector", "type", "budget"),
        blocks(DOCS / "how-to" / "write-a-plugin.md", "python"),
        strict=True,
    )
)


@pytest.fixture
def with_plugins(project: Project) -> Project:
    project.write({f"{name}_plugin.py": text for name, text in PLUGINS.items()})
    left = (
        "import os, pathlib; pathlib.Path(os.environ['RUNNER_JUNIT_DIR'], 'a.tap').write_text('ok 1 - one')"
    )
    project.config(
        f"""
        plugins = {[f"./{name}_plugin.py" for name in PLUGINS]}
        [sessions.check]
        type = "twice"
        package = "none"
        commands = [{python_command(left)}]
        """
    )
    return project


def test_every_plugin_that_is_shown_works(with_plugins: Project) -> None:
    invocation = with_plugins.run().assert_exit(0)
    cell = invocation.cell("check")
    assert [test.id for test in cell.tests] == ["one"]
    assert [step.phase for step in cell.steps].count("command") == 2
    assert "warning" not in invocation.stdout + invocation.stderr


def test_the_option_and_the_verb_that_are_shown_work(project: Project) -> None:
    project.file("budget_plugin.py", PLUGINS["budget"])
    project.config(
        f"""
        plugins = ["./budget_plugin.py"]
        [sessions.check]
        package = "none"
        commands = [{python_command("pass")}]
        """
    )
    project.run().assert_exit(0)
    project.run("--budget", "0").assert_exit(1).assert_said("the budget of 0 s is spent")
    assert project.run("budget", "--budget", "60").assert_exit(0).stdout == "60 seconds\n"
    assert project.run("budget", env={"RUNNER_BUDGET": "5"}).assert_exit(0).stdout == "5 seconds\n"
    project.run("budget").assert_exit(2).assert_said("error: there is no budget: give --budget")


def test_the_test_that_is_shown_passes(project: Project) -> None:
    shown = blocks(DOCS / "how-to" / "test-a-plugin.md", "python")[-1]
    names: dict[str, object] = {}
    exec(compile(shown, "test-a-plugin.md", "exec"), names)  # noqa: S102 - it is our own page
    test = names["test_our_plugin_says_that_it_was_here"]
    assert callable(test)
    test(project)
