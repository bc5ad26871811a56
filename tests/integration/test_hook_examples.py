"""Each hook has an example in the how-to pages, and what is shown of it there is what a user sees."""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from runner.hooks.loading import HOOKS
from runner.testing import Project, python_command

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
IN_EACH_CELL = (
    "import os, pathlib; pathlib.Path(os.environ['RUNNER_JUNIT_DIR'], 'a.tap').write_text('not ok 1 - one')"
)


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


VERDICT, REPORTER, COLLECTOR, TYPE, BACKEND, BUDGET, FORMAT = blocks(PAGES / "write-a-plugin.md")


def test_every_hook_has_an_example() -> None:
    shown = [block for page in PAGES.glob("*.md") for block in blocks(page)]
    filled = {
        name for block in shown for name in re.findall(r"^@runner\.hookimpl\ndef (\w+)", block, re.MULTILINE)
    }
    assert filled == set(HOOKS)


@pytest.fixture
def check(project: Project) -> Project:
    """A project with one session, `check`, and the plugin `shown.py`, still to be written."""
    project.config(
        f"""
        plugins = ["./shown.py"]
        [sessions.check]
        package = "none"
        commands = [{python_command(IN_EACH_CELL)}]
        """
    )
    return project


def with_lines(project: Project, lines: str) -> Project:
    config = project.root / "runner.toml"
    config.write_text(config.read_text() + lines)
    return project


def test_finish(check: Project) -> None:
    check.file("shown.py", VERDICT)
    check.run().assert_exit(0)
    check.file("shown.py", VERDICT.replace("600", "0"))
    check.run().assert_exit(1).assert_said("over ten minutes: check", "the plugin shown asked for it")


def test_reporter(check: Project) -> None:
    check.file("shown.py", REPORTER)
    assert check.run("-q").assert_exit(0).stdout == ".\n"
    assert "\n.\n" not in check.run().assert_exit(0).stdout


def test_collector(check: Project) -> None:
    check.file("shown.py", COLLECTOR)
    assert [(test.id, test.outcome) for test in check.run().cell("check").tests] == [("one", "failed")]


@pytest.mark.parametrize(("lines", "times"), [("", 2), ("times = 3\n", 3)])
def test_session_type(check: Project, lines: str, times: int) -> None:
    check.file("shown.py", TYPE)
    run = with_lines(check, f'type = "repeat"\n{lines}').run().assert_exit(0)
    assert run.cell("check").phases().count("command") == times


def test_backend(check: Project) -> None:
    check.file("shown.py", BACKEND)
    check.index.add_samples()
    with_lines(check, 'backend = "systemic"\ndeps = ["left<2"]\nsetup = ["python -c \'import left\'"]\n')
    run = check.run().assert_exit(0)
    assert run.cell("check").version("left") == "1.0"
    config = check.root / ".runner" / "envs" / "check" / "pyvenv.cfg"
    assert "include-system-site-packages = true" in config.read_text()


def test_option_and_verb(check: Project) -> None:
    check.file("shown.py", BUDGET)
    check.run().assert_exit(0)
    check.run("--budget", "0").assert_exit(1).assert_said("the budget of 0 s is spent")
    assert check.run("budget", "--budget", "60").assert_exit(0).stdout == "60 seconds\n"
    assert check.run("budget", env={"RUNNER_BUDGET": "5"}).assert_exit(0).stdout == "5 seconds\n"
    check.run("budget").assert_exit(2).assert_said("error: there is no budget: give --budget")


def test_config_format(project: Project) -> None:
    reader = imported(project.file("reader.py", FORMAT))
    project.file("ci.jobs.json", json.dumps({"one": ["python --version"], "two": ["python --version"]}))
    run = project.run("-c", "ci.jobs.json", plugins=(reader,)).assert_exit(0)
    run.assert_cells({"one": "passed", "two": "passed"})
    project.file("ci.jobs.json", '{"one": "python --version"}')
    told = project.run("-c", "ci.jobs.json", plugins=(reader,)).assert_exit(2)
    told.assert_said("ci.jobs.json: sessions.one.commands: expected a list of commands")
    project.file("ci.jobs.json", "{")
    project.run("-c", "ci.jobs.json", plugins=(reader,)).assert_exit(2).assert_said(
        "error: ci.jobs.json: Expecting"
    )
    project.run("-c", "ci.jobs.json").assert_exit(2).assert_said("no plugin reads ci.jobs.json")


def imported(file: Path) -> ModuleType:
    found = spec_from_file_location(file.stem, file)
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module
