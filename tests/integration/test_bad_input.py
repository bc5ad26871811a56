"""Bad input gets one clear message, the right exit code, no traceback, and the other cells still run."""

import gc
import os

import pytest

from runner.testing import Project

FINE = """
[sessions.fine]
package = "none"
commands = ["python --version"]
"""


def test_a_syntax_error_says_where(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\ncommands = ["python"\n')
    invocation = project.run().assert_exit(2).assert_said("runner.toml:")
    assert len(invocation.stderr.strip().splitlines()) < 8


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_one(project: Project) -> None:
    project.config(FINE + 'pass_env = ["HOME"]\n')
    project.run().assert_exit(2).assert_said("runner.toml:4", "sessions.fine.pass_env", "pass-env")


def test_a_wrong_type_says_what_was_expected(project: Project) -> None:
    project.config(FINE + "retries = true\n")
    project.run().assert_exit(2).assert_said("runner.toml:4", "sessions.fine.retries", "number")


def test_a_python_written_as_a_number_says_to_quote_it(project: Project) -> None:
    project.config(FINE + "python = [3.10]\n")
    project.run().assert_exit(2).assert_said("runner.toml:4", "python", "quote")


def test_an_unknown_axis_in_a_substitution_has_a_caret(project: Project) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        matrix.django = ["4.2", "5.2"]
        deps = ["django~={djagno}.0"]
        """
    )
    project.run().assert_exit(2).assert_said("runner.toml:4", "djagno", "django", "^", "{{djagno}}")


def test_a_missing_variable_is_an_error_before_anything_has_run(project: Project) -> None:
    project.config(
        """
        [sessions.first]
        package = "none"
        commands = [["python", "-c", "open('ran', 'w')"]]
        [sessions.second]
        package = "none"
        commands = ["python {env:NOT_SET_ANYWHERE}"]
        """
    )
    project.run().assert_exit(2).assert_said("runner.toml:6", "NOT_SET_ANYWHERE")
    assert not (project.root / "ran").exists()


def test_all_errors_of_a_file_are_told_at_once(project: Project) -> None:
    project.config(FINE + 'retries = "x"\ncommnads = []\n[sessions.fine.matrix]\nempty = []\n')
    invocation = project.run().assert_exit(2)
    invocation.assert_said("runner.toml:4", "runner.toml:5", "runner.toml:7")


def test_an_unsatisfiable_requirement_gets_the_resolvers_own_words(project: Project) -> None:
    project.index.add("attrs", "23.2")
    project.config(FINE + '[sessions.broken]\npackage = "none"\ndeps = ["attrs>=99"]\n')
    invocation = project.run().assert_exit(4).assert_cells({"broken": "error", "fine": "passed"})
    invocation.assert_said("attrs>=99")
    assert "attrs" in invocation.cell("broken").reason


def test_a_broken_build_backend_is_shown_once_and_each_of_its_cells_is_an_error(
    project: Project, two_pythons: tuple[str, str]
) -> None:
    project.package("left", fault="the spoon is missing")
    lower, higher = two_pythons
    project.config(
        FINE + f'[sessions.tests]\npython = ["{lower}", "{higher}"]\ncommands = ["python --version"]\n'
    )
    invocation = project.run().assert_exit(4)
    ids = {f"tests-py{version.replace('.', '')}": "error" for version in two_pythons}
    invocation.assert_cells({"fine": "passed", **ids})
    assert invocation.stdout.count("RuntimeError: the spoon is missing") == 1


def test_a_missing_build_backend_says_so(project: Project) -> None:
    project.file("pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "not_there"\n')
    project.config('[sessions.tests]\ncommands = ["python --version"]\n')
    project.run().assert_exit(4).assert_cells({"tests": "error"}).assert_said("not_there")


def test_a_missing_program_is_named(project: Project) -> None:
    project.config(FINE + '[sessions.tests]\npackage = "none"\ncommands = ["no-such-program --now"]\n')
    invocation = project.run().assert_exit(4).assert_cells({"fine": "passed", "tests": "error"})
    assert "no-such-program" in invocation.cell("tests").reason


def test_a_program_outside_of_the_environment_is_not_run(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\ncommands = ["git --version"]\n')
    invocation = project.run().assert_exit(4)
    assert "git" in invocation.cell("tests").reason
    invocation.assert_said("allow-external")


def test_a_missing_pip_says_how_to_seed_it(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\ncommands = ["pip --version"]\n')
    project.run().assert_exit(4).assert_said('seed = ["pip"]')


def test_a_work_dir_that_cannot_be_made_is_an_error_of_ours(project: Project) -> None:
    project.config(FINE)
    project.file(".runner", "a file is in the way")
    invocation = project.run()
    assert invocation.exit_code in {2, 4}
    invocation.assert_exit(invocation.exit_code).assert_said(".runner")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_named(project: Project) -> None:
    project.config(FINE)
    project.root.chmod(0o000)
    try:
        invocation = project.run("-c", str(project.root), cwd=project.folder)
    finally:
        project.root.chmod(0o755)
    invocation.assert_exit(2).assert_said(str(project.root))


def test_a_config_that_is_not_there_is_named(project: Project) -> None:
    project.run("-c", "missing.toml").assert_exit(2).assert_said("missing.toml")


def test_a_working_folder_that_is_not_there_is_named(project: Project) -> None:
    project.config(
        FINE + '[sessions.tests]\npackage = "none"\ncwd = "nowhere"\ncommands = ["python --version"]\n'
    )
    invocation = project.run()
    assert invocation.exit_code in {1, 4}
    assert "nowhere" in invocation.cell("tests").reason
    assert invocation.cell("fine").outcome == "passed"


@pytest.mark.parametrize("name", ["a/b", "..", "../up", ""])
def test_a_session_name_that_is_no_folder_name_is_refused(project: Project, name: str) -> None:
    project.config(f'[sessions."{name}"]\npackage = "none"\ncommands = ["python --version"]\n')
    project.run().assert_exit(2).assert_said("runner.toml:1", "sessions")


@pytest.mark.parametrize("twin", ["tests-py311", "Tests-Py311"])
def test_two_cells_with_the_same_id_are_named(project: Project, twin: str) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        python = ["3.11"]
        commands = ["python --version"]
        [sessions.{twin}]
        package = "none"
        commands = ["python --version"]
        """
    )
    project.run("list").assert_exit(2).assert_said(f"'{twin}'", "session 'tests'")


def test_a_cycle_is_printed(project: Project) -> None:
    project.config(
        """
        [sessions.a]
        package = "none"
        needs = ["b"]
        [sessions.b]
        package = "none"
        needs = ["c"]
        [sessions.c]
        package = "none"
        after = ["a"]
        """
    )
    project.run("list").assert_exit(2).assert_said("runner.toml:3", "a needs b, b needs c, c is after a")


def test_a_matrix_of_a_million_cells_is_refused_at_once(project: Project) -> None:
    axes = "".join(
        f"{axis} = [{', '.join(repr(str(number)) for number in range(100))}]\n" for axis in ("x", "y", "z")
    )
    project.config('[sessions.tests]\npackage = "none"\n[sessions.tests.matrix]\n' + axes)
    project.run("list").assert_exit(2).assert_said("1,000,000", "max-cells")


def test_nothing_is_selected_by_a_misspelt_selector_and_the_nearest_is_told(project: Project) -> None:
    project.config(FINE)
    project.run("-e", "fien").assert_exit(3).assert_said("fien", "fine")


def test_a_plugin_that_is_not_there_is_named(project: Project) -> None:
    project.config('plugins = ["./ci/not_there.py"]\n' + FINE)
    project.run().assert_exit(2).assert_said("runner.toml:1", "not_there.py")


def test_posargs_that_nobody_takes_are_an_error(project: Project) -> None:
    project.config(FINE)
    project.run("--", "-x").assert_exit(2).assert_said("-x", "posargs")


def test_a_report_that_cannot_be_written_is_an_error_before_the_first_cell(project: Project) -> None:
    project.config(
        '[sessions.tests]\npackage = "none"\ncommands = [["python", "-c", "open(\'ran\', \'w\')"]]\n'
    )
    project.run("--report", "json=not/there/result.json").assert_exit(2).assert_said("not/there/result.json")
    assert not (project.root / "ran").exists()
    gc.collect()  # a file that was left open is told of here, and not in the next test
