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
    env_list = ["lint", { product = [["3.11", "3.12"], ["django42", "django52"]], exclude = ["3.12-django42"] }]

    [env_run_base]
    description = "run the tests under {base_python}"
    dependency_groups = ["test"]
    set_env.COVERAGE_FILE = { replace = "env", name = "COVERAGE_FILE", default = "{work_dir}/.coverage.{env_name}" }
    deps = [
      { replace = "if", condition = "factor.django42", then = ["Django~=4.2.0"], extend = true },
      { replace = "if", condition = "factor.django52", then = ["Django~=5.2.0"], extend = true },
    ]
    commands = [
      ["pytest", "--junitxml", "{env_tmp_dir}{/}junit.xml", { replace = "posargs", default = ["tests"], extend = true }],
      ["python", "-c", "print({'a': 1})"],
    ]

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


def migrated(project: Project, name: str, text: str, *, code: int = 0) -> tuple[dict[str, dict[str, object]], str]:
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
    assert "\nequal: all " in said and "with arguments after --" in said
