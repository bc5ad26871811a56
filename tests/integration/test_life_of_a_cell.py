"""The life of a cell: environments, interpreters and results, with real installs and no network."""

import json

import pytest

from runner.process import SystemProcesses
from runner.testing import Project, RecordingProcesses, python_command

# -- the environment


def test_no_run_sees_what_an_earlier_run_left_behind(project: Project) -> None:
    leave = "import sysconfig, pathlib; p = pathlib.Path(sysconfig.get_path('purelib'), 'left.py')"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [{python_command(leave + "; assert not p.exists(); p.touch()")}]
        """
    )
    project.run().assert_exit(0)
    project.run().assert_exit(0)


def test_an_environment_is_bare_unless_seeded(project: Project) -> None:
    project.index.add("pip", modules={"pip.py": "def main(): pass\n"}, scripts={"pip": "pip:main"})
    look = "import importlib.util as u; print([n for n in ('pip', 'setuptools', 'wheel') if u.find_spec(n)])"
    project.config(
        f"""
        [sessions.bare]
        package = "none"
        commands = [{python_command(look)}]
        [sessions.seeded]
        package = "none"
        seed = ["pip"]
        commands = [{python_command(look)}, "pip --version"]
        """
    )
    invocation = project.run().assert_exit(0)
    assert "[]" in invocation.log("bare")
    assert "['pip']" in invocation.log("seeded")


@pytest.mark.parametrize("backend", ["virtualenv", "venv"])
def test_a_backend_gives_the_cell_an_environment_of_its_own(project: Project, backend: str) -> None:
    project.index.add(
        "attrs", "25.1", scripts={"greet": "attrs:greet"}, modules={"attrs.py": "def greet(): pass\n"}
    )
    look = "import sys; assert sys.prefix != sys.base_prefix; print(sys.prefix)"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        backend = "{backend}"
        deps = ["attrs"]
        commands = [{python_command(look)}, "greet"]
        """
    )
    invocation = project.run().assert_exit(0)
    assert invocation.cell("tests").version("attrs") == "25.1"
    assert str(project.root / ".runner" / "envs" / "tests") in invocation.log("tests")


def test_without_a_backend_programs_come_from_outside_and_nothing_is_installed(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        backend = "none"
        package = "none"
        commands = [{python_command("import sys; print(sys.prefix == sys.base_prefix)")}, "git --version"]
        """
    )
    invocation = project.run().assert_exit(0)
    assert "git version" in invocation.log("tests")
    assert not {"lock", "install"} & set(invocation.cell("tests").phases())


def test_the_result_lists_what_was_installed(project: Project) -> None:
    project.index.add("needle", "3.1", requires=("thread>=2",))
    project.index.add("thread", "2.5")
    project.index.add("thread", "1.0")
    project.config('[sessions.tests]\npackage = "none"\ndeps = ["needle"]\ncommands = ["python --version"]\n')
    cell = project.run().assert_exit(0).cell("tests")
    assert {(package.name, package.version) for package in cell.packages} == {
        ("needle", "3.1"),
        ("thread", "2.5"),
    }


def test_requirements_come_from_files_groups_and_constraints(project: Project) -> None:
    for name in ("inner", "grouped", "deeper", "plain"):
        project.index.add(name, "1.0")
        project.index.add(name, "2.0")
    project.file("requirements/test.txt", "inner\n-c limits.txt\n")
    project.file("requirements/limits.txt", "inner<2\n")
    project.file(
        "pyproject.toml",
        '[dependency-groups]\ndeep = ["deeper<2"]\ntest = ["grouped", {include-group = "deep"}]\n',
    )
    project.config(
        """
        [sessions.tests]
        package = "none"
        deps = ["-r requirements/test.txt", "plain"]
        constraints = ["plain<2"]
        groups = ["test"]
        commands = ["python --version"]
        """
    )
    cell = project.run().assert_exit(0).cell("tests")
    found = {package.name: package.version for package in cell.packages}
    assert found == {"inner": "1.0", "plain": "1.0", "grouped": "2.0", "deeper": "1.0"}


def test_the_lowest_resolution_takes_the_lowest(project: Project) -> None:
    project.index.add("needle", "1.0")
    project.index.add("needle", "2.0")
    project.config(
        """
        [sessions.tests]
        package = "none"
        deps = ["needle>=1"]
        matrix.resolution = ["highest", "lowest-direct"]
        commands = ["python --version"]
        """
    )
    cells = project.run().assert_exit(0).cells.values()
    assert {cell.axes["resolution"]: cell.version("needle") for cell in cells} == {
        "highest": "2.0",
        "lowest-direct": "1.0",
    }


def test_pip_installs_when_it_is_the_installer(project: Project) -> None:
    project.package("left", requires=("right",), extras={"more": ("plus",)})
    project.index.add("right", "1.0", requires=("left",))
    project.index.add("plus", "1.0")
    project.config(
        f"""
        [sessions.tests]
        installer = "pip"
        extras = ["more"]
        commands = [{python_command("import left, right, plus")}]
        """
    )
    cell = project.run().assert_exit(0).cell("tests")
    assert {package.name for package in cell.packages} == {"left", "right", "plus"}


def test_a_requirement_set_is_resolved_once_in_a_run(project: Project) -> None:
    project.index.add("needle", "1.0")
    project.index.add("other", "1.0")
    project.config(
        """
        [defaults]
        package = "none"
        commands = ["python --version"]
        [sessions.tests]
        deps = ["needle"]
        matrix.part = ["1", "2", "3"]
        [sessions.twin]
        deps = ["needle"]
        [sessions.else]
        deps = ["other"]
        """
    )
    processes = RecordingProcesses(SystemProcesses())
    project.run(processes=processes).assert_exit(0)
    resolutions = [argv for argv in processes.captures if "compile" in argv]
    assert len(resolutions) == 2


# -- interpreters


def test_each_python_of_the_matrix_is_found_and_recorded(
    project: Project, two_pythons: tuple[str, str]
) -> None:
    check = "import sys; assert '%d.%d' % sys.version_info[:2] == sys.argv[1]"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        python = {json.dumps(two_pythons)}
        commands = [{python_command(check, "{python}")}]
        """
    )
    for cell in project.run().assert_exit(0).cells.values():
        assert cell.python is not None
        assert cell.python.startswith(cell.axes["python"] + ".")


def test_a_missing_python_is_skipped_at_a_desk_and_an_error_in_ci(
    project: Project, two_pythons: tuple[str, str]
) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        python = ["{two_pythons[0]}", "3.99"]
        commands = ["python --version"]
        """
    )
    own = f"tests-py{two_pythons[0].replace('.', '')}"
    desk = project.run().assert_exit(0).assert_cells({own: "passed", "tests-py399": "skipped"})
    assert "3.99" in desk.cell("tests-py399").reason
    project.run(env={"CI": "true"}).assert_exit(4).assert_cells({own: "passed", "tests-py399": "error"})
    project.run(env={"CI": "false"}).assert_exit(0)


# -- collecting


def test_pytest_is_asked_for_its_results(with_pytest: Project) -> None:
    with_pytest.file(
        "tests/test_it.py",
        """
        import pytest

        def test_good():
            pass

        def test_bad():
            assert 1 == 2, "numbers differ"

        @pytest.mark.skip(reason="later")
        def test_later():
            pass
        """,
    )
    with_pytest.config('[sessions.tests]\npackage = "none"\ndeps = ["pytest"]\ncommands = ["pytest tests"]\n')
    cell = with_pytest.run().assert_exit(1).assert_cells({"tests": "failed"}).cell("tests")
    assert {test.id: test.outcome for test in cell.tests} == {
        "tests/test_it.py::test_good": "passed",
        "tests/test_it.py::test_bad": "failed",
        "tests/test_it.py::test_later": "skipped",
    }
    bad = next(test for test in cell.tests if test.outcome == "failed")
    assert (bad.file, bad.line) == ("tests/test_it.py", 6)
    assert "numbers differ" in bad.message


def test_other_programs_may_leave_junit_in_their_folder(project: Project) -> None:
    xml = (
        '<testsuite name="ours"><testcase classname="a" name="one" time="0.5"/>'
        '<testcase classname="a" name="two"><failure message="broke"/></testcase></testsuite>'
    )
    write = f"import os; open(os.environ['RUNNER_JUNIT_DIR'] + '/ours.xml', 'w').write({xml!r})"
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(write)}]\n')
    cell = project.run().assert_exit(0).cell("tests")
    assert sorted(test.outcome for test in cell.tests) == ["failed", "passed"]


def test_a_broken_junit_file_is_a_warning_and_changes_no_outcome(project: Project) -> None:
    write = "import os; open(os.environ['RUNNER_JUNIT_DIR'] + '/ours.xml', 'w').write('<testsu')"
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python_command(write)}]\n')
    project.run().assert_exit(0).assert_cells({"tests": "passed"}).assert_said("ours.xml")
