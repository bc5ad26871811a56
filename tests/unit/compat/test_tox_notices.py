"""What people hear of a tox config that runs."""

import pytest

from runner.testing import Project

NEWER = "asks for a newer tox than 4.67"


@pytest.mark.parametrize(
    ("version", "told"), [("4.67.99", False), ("3", False), ("4.68", True), ("10.0", True)]
)
def test_a_config_for_a_newer_tox_is_told_of(project: Project, version: str, told: bool) -> None:
    project.file("tox.ini", f"[tox]\nmin_version = {version}\n[testenv]\nskip_install = true\n")
    said = project.run("config", "-e", "py").assert_exit(0).stderr
    assert (f"min_version {version} {NEWER}" in said) == told


def test_a_plugin_is_covered_or_does_not_run(project: Project) -> None:
    project.file(
        "tox.ini", "[tox]\nrequires =\n  tox-factor>=1\n  tox_other\n[testenv]\nskip_install = true\n"
    )
    said = project.run("config", "-e", "py").assert_exit(0)
    said.assert_said("requires tox-factor, which is covered: selectors may be globs")
    said.assert_said("requires tox-other, which runner does not run")
