"""The life of a cell, from a fresh environment to its teardown, with real installs and no network."""

import json
from pathlib import Path

import pytest

from runner.process import SystemProcesses
from runner.testing import Project, RecordingProcesses


def python(code: str) -> str:
    """A command that runs `code`, as a TOML list; braces are taken as they are."""
    return json.dumps(["python", "-c", code.replace("{", "{{").replace("}", "}}")])


def toml(text: str) -> str:
    return json.dumps(text)


# -- the environment


def test_no_run_sees_what_an_earlier_run_left_behind(project: Project) -> None:
    leave = "import sysconfig, pathlib; p = pathlib.Path(sysconfig.get_path('purelib'), 'left.py')"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [{python(leave + "; assert not p.exists(); p.touch()")}]
        """
    )
    project.run().assert_exit(0)
    project.run().assert_exit(0)


def test_an_environment_is_bare_unless_seeded(project: Project) -> None:
    look = "import importlib.util as u; print([n for n in ('pip', 'setuptools', 'wheel') if u.find_spec(n)])"
    project.config(
        f"""
        [sessions.bare]
        package = "none"
        commands = [{python(look)}]
        [sessions.seeded]
        package = "none"
        seed = ["pip"]
        commands = [{python(look)}, "pip --version"]
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
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        backend = "{backend}"
        deps = ["attrs"]
        commands = [{python("import sys; assert sys.prefix != sys.base_prefix; print(sys.prefix)")}, "greet"]
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
        commands = [{python("import sys; print(sys.prefix == sys.base_prefix)")}, "git --version"]
        """
    )
    invocation = project.run().assert_exit(0)
    assert "git version" in invocation.log("tests")
    assert not {"lock", "create", "install"} & set(invocation.cell("tests").phases())


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
        commands = [{python("import left, right, plus")}]
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


# -- the steps


def test_setup_commands_and_teardown_run_in_this_order(project: Project) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        setup = ["python -c 'print(1)'"]
        commands = ["python -c 'print(2)'", "python -c 'print(3)'"]
        teardown = ["python -c 'print(4)'"]
        """
    )
    invocation = project.run().assert_exit(0)
    ours = [step for step in invocation.cell("tests").steps if step.phase in {"setup", "command", "teardown"}]
    assert [step.phase for step in ours] == ["setup", "command", "command", "teardown"]
    log = invocation.log("tests").splitlines()
    assert [line for line in log if line in {"1", "2", "3", "4"}] == ["1", "2", "3", "4"]


def test_a_failing_setup_skips_the_commands_but_not_the_teardown(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        setup = [{python("raise SystemExit(7)")}]
        commands = [{python("open('commands', 'w')")}]
        teardown = [{python("open('teardown', 'w')")}]
        """
    )
    invocation = project.run().assert_exit(1).assert_cells({"tests": "failed"})
    assert not (project.root / "commands").exists()
    assert (project.root / "teardown").exists()
    assert "7" in invocation.cell("tests").reason


def test_a_failing_teardown_fails_the_cell(project: Project) -> None:
    project.config(
        f'[sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n'
        f"teardown = [{python('raise SystemExit(1)')}]\n"
    )
    project.run().assert_exit(1).assert_cells({"tests": "failed"})


@pytest.mark.parametrize(("keep_going", "ran"), [("false", False), ("true", True)])
def test_commands_stop_at_the_first_failure_unless_told_to_keep_going(
    project: Project, keep_going: str, ran: bool
) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        keep-going = {keep_going}
        commands = [{python("raise SystemExit(1)")}, {python("open('second', 'w')")}]
        """
    )
    project.run().assert_exit(1).assert_cells({"tests": "failed"})
    assert (project.root / "second").exists() == ran


def test_a_command_may_say_which_codes_are_good_and_be_ignored(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [
            {{ run = {python("raise SystemExit(5)")}, ok-codes = [0, 5] }},
            {{ run = {python("raise SystemExit(6)")}, ignore-failure = true }},
        ]
        """
    )
    cell = project.run().assert_exit(0).cell("tests")
    assert [step.exit for step in cell.steps if step.phase == "command"] == [5, 6]


def test_a_session_that_takes_too_long_is_failed_with_the_timeout_as_reason(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        timeout = 0.5
        interrupt-grace = 0.2
        terminate-grace = 0.2
        commands = [{python("import time; time.sleep(600)")}]
        teardown = [{python("open('teardown', 'w')")}]
        """
    )
    cell = project.run().assert_exit(1).assert_cells({"tests": "failed"}).cell("tests")
    assert "timeout" in cell.reason or "timed out" in cell.reason
    assert [step.exit for step in cell.steps if step.phase == "command"] == [None]
    assert (project.root / "teardown").exists()


def test_a_command_that_passes_on_a_retry_is_flaky_and_had_a_fresh_environment(project: Project) -> None:
    try_twice = (
        "import pathlib, sys, sysconfig; "
        "left = pathlib.Path(sysconfig.get_path('purelib'), 'left.py'); assert not left.exists(); left.touch(); "
        "seen = pathlib.Path('seen'); first = not seen.exists(); seen.touch(); sys.exit(first)"
    )
    project.config(f'[sessions.tests]\npackage = "none"\nretries = 2\ncommands = [{python(try_twice)}]\n')
    cell = project.run().assert_exit(0).assert_cells({"tests": "passed"}).cell("tests")
    assert cell.flaky
    assert [(step.attempt, step.exit) for step in cell.steps if step.phase == "command"] == [(1, 1), (2, 0)]


def test_only_failures_are_retried(project: Project) -> None:
    project.config('[sessions.tests]\npackage = "none"\nretries = 3\ncommands = ["no-such-program"]\n')
    cell = project.run().assert_exit(4).cell("tests")
    assert {step.attempt for step in cell.steps} == {1}


def test_an_allowed_failure_does_not_count(project: Project) -> None:
    project.config(
        f"""
        [defaults]
        package = "none"
        [sessions.tests]
        allow-failure = true
        commands = [{python("raise SystemExit(1)")}]
        [sessions.unmade]
        allow-failure = true
        deps = ["not-there-at-all"]
        [sessions.report]
        needs = ["tests", "fine"]
        commands = ["python --version"]
        [sessions.fine]
        commands = ["python --version"]
        """
    )
    invocation = project.run().assert_exit(0)
    invocation.assert_cells({"tests": "failed", "unmade": "error", "report": "passed", "fine": "passed"})
    assert invocation.cell("tests").allowed
    assert invocation.cell("unmade").allowed


# -- source, variables, substitution


def test_a_copy_of_the_source_keeps_the_tree_clean(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        source = "copy"
        artifacts = ["made.txt"]
        commands = [{python("import os; print(sorted(os.listdir())); open('made.txt', 'w')")}]
        """
    )
    project.write({".gitignore": "ignored.txt\n", "tracked.txt": "", "ignored.txt": ""})
    project.git()
    project.file("untracked.txt", "")
    invocation = project.run().assert_exit(0)
    log = invocation.log("tests")
    assert "'tracked.txt'" in log
    assert "'untracked.txt'" in log
    assert "'ignored.txt'" not in log
    assert not (project.root / "made.txt").exists()
    assert list((project.root / ".runner" / "runs").rglob("made.txt"))


def test_a_cell_sees_only_the_variables_on_the_list(project: Project) -> None:
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        pass-env = ["ASKED_*"]
        env = {{ OWN = "1", LANG = false }}
        matrix.db = ["sqlite", "postgres"]
        commands = [{python("import os; [print(f'{k}={v}') for k, v in os.environ.items()]")}]
        """
    )
    outer = {"NOT_ASKED": "x", "ASKED_FOR": "y", "LANG": "C", "GIT_TOKEN": "t", "PIP_PASSWORD": "p"}
    invocation = project.run("-e", "tests-sqlite", env=outer).assert_exit(0)
    seen = dict(line.split("=", 1) for line in invocation.log("tests-sqlite").splitlines() if "=" in line)
    assert seen["ASKED_FOR"] == "y"
    assert seen["OWN"] == "1"
    assert seen["RUNNER_CELL"] == "tests-sqlite"
    assert seen["RUNNER_SESSION"] == "tests"
    assert seen["RUNNER_ROOT"] == str(project.root)
    assert Path(seen["VIRTUAL_ENV"]) == project.root / ".runner" / "envs" / "tests-sqlite"
    assert Path(seen["PATH"].split(":")[0]) == Path(seen["VIRTUAL_ENV"], "bin")
    assert seen["COVERAGE_FILE"] == str(project.root / ".coverage.tests-sqlite")
    unwanted = {"NOT_ASKED", "LANG", "GIT_TOKEN", "PIP_PASSWORD", "RUNNER_EVENTS", "RUNNER_REPORT"}
    assert not unwanted & set(seen)


def test_text_is_filled_in_and_posargs_reach_the_command(project: Project) -> None:
    words = ["{db}", "{cell}", "{env:WHO:nobody}", "{{}}", "{posargs:a b}"]
    command = json.dumps(["python", "-c", "import sys; print(sys.argv[1:])", *words])
    project.config(f'[sessions.tests]\npackage = "none"\nmatrix.db = ["sqlite"]\ncommands = [{command}]\n')
    log = project.run().assert_exit(0).log("tests-sqlite")
    assert "['sqlite', 'tests-sqlite', 'nobody', '{}', 'a', 'b']" in log
    log = project.run("--", "x y", "--z", env={"WHO": "me"}).assert_exit(0).log("tests-sqlite")
    assert "['sqlite', 'tests-sqlite', 'me', '{}', 'x y', '--z']" in log


def test_the_tmp_folder_is_there_and_empty_each_time(project: Project) -> None:
    fill = "import os, sys; assert not os.listdir(sys.argv[1]); open(sys.argv[1] + '/x', 'w')"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        commands = [["python", "-c", {toml(fill)}, "{{tmp}}"]]
        """
    )
    project.run().assert_exit(0)
    project.run().assert_exit(0)


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
        commands = [["python", "-c", {toml(check)}, "{{python}}"]]
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
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python(write)}]\n')
    cell = project.run().assert_exit(0).cell("tests")
    assert sorted(test.outcome for test in cell.tests) == ["failed", "passed"]


def test_a_broken_junit_file_is_a_warning_and_changes_no_outcome(project: Project) -> None:
    write = "import os; open(os.environ['RUNNER_JUNIT_DIR'] + '/ours.xml', 'w').write('<testsu')"
    project.config(f'[sessions.tests]\npackage = "none"\ncommands = [{python(write)}]\n')
    project.run().assert_exit(0).assert_cells({"tests": "passed"}).assert_said("ours.xml")
