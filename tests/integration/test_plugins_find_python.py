"""Interpreters that a plugin has for what cells ask for."""

import sys
from pathlib import Path

import pytest

from runner.testing import Project, python_command

OWN = "{}.{}".format(*sys.version_info)
WHICH = python_command("import sys; print(sys._base_executable)")
FINDS = """
import runner

@runner.hookimpl
def runner_find_python(spec):
    with open({asked!r}, "a") as file:
        print(spec.text, file=file)
    return {found}.get(spec.text)
"""
CONFIG = """
plugins = ["./finder.py"]
[defaults]
package = "none"
backend = "none"
commands = [{command}]
[sessions.tests]
python = ["{python}"]
[sessions.more]
python = ["{python}"]
[sessions.path]
python = "{path}"
"""


def finding(project: Project, python: str, found: object) -> Path:
    """Write a project whose plugin has this for that Python; return the file that names its questions."""
    asked = project.folder / "asked"
    project.file("finder.py", FINDS.format(asked=str(asked), found=repr({python: found})))
    project.config(CONFIG.format(command=WHICH, python=python, path=sys.executable))
    return asked


def test_a_path_that_a_plugin_gives_is_the_interpreter_of_run_and_plan(project: Project) -> None:
    link = project.root / "pythons" / "python3"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    asked = finding(project, OWN, "pythons/python3")
    nowhere = {"PATH": "/nonexistent", "HOME": str(project.folder)}
    outcome = project.run(env=nowhere).assert_exit(0)
    assert asked.read_text().split() == [OWN]  # once, and not for the path
    own = ".".join(map(str, sys.version_info[:3]))
    assert {cell.python for cell in outcome.cells.values()} == {own}
    project.run("plan", "-e", f"tests-py{OWN.replace('.', '')}", env=nowhere).assert_said(f"{own} /")


@pytest.mark.parametrize(
    ("python", "path", "says"),
    [
        ("3.6", sys.executable, f"for Python 3.6, but that is cpython {sys.version.split()[0]}"),
        (f"{OWN}t", sys.executable, f"for Python {OWN}t, but that is cpython {sys.version.split()[0]}"),
        (OWN, "nowhere/python3", f"for Python {OWN}, but there is no Python at "),
        (OWN, "", f"plugin finder gives an empty path for Python {OWN}, but "),
    ],
)
def test_a_path_that_is_not_what_was_asked_for_is_an_error_that_names_the_plugin(
    project: Project, python: str, path: str, says: str
) -> None:
    finding(project, python, path)
    outcome = project.run("-p", python, env={"CI": ""}).assert_exit(4)
    assert {cell.outcome for cell in outcome.cells.values()} == {"error"}
    assert all(says in cell.reason for cell in outcome.cells.values())
    assert all(cell.reason.startswith("plugin finder gives ") for cell in outcome.cells.values())
    outcome.assert_said(says)


def test_lock_asks_too_and_what_is_no_path_ends_every_verb(project: Project) -> None:
    asked = finding(project, OWN, sys.executable)
    project.run("lock").assert_exit(0).assert_said("nothing to lock")
    assert asked.read_text().split() == [OWN]
    finding(project, OWN, 3)
    for verb in ("run", "plan", "lock"):
        outcome = project.run(verb).assert_exit(2)
        outcome.assert_said("error: plugin finder: runner_find_python returned int, which is no str")
