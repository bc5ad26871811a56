"""The project's own package on its way into cells: built by a real build backend, without network."""

import json
import zipfile

import pytest

from runner.testing import Project, make_wheel

IMPORTS_LEFT = json.dumps(["python", "-c", "import left; print('from', left.__file__, left.VERSION)"])


def cell_id(version: str) -> str:
    return f"tests-py{version.replace('.', '')}"


def test_a_pure_wheel_is_built_once_for_the_matrix(project: Project, two_pythons: tuple[str, str]) -> None:
    project.package("left")
    project.config(f"[sessions.tests]\npython = {json.dumps(two_pythons)}\ncommands = [{IMPORTS_LEFT}]\n")
    invocation = project.run().assert_exit(0)
    assert project.builds == ("wheel",)
    assert {cell.version("left") for cell in invocation.cells.values()} == {"1.0"}


def test_an_extension_is_built_once_a_python(project: Project, two_pythons: tuple[str, str]) -> None:
    project.package("left", tag="native")
    project.config(
        f"""
        [sessions.tests]
        python = {json.dumps(two_pythons)}
        matrix.part = ["1", "2"]
        commands = [{IMPORTS_LEFT}]
        """
    )
    project.run().assert_exit(0)
    assert project.builds == ("wheel", "wheel")


def test_the_project_satisfies_what_depends_on_it(project: Project) -> None:
    project.package("left", "3.0", requires=("right",))
    project.index.add("right", "1.0", requires=("left>=2",))
    project.config(f"[sessions.tests]\ncommands = [{IMPORTS_LEFT}]\n")
    cell = project.run().assert_exit(0).cell("tests")
    assert (cell.version("left"), cell.version("right")) == ("3.0", "1.0")


def test_the_project_wins_over_the_package_of_its_name_in_the_index(project: Project) -> None:
    project.package("left", "3.0")
    project.index.add("left", "9.0")
    project.index.add("tool", "1.0", requires=("left",))
    project.config(f'[sessions.tests]\ndeps = ["tool"]\ncommands = [{IMPORTS_LEFT}]\n')
    assert project.run().assert_exit(0).cell("tests").version("left") == "3.0"


def test_extras_bring_their_requirements(project: Project) -> None:
    project.package("left", extras={"more": ("plus",), "less": ("minus",)})
    project.index.add("plus")
    project.index.add("minus")
    project.config(f'[sessions.tests]\nextras = ["more"]\ncommands = [{IMPORTS_LEFT}]\n')
    assert {package.name for package in project.run().assert_exit(0).cell("tests").packages} == {
        "left",
        "plus",
    }


def test_an_editable_package_is_imported_from_the_source(project: Project) -> None:
    project.package("left")
    project.config(f'[sessions.tests]\npackage = "editable"\ncommands = [{IMPORTS_LEFT}]\n')
    invocation = project.run().assert_exit(0)
    assert f"from {project.root / 'src' / 'left.py'}" in invocation.log("tests")
    assert project.builds == ("editable",)


def test_an_sdist_is_built_and_a_wheel_from_it(project: Project) -> None:
    project.package("left")
    project.config(f'[sessions.tests]\npackage = "sdist"\ncommands = [{IMPORTS_LEFT}]\n')
    invocation = project.run().assert_exit(0)
    assert project.builds == ("sdist", "wheel")
    assert "site-packages" in invocation.log("tests")


def test_a_given_wheel_is_used_and_nothing_is_built(project: Project) -> None:
    project.package("left")
    given = make_wheel(project.folder / "given", "left", "7.0")
    project.config(f"[sessions.tests]\ncommands = [{IMPORTS_LEFT}]\n")
    assert project.run("--package", str(given)).assert_exit(0).cell("tests").version("left") == "7.0"
    assert project.builds == ()


def test_a_given_package_that_is_not_there_is_a_usage_error(project: Project) -> None:
    project.package("left")
    project.config(f"[sessions.tests]\ncommands = [{IMPORTS_LEFT}]\n")
    invocation = project.run("--package", "gone-1.0-py3-none-any.whl")
    assert invocation.exit_code in {2, 4}
    invocation.assert_exit(invocation.exit_code).assert_said("gone-1.0-py3-none-any.whl")


def test_a_project_table_alone_is_not_built_and_the_run_says_so(project: Project) -> None:
    project.file("pyproject.toml", '[project]\nname = "left"\nversion = "1.0"\n')
    project.config('[sessions.tests]\ncommands = ["python --version"]\n')
    invocation = project.run().assert_exit(0).assert_said("build-system")
    assert "package" not in invocation.cell("tests").phases()


def test_sessions_without_the_package_never_build_it(project: Project) -> None:
    project.package("left", fault="nobody asked for me")
    project.config('[sessions.lint]\npackage = "none"\ncommands = ["python --version"]\n')
    project.run().assert_exit(0)
    assert project.builds == ()


def test_install_only_makes_environments_and_runs_no_commands(project: Project) -> None:
    project.package("left")
    project.config('[sessions.tests]\ncommands = [["python", "-c", "open(\'ran\', \'w\')"]]\n')
    cell = project.run("--install-only").assert_exit(0).cell("tests")
    assert cell.version("left") == "1.0"
    assert "command" not in cell.phases()
    assert not (project.root / "ran").exists()


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_work_dir_never_gets_into_a_package(project: Project, kind: str) -> None:
    project.package("left")
    project.config(
        f'work-dir = "src/work"\n[sessions.tests]\npackage = "{kind}"\ncommands = [{IMPORTS_LEFT}]\n'
    )
    invocation = project.run()
    if invocation.exit_code == 0:
        wheels = list((project.root / "src" / "work").rglob("*.whl"))
        assert all("work" not in name for wheel in wheels for name in zipfile.ZipFile(wheel).namelist())
    else:
        invocation.assert_exit(4).assert_said("src/work")
