"""The example that the README runs."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from runner.testing import Project

QUICKSTART = Path(__file__).parents[2] / "tox-examples" / "quickstart"
OWN = f"py{sys.version_info.major}{sys.version_info.minor}"


@pytest.fixture
def quickstart(project: Project) -> Project:
    shutil.copytree(QUICKSTART, project.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    return project


def test_it_has_four_pythons_two_versions_of_attrs_and_two_more_sessions(quickstart: Project) -> None:
    cells = json.loads(quickstart.run("list", "--format", "json").assert_exit(0).stdout)["cells"]
    tests = [cell["axes"] for cell in cells if cell["session"] == "tests"]
    assert {axes["python"] for axes in tests} == {"3.10", "3.11", "3.12", "3.13"}
    assert len({axes["attrs"] for axes in tests}) == 2
    assert {cell["session"] for cell in cells} == {"tests", "coverage", "lint"}


@pytest.mark.network
def test_it_is_green(quickstart: Project) -> None:
    quickstart.online()
    invocation = quickstart.run("-e", f"tests-{OWN}", "-e", "lint").assert_exit(0)
    invocation.assert_cells(
        {f"tests-{OWN}-attrs23.2": "passed", f"tests-{OWN}-attrs25.3": "passed", "lint": "passed"}
    )
    old = invocation.cell(f"tests-{OWN}-attrs23.2")
    assert (old.version("attrs") or "").startswith("23.2")
    assert len(old.tests) == 12


@pytest.mark.network
def test_coverage_waits_for_the_tests_and_finds_their_data(quickstart: Project) -> None:
    quickstart.online()
    others = [python for python in ("py310", "py311", "py312", "py313") if python != OWN]
    invocation = quickstart.run("-e", "coverage", "--skip", ",".join(others)).assert_exit(0)
    assert len(invocation.cells) == 3
    assert invocation.cell("coverage").outcome == "passed"
    assert "100%" in invocation.log("coverage")
