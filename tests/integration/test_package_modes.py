"""What of the project gets into a cell: its dependencies alone, a file that another cell made; and seeds."""

import shutil

import pytest
from virtualenv.seed.wheels.embed import get_embed_wheel

from runner.testing import Project, make_wheel, python_command

DECLARED = """
    [project]
    name = "left"
    version = "3.0"
    dependencies = ["right"]
    [project.optional-dependencies]
    more = ["plus"]
"""

BACKEND = """
    [build-system]
    requires = []
    build-backend = "backend"
    backend-path = ["_build"]
"""

ABSENT = python_command("import importlib.util, right; assert importlib.util.find_spec('left') is None")


def names(project: Project, *argv: str, cell: str = "tests") -> set[str]:
    return {package.name for package in project.run(*argv).assert_exit(0).cell(cell).packages}


@pytest.fixture
def left(project: Project) -> Project:
    """A package that declares nothing, with a dependency that needs it and an extra that brings another."""
    project.package(
        "left", "3.0", requires=("right",), extras={"more": ("plus",), "all": ("left[more]",), "not": ("no",)}
    )
    project.file("pyproject.toml", BACKEND)
    project.index.add("right", requires=("left>=2",))
    project.index.add("plus")
    return project


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_deps_only_installs_what_the_project_depends_on_without_it(left: Project, installer: str) -> None:
    left.config(
        f"""
        [sessions.tests]
        installer = "{installer}"
        package = "deps-only"
        extras = ["all"]
        commands = [{ABSENT}]
        """
    )
    assert names(left) == {"right", "plus"}
    assert left.builds == ("wheel",)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_dependencies_that_are_declared_are_installed_without_a_build(
    project: Project, installer: str
) -> None:
    project.file("pyproject.toml", DECLARED)
    for name in ("right", "plus"):
        project.index.add(name)
    project.config(
        f"""
        [sessions.tests]
        installer = "{installer}"
        package = "deps-only"
        extras = ["more"]
        commands = [{ABSENT}]
        """
    )
    invocation = project.run().assert_exit(0)
    assert {package.name for package in invocation.cell("tests").packages} == {"right", "plus"}
    assert "wheel: not needed: pyproject.toml says what the project depends on" in invocation.log("tests")


def test_a_project_without_dependencies_leaves_the_environment_bare(project: Project) -> None:
    project.package("left")
    project.config('[sessions.tests]\npackage = "deps-only"\ncommands = ["python --version"]\n')
    assert names(project) == set()


def test_deps_only_goes_with_committed_locks_and_reuse(left: Project) -> None:
    left.config(f'[sessions.tests]\npackage = "deps-only"\ncommands = [{ABSENT}]\n')
    left.run("lock").assert_exit(0)
    assert 'name = "left"' not in (left.root / "locks/pylock.tests.toml").read_text()
    assert names(left, "--locked") == {"right"}
    left.file("src/left.py", "VERSION = 'changed'\n")
    kept = left.run("--locked", "--reuse").assert_exit(0)
    assert "environment: kept" in kept.log("tests")
    left.config('[sessions.tests]\ncommands = ["python --version"]\n')
    changed = left.run("--reuse").assert_exit(0)
    assert "made anew: the wheel changed" in changed.log("tests")
    assert changed.cell("tests").version("left") == "3.0"


def test_a_session_installs_the_file_that_another_one_makes(project: Project) -> None:
    project.index.add("right")
    make_wheel(project.folder / "made", "left", "7.0", requires=("right",))
    copy = python_command(f"import shutil; shutil.copytree({str(project.folder / 'made')!r}, 'dist')")
    project.config(
        f"""
        [sessions.build]
        package = "none"
        commands = [{copy}]
        [sessions.tests]
        needs = ["build"]
        package-file = "dist/*.whl"
        commands = [{python_command("import left, right; assert left.VERSION == '7.0'")}]
        """
    )
    assert "to be made: nothing matches dist/*.whl yet" in project.run("plan").assert_exit(0).stdout
    assert project.run().assert_exit(0).cell("tests").version("left") == "7.0"
    shutil.rmtree(project.root / "dist")
    project.run("-e", "tests", "--no-needs").assert_exit(4).assert_said("name that session in needs")


def test_two_sessions_install_two_files(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests.matrix]
        version = ["1.0", "2.0"]
        [sessions.tests]
        package-file = "dist/left-{{version}}-*.whl"
        commands = [{python_command("import left; print(left.VERSION)")}]
        """
    )
    for version in ("1.0", "2.0"):
        make_wheel(project.root / "dist", "left", version)
    invocation = project.run("-j2").assert_exit(0)
    for version in ("1.0", "2.0"):
        assert invocation.cell(f"tests-version{version}").version("left") == version


def test_a_command_that_fails_once_passes_on_its_retry(project: Project) -> None:
    once = "import os, sys; made = os.path.exists('made'); open('made', 'w').close(); sys.exit(not made)"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [{{ run = {python_command(once)}, retries = 2 }}]
        """
    )
    invocation = project.run().assert_exit(0).assert_said("flaky: a command passed on a retry")
    assert "attempt 2 of 3" in invocation.log("tests")
    assert invocation.cell("tests").flaky


def test_a_seed_is_there_as_a_program_and_as_a_module(project: Project) -> None:
    wheel = get_embed_wheel("pip", "3.11")
    assert wheel is not None
    shutil.copy(wheel.path, project.index.folder)
    project.config(
        """
        [sessions.tests]
        package = "none"
        seed = ["pip"]
        commands = ["pip --version", "python -m pip --version"]
        """
    )
    assert project.run().assert_exit(0).log("tests").count(".runner/envs/tests/lib") == 2
