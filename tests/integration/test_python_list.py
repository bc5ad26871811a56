"""`runner python list`, in a project and elsewhere."""

import json

import pytest
from tests.integration.conftest import OWN

from runner.testing import Project


def test_it_says_which_pythons_the_config_asks_for_and_how_to_get_those_that_are_missing(
    project: Project,
) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.t]
        python = ["{OWN}", "3.99"]
        [sessions.elsewhere]
        python = "3.98"
        platforms = ["no-such-system"]
        """
    )
    ran = project.run("python", "list").assert_exit(0)
    ran.assert_said(
        f"runner.toml asks for {OWN}, 3.99; missing: 3.99",
        "Python 3.99 is not installed",
        "`uv python install 3.99`",
        "asked for by: t-py399",
    )
    assert "3.98" not in ran.stdout
    listed = json.loads(project.run("python", "--format", "json").stdout)
    here, gone = listed["config"]["asks"]
    assert (here["python"], here["missing"], here["cells"]) == (OWN, "", [f"t-py{OWN.replace('.', '')}"])
    assert (gone["python"], gone["interpreter"]) == ("3.99", None)
    (taken,) = (each for each in listed["pythons"] if OWN in each["taken_for"])
    assert taken["real"] == here["interpreter"]
    assert not (project.root / ".runner").exists()


def test_a_config_that_cannot_be_read_hides_no_python(project: Project) -> None:
    project.config("[sessions.t]\npython = 3.12\n")
    ran = project.run("python", "list").assert_exit(0)
    ran.assert_said("note: what the config asks for is not listed: runner.toml:2")
    assert OWN in ran.stdout
    project.run("python", "list", "-c", "runner.toml").assert_exit(2)
    (project.root / "runner.toml").unlink()
    ran = project.run("python", "list").assert_exit(0)
    assert (OWN in ran.stdout, ran.stderr) == (True, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("lits",), "'lits' is not a verb of runner python did you mean runner python list?"),
        (("install",), "'install' is not a verb of runner python the verbs are list"),
        (("list", "3.12"), "runner python list takes no words, and was given '3.12'"),
        (("list", "--offline"), "does not take --offline"),
    ],
)
def test_what_it_does_not_take_is_told(project: Project, words: tuple[str, ...], says: str) -> None:
    project.run("python", *words).assert_exit(2).assert_said(says)
