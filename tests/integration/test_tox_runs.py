"""What happens when a tox config runs, beyond what each value means."""

import json
import sys

import pytest

from runner.testing import Project

pytestmark = pytest.mark.network


def test_environments_run_in_order_and_see_what_those_before_them_made(project: Project) -> None:
    project.online()
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = clean, make, use
        no_package = true
        [testenv:clean]
        commands =
            python -c "import glob, os; [os.unlink(f) for f in glob.glob('*.dat')]"
            - python -c "raise SystemExit(3)"
            ! python -c "raise SystemExit(4)"
        [testenv:make]
        commands = python -c "import time; time.sleep(0.5); open('b.dat', 'w'); open('a.dat', 'w')"
        [testenv:use]
        commands = python tell.py {glob:*.dat} {glob:*.no:x y} --z={glob:*.no}
        """,
    )
    project.file("tell.py", "import json, sys\njson.dump(sys.argv[1:], open('seen', 'w'))\n")
    for _ in range(2):  # from the second on, durations are known
        ran = project.run().assert_exit(0)
        seen = json.loads((project.root / "seen").read_text())
        assert seen == [str(project.root / "a.dat"), str(project.root / "b.dat"), "x", "y", "--z="]
    ran.assert_said("exited with code 3, which is ignored", "exited with code 4, as it may")


def test_depends_may_be_a_circle_of_environments_that_do_not_run_together(project: Project) -> None:
    project.online()
    project.file("tox.ini", "[tox]\nenv_list = a, b\nno_package = true\n[testenv]\ndepends = {a,b}\n")
    project.run("-e", "a").assert_exit(0)
    project.run().assert_exit(2).assert_said("a is after b, b is after a", "remove one of these depends")


def test_an_environment_may_be_skipped_for_want_of_its_python(project: Project) -> None:
    project.online()
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = py, py399, py398
        no_package = true
        [testenv:py399]
        skip_missing_interpreters = true
        """,
    )
    ran = project.run().assert_exit(4)
    ran.assert_cells({"py": "passed", "py399": "skipped", "py398": "error"})


def test_a_program_from_outside_is_refused_in_the_words_of_tox(project: Project) -> None:
    project.online()
    project.file("tox.ini", "[tox]\nno_package = true\n[testenv]\ncommands = ls\n")
    project.run().assert_exit(4).assert_said("set allowlist_externals = ls")


def test_a_folder_with_a_blank_in_its_name_is_no_hindrance(project: Project) -> None:
    project.online()
    root = project.root.parent / "a blank"
    project.root.rename(root)
    project.root = root
    project.file("req.txt", "iniconfig\n")
    project.file("more req.txt", "-r req.txt\n")
    project.file(
        "tox.ini",
        """
        [testenv]
        skip_install = true
        deps =
            -r{toxinidir}/req.txt
            -r more req.txt
        commands = python -c "import iniconfig"
        """,
    )
    project.run().assert_exit(0)


def test_ways_to_build_that_differ_are_refused_where_a_run_has_both(project: Project) -> None:
    project.online()
    project.file(
        "pyproject.toml", '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "x"\nversion = "1"\n'
    )
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = a, b
        [testenv:b]
        package_env = other
        [testenv:other]
        set_env = X = 1
        """,
    )
    project.run("list").assert_exit(0)
    project.run().assert_exit(2).assert_said("package the project in different ways")
    project.run("-e", "b").assert_exit(0)


def test_in_a_lasting_environment_paths_are_its_own_and_factors_make_a_cell(project: Project) -> None:
    project.online()
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = lint
        no_package = true
        [testenv]
        set_env =
            HERE = {env_dir}
            BIN = {env_bin_dir}
        [testenv:py]
        """,
    )
    factors = f"py{sys.version_info.major}{sys.version_info.minor}"
    shows = "import os, sys; print(sys.prefix, *map(os.environ.get, ('HERE', 'BIN', 'TOX_ENV_DIR')))"
    for words in ((factors,), ()):  # without a word: there is just one lasting environment
        place = project.root / ".runner" / "dev" / factors
        told = project.run_process("env", "exec", *words, "--", "python", "-c", shows).assert_exit(0).stdout
        assert told.split() == [*map(str, (place, place, place / "bin", place))]
    rows = json.loads(project.run("env", "list", "--format", "json").assert_exit(0).stdout)["environments"]
    assert [(row["cell"], row["state"]) for row in rows] == [(factors, "in step")]
