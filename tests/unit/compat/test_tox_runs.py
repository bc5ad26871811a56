"""Runs of tox configs as tox users know them."""

import json

import pytest

from runner.testing import Project


@pytest.mark.parametrize("selector", ["py", "ALL"])
def test_without_a_list_there_is_the_one_environment_py(project: Project, selector: str) -> None:
    project.file("tox.ini", "[testenv]\nskip_install = true\n")
    told = project.run("list", "--format", "json", "-e", selector).assert_exit(0)
    assert [cell["id"] for cell in json.loads(told.stdout)["cells"]] == ["py"]


def variables(project: Project, **environ: str) -> dict[str, str]:
    """Return what the environment is given beside what it is passed."""
    told = project.run("config", "-e", "py", "--format", "json", env=environ).assert_exit(0)
    env: dict[str, str] = json.loads(told.stdout)["cells"]["py"]["env"]
    return env


def test_commands_hear_of_the_ci_that_they_are_not_passed(project: Project) -> None:
    project.file("tox.ini", "[testenv]\nskip_install = true\n")
    name = "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI"
    project.environ.pop("CI", None)
    assert name not in variables(project)
    assert variables(project, CI="yes")[name] == "yes"
