"""What plugins add to cells and which they leave out, as users see it."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from runner.testing import Project, python_command

SHOWS = python_command("import os; print('MODE is', os.environ.get('MODE'))")
ADDS = """
import runner

@runner.hookimpl
def runner_cell(cell):
    return runner.Addition({what})
"""


def adding(project: Project, session: str = "", **plugins: str) -> None:
    """Write a project of one session with two cells, and plugins that each add something."""
    for name, what in plugins.items():
        project.file(f"{name}.py", ADDS.format(what=what))
    project.config(
        f"""
        plugins = {json.dumps([f"./{name}.py" for name in plugins])}
        [sessions.tests]
        package = "none"
        matrix.db = ["sqlite", "pg"]
        commands = [{SHOWS}]
        {session}
        """
    )


def test_what_a_plugin_adds_is_in_run_config_plan_and_lock(project: Project) -> None:
    project.index.add("tidy")
    adding(project, cov='deps=("tidy",), env={"MODE": "{db} in {session}"}')
    outcome = project.run().assert_exit(0)
    assert "MODE is sqlite in tests" in outcome.log("tests-sqlite")
    assert outcome.cell("tests-pg").version("tidy") == "1.0"
    shown = project.run("config", "-e", "tests-pg").assert_exit(0)
    shown.assert_said("deps = tidy # plugin cov", "MODE = pg in tests", "env = # plugin cov")
    project.run("plan", "-e", "tests-pg").assert_exit(0).assert_said("reused (")
    project.run("lock", "-e", "tests-pg").assert_exit(0).assert_said("written")
    assert "tidy" in (project.root / "locks" / "pylock.tests-pg.toml").read_text()


def test_what_is_added_stands_after_what_the_config_has(project: Project) -> None:
    adding(
        project,
        'deps = ["one"]\nenv = { MODE = "x", OWN = "y" }',
        first='deps=("two",), env={"MODE": "x"}',
        second='deps=("three",)',
    )
    shown = project.run("config", "-e", "tests-pg").assert_exit(0)
    shown.assert_said("deps = one, three, two # sessions.tests, plugin second, plugin first")
    shown.assert_said("env = # sessions.tests MODE = x OWN = y")


@pytest.mark.parametrize(
    ("session", "plugins", "says"),
    [
        (
            'env = { MODE = "mine" }',
            {"cov": 'env={"MODE": "its"}'},
            "plugin cov: the config sets the variable MODE to something else, for tests-sqlite",
        ),
        (
            "env = { MODE = false }",
            {"cov": 'env={"MODE": "its"}'},
            "plugin cov: the config sets the variable MODE to something else, for tests-sqlite",
        ),
        (
            "",
            {"one": 'env={"MODE": "1"}', "two": 'env={"MODE": "2"}'},
            "plugin one: the plugin two sets the variable MODE to something else, for tests-sqlite",
        ),
        (
            'backend = "none"',
            {"cov": 'deps=("tidy",)'},
            'plugin cov: it adds requirements, and backend = "none" installs nothing, for tests-sqlite',
        ),
        (
            "",
            {"cov": 'env={"MODE": "{bd}"}'},
            "plugin cov: unknown substitution {bd}, for tests-sqlite {bd} ^^^^ did you mean {db}?",
        ),
        ("", {"cov": 'deps=("x{env:UNSET}",)'}, "plugin cov: the variable UNSET is not set"),
        (
            f"python = {json.dumps(sys.executable)}",
            {"cov": 'env={"MODE": "{py}"}'},
            "plugin cov: {py}: this session's Python is a path, which has no version",
        ),
        ("", {"cov": "deps=(1,)"}, "plugin cov: runner_cell returned, for tests-sqlite, an Addition that"),
        ("", {"cov": 'env={"A=B": ""}'}, "cannot be used: 'A=B' is no name for a variable"),
        ("", {"cov": 'env={"A": "\\0"}'}, "holds a NUL character"),
    ],
)
def test_what_cannot_be_added_is_one_error_that_names_plugin_and_place(
    project: Project, session: str, plugins: dict[str, str], says: str
) -> None:
    adding(project, session, **plugins)
    for verb in ("run", "config"):
        outcome = project.run(verb).assert_exit(2).assert_said(says)
        assert outcome.stderr.count("error: ") == 1
    if "set" in says:
        outcome.assert_said("error: runner.toml:2: sessions.tests: plugin ")
    project.run("list").assert_exit(0)


DESELECTS = """
import runner

@runner.hookimpl
def runner_deselect(cell, options):
    if cell.session in {sessions}:
        return f"nothing changed below {{options.root[:0]}}src"
"""
NEEDING = f"""
plugins = ["./affected.py"]
[defaults]
package = "none"
backend = "none"
[sessions.build]
commands = [{SHOWS}]
[sessions.tests]
needs = ["build"]
matrix.db = ["a", "b"]
commands = [{SHOWS}]
[sessions.docs]
needs = ["tests"]
commands = [{SHOWS}]
"""


def test_cells_that_a_plugin_leaves_out_are_not_waited_for(project: Project) -> None:
    project.config(NEEDING)
    project.file("affected.py", DESELECTS.format(sessions=("tests",)))
    said = "note: the plugin affected leaves out tests-a, tests-b: nothing changed below src"
    outcome = project.run().assert_exit(0).assert_said(said)
    outcome.assert_cells({"build": "passed", "docs": "passed"})
    only = project.run("-e", "docs").assert_exit(0)
    only.assert_cells({"docs": "passed"})  # nobody needs `build` any more, as with --skip
    planned = project.run("plan").assert_exit(0).assert_said(said)
    assert "tests" not in planned.stdout
    project.run("list").assert_exit(0).assert_said("* tests-a")


def test_when_plugins_leave_nothing_the_reasons_are_told(project: Project) -> None:
    project.config(NEEDING)
    project.file("affected.py", DESELECTS.format(sessions=("tests", "docs", "build")))
    for verb in ("run", "plan"):
        outcome = project.run(verb).assert_exit(3)
        outcome.assert_said(
            "error: nothing is left to run: plugins leave out all that was selected",
            "the plugin affected leaves out build, tests-a, tests-b, docs: nothing changed below src",
        )
    project.file("affected.py", DESELECTS.format(sessions=("tests",)).replace("return", "raise"))
    project.run().assert_exit(2).assert_said("error: plugin affected: ", "affected.py:6 (in runner_deselect)")


def test_a_plugin_that_takes_only_the_result_still_works_and_another_sees_the_options(
    project: Project,
) -> None:
    project.file(
        "old.py",
        """
        import runner
        @runner.hookimpl
        def runner_finish(result):
            return runner.Finish(lines=(f"old saw {result.outcome}",))
        """,
    )
    project.file(
        "new.py",
        """
        import runner
        @runner.hookimpl
        def runner_finish(result, options):
            return runner.Finish(lines=(f"new saw {result.outcome} {result.id in options.run_folder}",))
        """,
    )
    project.config(
        f'plugins = ["./old.py", "./new.py"]\n[sessions.a]\nbackend = "none"\ncommands = [{SHOWS}]'
    )
    project.run().assert_exit(0).assert_said("old saw passed", "new saw passed True")


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "change-cells-with-a-plugin.md"


def test_the_plugins_that_are_shown_work(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names = ("adds", "leaves_out", "finds")
    project.write({f"{name}.py": text for name, text in zip(names, shown, strict=True)})
    own = "{}.{}".format(*sys.version_info)
    python = project.folder / "pythons" / own / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setenv("COMPANY_PYTHONS", str(project.folder / "pythons"))
    project.index.add("tidy")
    project.file("quarantine.txt", f"tests-{py(own)}-pg hangs there\n")
    project.config(
        f"""
        plugins = {json.dumps([f"./{name}.py" for name in names])}
        [sessions.tests]
        package = "none"
        python = ["{own}"]
        matrix.db = ["sqlite", "pg"]
        commands = [{python_command("import os, tidy; print('on', os.environ['DATABASE'])")}]
        """
    )
    outcome = project.run(env={"PATH": "/nowhere", "PYENV_ROOT": "/nowhere"}).assert_exit(0)
    outcome.assert_cells({f"tests-{py(own)}-sqlite": "passed"})
    assert f"on test_sqlite_{py(own)}" in outcome.log(f"tests-{py(own)}-sqlite")
    outcome.assert_said(f"the plugin leaves_out leaves out tests-{py(own)}-pg: hangs there")


def py(version: str) -> str:
    return f"py{version.replace('.', '')}"


WRITES = """
import runner


class Writing(runner.SessionType[runner.NoKeys]):
    name = "writing"
    keys = runner.NoKeys

    def steps(self, cell, keys):
        write(cell)
        shows = ["python", "-c", "import os; print('MODE is', os.environ.get('MODE'))"]
        return runner.Steps(commands=(runner.command(cell, shows, env={"OWN": "1"}),))


@runner.hookimpl
def runner_session_type(name):
    return Writing() if name == "writing" else None


@runner.hookimpl
def runner_cell(cell):
    write(cell)


@runner.hookimpl
def runner_deselect(cell):
    write(cell)


def write(cell):
    assert "MODE" not in cell.settings.env, "somebody wrote here"
    assert cell.steps.commands[0].env.keys() == {"OWN"}, "somebody wrote here"
    cell.settings.env["MODE"] = cell.steps.commands[0].env["MORE"] = cell.id
    cell.keys["more"] = cell.sources["more"] = ("it",)
"""


def test_what_a_plugin_writes_into_a_cell_reaches_no_other(project: Project) -> None:
    project.file("writes.py", WRITES)
    command = f"{{ run = {SHOWS}, env = {{ OWN = '1' }} }}"
    project.config(
        f"""
        plugins = ["./writes.py"]
        [defaults]
        package = "none"
        type = "writing"
        matrix.db = ["sqlite", "pg"]
        commands = [{command}]
        [sessions.one]
        [sessions.two]
        """
    )
    run = project.run().assert_exit(0)
    assert all("MODE is None" in run.log(f"{session}-pg") for session in ("one", "two"))


@pytest.mark.parametrize(
    ("session", "behind"),
    [
        ("", ()),
        ('env = { PYTHONPATH = "{root}/mine" }', ("mine",)),
        ('pass-env = ["PYTHON*"]', ("outer",)),
        ("env = { PYTHONPATH = false }", ()),
    ],
)
def test_folders_of_plugins_are_put_before_the_others_on_pythonpath(
    project: Project, session: str, behind: tuple[str, ...]
) -> None:
    adding(project, session, one='python_path=("{root}/one",)', two='python_path=("{root}/two",)')
    shows = python_command("import os; print('PATH is', os.environ['PYTHONPATH'])")
    config = project.root / "runner.toml"
    config.write_text(config.read_text().replace(SHOWS, shows))
    outer = {"PYTHONPATH": str(project.root / "outer")}
    outcome = project.run("-e", "tests-pg", env=outer).assert_exit(0)
    folders = os.pathsep.join(str(project.root / name) for name in ("two", "one", *behind))
    assert f"PATH is {folders}\n" in outcome.log("tests-pg")


def test_a_plugin_extends_pythonpath_that_is_passed_but_not_there(project: Project) -> None:
    adding(project, 'pass-env = ["PYTHONPATH"]', one='python_path=("{root}/one",)')
    shown = project.run("config", "-e", "tests-pg").assert_exit(0)
    shown.assert_said(f"PYTHONPATH = {project.root}/one{os.pathsep}{project.root}/one")
