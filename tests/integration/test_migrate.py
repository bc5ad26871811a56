"""`runner migrate` on configs as people write them: what becomes of them is read back, run and compared."""

import pytest

from runner.model.toml import parse
from runner.testing import Project

PYPROJECT = """
    [build-system]
    requires = ["setuptools"]
    [project]
    name = "thing"
    version = "1"
    """

LIBRARY = """
    [tox]
    env_list = lint, docs, py3{10,11,12}-tests, py312-mypy, coverage-report
    no_package = false

    [testenv]
    package = wheel
    extras =
        tests: tests
        mypy: typing
    pass_env =
        FORCE_COLOR
        SOME_TOKEN
    deps =
        py310: exceptiongroup
        tests: coverage[toml]
    commands =
        tests: coverage run -m pytest {posargs:-n auto}
        mypy: mypy src tests/typing

    [testenv:lint]
    skip_install = true
    deps = ruff
    commands = ruff check {posargs:.}

    [testenv:docs]
    base_python = 3.12
    change_dir = docs
    extras = docs
    set_env = PYTHONHASHSEED = 0
    commands =
        sphinx-build -n -T -W -b html -d {envtmpdir}/doctrees . {toxinidir}/docs/_build
        python -m doctest {toxinidir}/README.rst

    [testenv:coverage-report]
    skip_install = true
    deps = coverage[toml]
    depends = py3{10,11,12}-tests
    parallel_show_output = true
    commands =
        coverage combine
        - coverage report --fail-under 100
    """

PLUGIN = """
    [tox]
    envlist = py{310,311}-pytest{7,8,main}-{xdist,noxdist}, lint
    skip_missing_interpreters = true
    [testenv]
    description = tests of the plugin with {envname}
    setenv =
        PYTHONWARNINGS = {env:PYTHONWARNINGS:error}
        COVERAGE_FILE = {toxinidir}/.coverage.{envname}
    deps =
        pytest7: pytest~=7.4
        pytest8: pytest~=8.0
        pytestmain: git+https://github.com/pytest-dev/pytest.git
        xdist: pytest-xdist
    commands = pytest {posargs}
    ignore_outcome =
        pytestmain: true
    [testenv:lint]
    skip_install = true
    deps = pre-commit
    passenv = HOMEPATH
        TERM
    commands = pre-commit run --all-files
    """

DJANGO = """
    [tox]
    env_list =
        py{310,311}-django{42,52}-{sqlite,postgres}
        py312-django{52,main}-{sqlite,postgres}
        isort
    [testenv]
    use_develop = true
    deps =
        -r requirements/base.txt
        -r requirements/django{env:SUFFIX:}.txt
        django42: Django>=4.2,<4.3
        django52: Django>=5.2,<5.3
        djangomain: https://github.com/django/django/archive/main.tar.gz
        postgres: psycopg[binary]
    set_env =
        DJANGO_SETTINGS_MODULE = app.settings
        sqlite: DATABASE_URL = sqlite://:memory:
        postgres: DATABASE_URL = postgres://{env:PGUSER:postgres}@{env:PGHOST:localhost}/app
    pass_env = PG*
    allowlist_externals = make
    commands =
        python -W error::DeprecationWarning -m django test {posargs:app}
        postgres: make check-migrations
    [testenv:isort]
    skip_install = true
    deps = isort
    commands = isort --check-only --diff app
    """

GENERATIVE = """
    [tox]
    env_list = py{310,311}, pypy310, {build,check}-dist, integration-{a,b}
    [testenv]
    deps = pytest
    commands = pytest tests/unit {posargs}
    [testenv:{build,check}-dist]
    skip_install = true
    deps =
        build: build
        check: twine
    commands =
        build: python -m build --outdir {toxinidir}/dist
        check: twine check {toxinidir}/dist/*
    [testenv:integration-{a,b}]
    base = testenv
    deps = {[testenv]deps}
        requests
    set_env =
        a: SERVER = a.example
        b: SERVER = b.example
    commands = pytest tests/integration --junit-xml={envlogdir}/{envname}.xml {posargs}
    """

COVERAGE = """
    [tox]
    env_list = clean, py3{10,11}, report
    [testenv]
    deps = pytest-cov
    depends =
        py3{10,11}: clean
        report: py3{10,11}
    commands = pytest --cov --cov-append {posargs:tests}
    commands_pre = python -m pip --version
    [testenv:clean]
    skip_install = true
    deps = coverage
    commands = coverage erase
    [testenv:report]
    skip_install = true
    deps = coverage
    ignore_errors = true
    commands =
        coverage report
        coverage html
    """

FACTORS = """
    [tox]
    env_list = py{310,311,312}{,-cov}, py312-lowest
    [testenv]
    platform =
        lowest: linux|darwin
    deps =
        lowest: oldest-supported-numpy
        !lowest: numpy
        py310,py311: tomli
        cov: coverage
    commands =
        !cov: python -m unittest {posargs:discover -s tests}
        cov: coverage run -m unittest {posargs:discover -s tests}
        cov: coverage xml
    """

IN_SETUP_CFG = """
    [metadata]
    name = thing
    [tox:tox]
    envlist = py310, py311, flake8
    requires = tox>=4
    [testenv]
    whitelist_externals = sh
    commands =
        python -c 'print("{{}} {posargs}")'
        sh -c "exit 0 | cat > /dev/null"
        ! false
    [testenv:flake8]
    deps = flake8
    commands = flake8 src
    """

NATIVE = """
    requires = ["tox>=4.21"]
    env_list = [
      "lint",
      { product = [["3.11", "3.12"], ["django42", "django52"]], exclude = ["3.12-django42"] },
    ]

    [env_run_base]
    description = "run the tests under {base_python}"
    dependency_groups = ["test"]
    deps = [
      { replace = "if", condition = "factor.django42", then = ["Django~=4.2.0"], extend = true },
      { replace = "if", condition = "factor.django52", then = ["Django~=5.2.0"], extend = true },
    ]
    commands = [
      [
        "pytest", "--junitxml", "{env_tmp_dir}{/}junit.xml",
        { replace = "posargs", default = ["tests"], extend = true },
      ],
      ["python", "-c", "print({'a': 1})"],
    ]

    [env_run_base.set_env.COVERAGE_FILE]
    replace = "env"
    name = "COVERAGE_FILE"
    default = "{work_dir}/.coverage.{env_name}"

    [env.lint]
    skip_install = true
    base_python = ["3.12"]
    deps = ["ruff"]
    commands = [["ruff", "check", { replace = "posargs", default = ["src", "tests"], extend = true }]]
    """

IN_PYPROJECT = (
    PYPROJECT
    + """
    [tool.tox]
    env_list = ["3.12", "3.11", "type"]
    labels = { fast = ["3.12", "type"] }
    [tool.tox.env_run_base]
    package = "editable"
    extras = ["dev"]
    commands = [["pytest", "{posargs}"]]
    [tool.tox.env.type]
    labels = ["static"]
    commands_retry = 2
    commands = [["mypy", "src"]]
    """
)

CONFIGS = {
    "library": ("tox.ini", LIBRARY, {"lint", "docs", "tests", "mypy", "coverage-report"}),
    "plugin": ("tox.ini", PLUGIN, {"tests", "lint"}),
    "django": ("tox.ini", DJANGO, {"tests", "isort"}),
    "generative": (
        "tox.ini",
        GENERATIVE,
        {"tests", "build-dist", "check-dist", "integration-a", "integration-b"},
    ),
    "coverage": ("tox.ini", COVERAGE, {"clean", "tests", "report"}),
    "factors": ("tox.ini", FACTORS, {"tests", "cov", "lowest"}),
    "native": ("tox.toml", NATIVE, {"tests", "lint"}),
}


def migrated(
    project: Project, name: str, text: str, *, code: int = 0
) -> tuple[dict[str, dict[str, object]], str]:
    """Migrate a config; return the sessions of the file that was written, and what was said."""
    if name != "pyproject.toml":
        project.file("pyproject.toml", PYPROJECT)
    project.file(name, text)
    said = project.run("migrate", name).assert_exit(code).stdout
    file = project.root / "runner.toml"
    sessions = parse(file.read_text(encoding="utf-8"))["sessions"] if file.exists() else {}
    assert isinstance(sessions, dict)
    return sessions, said


@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_becomes_sessions_with_equal_cells(project: Project, case: str) -> None:
    name, text, expected = CONFIGS[case]
    sessions, said = migrated(project, name, text)
    assert set(sessions) == expected
    assert "\nequal: all " in said
    assert "with arguments after --" in said


def test_factors_become_axes_with_what_they_bring(project: Project) -> None:
    sessions, _ = migrated(project, "tox.ini", DJANGO)
    tests = sessions["tests"]
    assert tests["python"] == ["3.10", "3.11", "3.12"]
    assert tests["exclude"] == [
        {"python": ["3.10", "3.11"], "django": "djangomain"},
        {"python": "3.12", "django": "django42"},
    ]
    assert tests["deps"] == ["-r requirements/base.txt", "-r requirements/django{env:SUFFIX:}.txt"]
    assert tests["commands"] == ["python -W error::DeprecationWarning -m django test {posargs:app}"]
    assert tests["matrix"] == {
        "django": {
            "django42": {"extra-deps": ["Django>=4.2,<4.3"]},
            "django52": {"extra-deps": ["Django>=5.2,<5.3"]},
            "djangomain": {"extra-deps": ["https://github.com/django/django/archive/main.tar.gz"]},
        },
        "db": {
            "sqlite": {},
            "postgres": {
                "extra-deps": ["psycopg[binary]"],
                "env": {"DATABASE_URL": "postgres://{env:PGUSER:postgres}@{env:PGHOST:localhost}/app"},
                "extra-commands": ["make check-migrations"],
            },
        },
    }


def test_what_depends_on_the_python_stands_in_when(project: Project) -> None:
    sessions, _ = migrated(project, "tox.ini", FACTORS)
    assert sessions["cov"]["when"] == [{"match": {"python": ["3.10", "3.11"]}, "extra-deps": ["tomli"]}]
    assert sessions["lowest"]["platforms"] == ["darwin", "linux"]


def test_names_of_environments_in_values_become_factors(project: Project) -> None:
    sessions, said = migrated(project, "tox.ini", PLUGIN)
    assert sessions["tests"]["env"] == {"COVERAGE_FILE": "{root}/.coverage.{py}-{pytest}-{variant}"}
    assert sessions["tests"]["description"] == "tests of the plugin with each Python"
    assert "session tests has one description" in said
    assert sessions["lint"]["pass-env"] == ["HOMEPATH"]


def test_native_toml_is_read_by_its_meaning(project: Project) -> None:
    sessions, _ = migrated(project, "tox.toml", NATIVE)
    tests = sessions["tests"]
    assert tests["env"] == {
        "COVERAGE_FILE": "{env:COVERAGE_FILE:{root}/.runner/.coverage.{python}-django{django}}"
    }
    assert tests["commands"] == [
        "pytest --junitxml {tmp}/junit.xml {posargs:tests}",
        """python -c "print({{'a': 1}})\"""",
    ]


def test_pip_is_seeded_where_it_is_called_and_order_is_kept(project: Project) -> None:
    sessions, _ = migrated(project, "tox.ini", COVERAGE)
    text = (project.root / "runner.toml").read_text(encoding="utf-8")
    assert '[defaults]\nseed = ["pip"]' in text
    assert (sessions["tests"]["after"], sessions["report"]["after"]) == (["clean"], ["tests"])
    assert sessions["report"]["keep-going"] is True


def test_arguments_within_an_argument_cannot_be_translated(project: Project) -> None:
    sessions, said = migrated(project, "setup.cfg", IN_SETUP_CFG, code=1)
    assert not sessions
    assert not (project.root / "runner.toml").exists()
    assert "2 of 3 cells differ:" in said
    assert "runner.toml is not written" in said
    assert "{posargs} stands within an argument" in said
    assert "whitelist_externals" in said
    project.run("migrate", "setup.cfg", "--force").assert_exit(1).assert_said("written: runner.toml")
    written = parse((project.root / "runner.toml").read_text(encoding="utf-8"))
    commands = written["sessions"]["tests"]["commands"]  # type: ignore[index]
    assert commands[1] == "sh -c 'exit 0 | cat > /dev/null'"
    assert commands[2]["ok-codes"] == list(range(1, 256))
    text = (project.root / "runner.toml").read_text(encoding="utf-8")
    assert "ok-codes = [  # it has to fail\n    1, 2, 3," in text
    assert max(map(len, text.splitlines())) <= 120


def test_labels_that_only_some_have_part_a_session(project: Project) -> None:
    sessions, _ = migrated(project, "pyproject.toml", IN_PYPROJECT.replace('"{posargs}"', '"tests"'))
    assert {name: session.get("tags") for name, session in sessions.items()} == {
        "tests": ["fast"],
        "tests-2": None,
        "type": ["fast", "static"],
    }
    assert sessions["type"]["commands"] == [{"run": "mypy src", "retries": 2}]


def test_environments_of_sections_that_no_bare_run_has(project: Project) -> None:
    text = """
        [tox]
        env_list = py{310,311}-a1
        [testenv:py{310,311}-{a1,a2}]
        skip_install = true
        commands = python -V
        """
    migrated(project, "tox.ini", text)
    written = parse((project.root / "runner.toml").read_text(encoding="utf-8"))
    assert written["default"] == ["tests-a1"]
    listed = project.run("list", "-q").assert_exit(0).stdout.split()
    assert listed == ["tests-py310-a1", "tests-py310-a2", "tests-py311-a1", "tests-py311-a2"]


def test_what_only_a_condition_names_is_told(project: Project) -> None:
    text = """
        [tox]
        env_list = py311
        [testenv]
        skip_install = true
        deps =
            extra: six
        commands = python -V
        """
    sessions, said = migrated(project, "tox.ini", text)
    assert set(sessions) == {"tests"}
    assert "only conditions on factors name extra" in said


def test_a_python_without_a_minor_version_is_lost_and_told(project: Project) -> None:
    text = """
        [tox]
        env_list = py311, pypy3
        [testenv]
        skip_install = true
        commands = python -V
        """
    _, said = migrated(project, "tox.ini", text, code=1)
    assert "without a cell: pypy3" in said
    assert "such as pypy3.11" in said
    assert not (project.root / "runner.toml").exists()


def test_a_variable_that_is_not_text_is_told(project: Project) -> None:
    text = """
        [tox]
        env_list = py311
        skip_missing_interpreters = {env:SKIP_MISSING:true}
        [testenv]
        skip_install = true
        commands = python {env:SCRIPT:run.py}
        """
    sessions, said = migrated(project, "tox.ini", text)
    assert "the variable SKIP_MISSING decides what is not text" in said
    assert sessions["tests"]["commands"] == ["python {env:SCRIPT:run.py}"]


def test_external_packages_come_from_a_session(project: Project) -> None:
    text = """
        [tox]
        env_list = py311
        [testenv]
        package = external
        commands = python -V
        [testenv:.pkg_external]
        deps = build
        package_glob = {env_tmp_dir}/dist/*.whl
        commands = python -m build --outdir {env_tmp_dir}/dist
        """
    sessions, _ = migrated(project, "tox.ini", text)
    assert sessions["tests"]["needs"] == ["pkg_external"]
    assert sessions["tests"]["package-file"] == ".runner/envs/pkg_external/tmp/dist/*.whl"
    assert sessions["pkg_external"]["commands"] == ["python -m build --outdir {tmp}/dist"]


def test_the_file_runs_as_the_other_did(project: Project) -> None:
    for name in ("pip", "setuptools"):  # environments of tox have them
        project.index.add(name, "1.0")
    project.file(
        "tox.ini",
        """
        [tox]
        env_list = say-{a,b}, broken
        no_package = true
        [testenv]
        set_env =
            a: WHO = ann
            b: WHO = {env:OTHER:bob}
        commands = python -c 'import os, sys; print(os.environ["WHO"], sys.argv[1:])' {posargs:nothing}
        [testenv:broken]
        commands =
            python -c 'print("WHO" in os.environ)'
            python -V
        """,
    )
    before = project.run("--", "x y").assert_exit(1)
    project.run("migrate").assert_exit(0)
    after = project.run("--", "x y").assert_exit(1)
    assert {cell.id: cell.outcome for cell in after.cells.values()} == {
        cell.id: cell.outcome for cell in before.cells.values()
    }
    for name in ("say-a", "say-b"):
        assert [step.argv for step in after.cell(name).steps if step.phase == "command"] == [
            step.argv for step in before.cell(name).steps if step.phase == "command"
        ]
        assert ("ann" if name == "say-a" else "bob") in after.log(name)
        assert "['x y']" in after.log(name)


def test_a_file_that_is_there_is_left(project: Project) -> None:
    project.file("tox.ini", "[testenv:lint]\nskip_install = true\ncommands = python -V\n")
    own = project.config("[sessions.mine]\ncommands = ['python -V']\n")
    before = own.read_bytes()
    project.run("migrate").assert_exit(2).assert_said("runner.toml is in runner's own format already")
    project.run("migrate", "tox.ini").assert_exit(2).assert_said("--force writes over it")
    printed = project.run("migrate", "tox.ini", "--stdout").assert_exit(0)
    assert own.read_bytes() == before
    assert "lint" in parse(printed.stdout)["sessions"]  # type: ignore[operator]
    assert "equal: all" in printed.stderr
    project.run("migrate", "tox.ini", "--force").assert_exit(0)
    assert own.read_text(encoding="utf-8") == printed.stdout


def test_a_word_after_another_verb_is_no_file(project: Project) -> None:
    project.file("tox.ini", "[testenv]\ncommands = python -V\n")
    project.run("list", "tox.ini").assert_exit(2).assert_said("'tox.ini' is not an option or verb")


def test_files_by_pattern_cannot_be_translated(project: Project) -> None:
    text = """
        [testenv:lint]
        skip_install = true
        commands = python -m compileall {glob:src/*.py}
        """
    _, said = migrated(project, "tox.ini", text, code=1)
    assert "lint: commands have no {glob:...}; name the files, or run a shell" in said


def test_a_policy_of_one_environment_for_missing_pythons_is_told(project: Project) -> None:
    text = """
        [tox]
        env_list = py311, py312
        [testenv]
        skip_install = true
        commands = python -V
        [testenv:py312]
        skip_missing_interpreters = true
        """
    _, said = migrated(project, "tox.ini", text, code=1)
    assert "py312: missing-python is of the whole file" in said
    assert "py312: python" in said


def test_a_folder_after_three_slashes_is_a_substitution(project: Project) -> None:
    text = """
        [testenv:lint]
        skip_install = true
        set_env = DATABASE_URL = sqlite:///{envtmpdir}/x.db
        commands = python -V
        """
    sessions, _ = migrated(project, "tox.ini", text)
    assert sessions["lint"]["env"] == {"DATABASE_URL": "sqlite:///{tmp}/x.db"}


def test_what_depends_on_the_platform_is_told(project: Project) -> None:
    text = """
        [tox]
        env_list = py311
        [testenv]
        skip_install = true
        set_env = E = win; sys_platform=='win32'
        deps =
            linux: six
            darwin,py311-cygwin: tomli
        commands = python -V
        """
    _, said = migrated(project, "tox.ini", text)
    assert "[testenv] depends on the platform (sys_platform, linux, darwin, cygwin): what holds on" in said
    assert "add [[when]] match = { platform = ... }" in said
    assert "only conditions on factors name" not in said


def test_variables_of_tox_that_commands_name_are_set(project: Project) -> None:
    text = """
        [tox]
        env_list = say-{a,b}, quiet
        no_package = true
        [testenv]
        commands = python -c 'import os; print("in", os.environ["TOX_ENV_NAME"])'
        [testenv:quiet]
        commands = python -V
        """
    for name in ("pip", "setuptools"):  # environments of tox have them
        project.index.add(name, "1.0")
    sessions, _ = migrated(project, "tox.ini", text)
    assert "env" not in sessions["quiet"]
    ran = project.run().assert_exit(0)
    assert "in say-a" in ran.log("say-a")
    assert "in say-b" in ran.log("say-b")


def test_environments_that_are_refused_are_lost(project: Project) -> None:
    text = """
        [tox]
        env_list = py311, bad
        [testenv]
        skip_install = true
        commands = python -V
        [testenv:bad]
        platform = (
        """
    _, said = migrated(project, "tox.ini", text, code=1)
    assert "without a cell: bad\n" in said
    assert "bad is left out, since runner refuses it" in said
    assert not (project.root / "runner.toml").exists()


def test_no_environment_at_all_is_told(project: Project) -> None:
    text = """
        [tox]
        env_list = pypy3
        [testenv]
        skip_install = true
        """
    _, said = migrated(project, "tox.ini", text, code=1)
    assert "without a cell: pypy3\nno environment could be translated\n" in said
    assert "equal" not in said
