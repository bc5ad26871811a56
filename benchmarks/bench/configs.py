"""The same work, said in each tool's config: file contents by path."""

import json
from collections.abc import Sequence

Argv = tuple[str, ...]
Files = dict[str, str]


def runner(pythons: Sequence[str], deps: Sequence[str], command: Argv, *, package: bool) -> Files:
    """Return runner's config of one session."""
    lines = (
        "[sessions.tests]",
        f"python = {_list(pythons)}",
        f"deps = {_list(deps)}",
        f"package = {_text('wheel' if package else 'none')}",
        f"commands = [{_list(command)}]",
        'pass-env = ["BENCH_PROOF"]',
    )
    return {"runner.toml": _lines(lines)}


def tox(pythons: Sequence[str], deps: Sequence[str], command: Argv, package: tuple[str, ...]) -> Files:
    """Return tox's config; `package` are the lines that say what is built."""
    lines = (
        f"env_list = {_list([factor(python) for python in pythons])}",
        "[env_run_base]",
        *package,
        f"deps = {_list(deps)}",
        'pass_env = ["BENCH_PROOF"]',
        f"commands = [{_list(command)}]",
    )
    return {"tox.toml": _lines(lines)}


def tox_ini(pythons: Sequence[str], wanted: int) -> tuple[Files, int]:
    """Return a tox.ini of about so many environments with what such files hold, and how many they are."""
    others = max(1, wanted // (len(pythons) * len(_DATABASES) * len(_DJANGOS)))
    plugins = [f"plugin{number}" for number in range(others)]
    groups = ([factor(python) for python in pythons], _DJANGOS, _DATABASES, plugins)
    names = "-".join("{" + ",".join(group) + "}" for group in groups)
    lines = ("[tox]", f"env_list = {names}", *_TESTENV, *(f"    {name}: {name}" for name in plugins))
    files = {"tox.ini": _lines(lines), "setup.py": "", "requirements.txt": ""}
    return files, len(pythons) * len(_DJANGOS) * len(_DATABASES) * others


_DJANGOS = ("django42", "django50", "django51", "django52")
_DATABASES = ("sqlite", "postgres", "mysql")
_TESTENV = (
    "[testenv]",
    "description = the tests of {env_name}",
    "set_env =",
    "    DJANGO_SETTINGS_MODULE = tests.settings",
    "    COVERAGE_FILE = {work_dir}/.coverage.{env_name}",
    "    postgres: DATABASE = postgres://{env:PGHOST:localhost}/tests",
    "    mysql: DATABASE = mysql://{env:MYSQL_HOST:localhost}/tests",
    "pass_env = CI, PG*, MYSQL*",
    "commands =",
    "    postgres,mysql: python -m tests.wait {env:DATABASE}",
    "    !plugin0: pytest {posargs:tests}",
    "    plugin0: coverage run -m pytest {posargs:tests}",
    "deps =",
    "    -r requirements.txt",
    "    pytest>=8",
    "    django42: django~=4.2.0",
    "    django50: django~=5.0.0",
    "    django51: django~=5.1.0",
    "    django52: django~=5.2.0",
    "    postgres: psycopg",
    "    mysql: mysqlclient",
)

SDIST = ()
ONE_WHEEL = ('package = "wheel"', 'wheel_build_env = ".pkg"')
SKIP = ('package = "skip"',)


def nox(pythons: Sequence[str], installed: str, command: Argv, *, wheel: bool = False) -> Files:
    """Return a noxfile; `installed` are the arguments of `session.install` as source text."""
    requires = ', requires=["wheel"]' if wheel else ""
    lines = (
        "from pathlib import Path",
        "import nox",
        "import uv",
        'nox.options.default_venv_backend = "uv"',
        *(_NOX_WHEEL if wheel else ()),
        f"@nox.session(python={_list(pythons)}{requires})",
        "def tests(session):",
        f"    session.install({installed})",
        f"    session.run(*{_list(command)})",
    )
    return {"noxfile.py": _lines(lines)}


_NOX_WHEEL = (
    "@nox.session(venv_backend='none', default=False)",
    "def wheel(session):",
    "    session.run(uv.find_uv_bin(), 'build', '-q', '--wheel', '--out-dir', '.nox/dist', external=True)",
)
NOX_SOURCE = '"pytest", "."'
NOX_WHEEL = '"--reinstall-package=sample", "pytest", *map(str, Path(".nox/dist").glob("*.whl"))'


def hatch(pythons: Sequence[str], deps: Sequence[str], command: Argv, project: Argv) -> str:
    """Return hatch's part of pyproject.toml; `project` are the lines that say how the project gets in."""
    return _lines(
        (
            "",
            "[tool.hatch.envs.bench]",
            'installer = "uv"',
            *project,
            f"dependencies = {_list(deps)}",
            "[[tool.hatch.envs.bench.matrix]]",
            f"python = {_list(pythons)}",
            "[tool.hatch.envs.bench.scripts]",
            f"check = {_text(' '.join(quoted(word) for word in command))}",
        )
    )


def listing(pythons: Sequence[str], cells: int, command: Argv) -> dict[str, Files]:
    """Return configs, by tool, of a matrix without package and dependencies: Pythons times numbered parts."""
    parts = [f"p{number}" for number in range(cells // len(pythons))]
    factors = ",".join(factor(python).removeprefix("py") for python in pythons)
    quotes = " ".join(quoted(word) for word in command)
    return {
        "runner": {
            "runner.toml": _lines(
                (
                    "[sessions.tests]",
                    f"python = {_list(pythons)}",
                    'package = "none"',
                    f"commands = [{_list(command)}]",
                    'allow-external = ["*"]',
                    'pass-env = ["BENCH_PROOF"]',
                    f"matrix.part = {_list(parts)}",
                )
            )
        },
        "tox": {
            "tox.ini": _lines(
                (
                    "[tox]",
                    f"env_list = py{{{factors}}}-{{{','.join(parts)}}}",
                    "[testenv]",
                    "package = skip",
                    "pass_env = BENCH_PROOF",
                    "allowlist_externals = *",
                    f"commands = {quotes}",
                )
            )
        },
        "nox": {
            "noxfile.py": _lines(
                (
                    "import nox",
                    'nox.options.default_venv_backend = "uv"',
                    f"@nox.session(python={_list(pythons)})",
                    f"@nox.parametrize('part', {_list(parts)})",
                    "def tests(session, part):",
                    f"    session.run(*{_list(command)}, external=True)",
                )
            )
        },
        "hatch": {
            "pyproject.toml": _lines(
                (
                    "[project]",
                    'name = "sample"',
                    'version = "1.0"',
                    "[tool.hatch.envs.bench]",
                    'installer = "uv"',
                    "skip-install = true",
                    "[[tool.hatch.envs.bench.matrix]]",
                    f"python = {_list(pythons)}",
                    f"part = {_list(parts)}",
                    "[tool.hatch.envs.bench.scripts]",
                    f"check = {_text(quotes)}",
                )
            )
        },
    }


def packing(seconds: Sequence[str]) -> Files:
    """Return runner's config of two cells for each length, shortest first: the worst order to start in."""
    lines = (
        "[sessions.tests]",
        'package = "none"',
        f"matrix.length = {_list(seconds)}",
        'matrix.twin = ["a", "b"]',
        'commands = [["sh", "-c", "sleep {length}; echo cell >> $BENCH_PROOF"]]',
        'allow-external = ["*"]',
        'pass-env = ["BENCH_PROOF"]',
    )
    return {"runner.toml": _lines(lines)}


def factor(python: str) -> str:
    """Return tox's name of a Python: `py312`."""
    return f"py{python.replace('.', '')}"


def quoted(word: str) -> str:
    """Return a word of a command line; tox reads backslashes in a way of its own, so there are none."""
    return f"'{word}'" if not word.isalnum() else word


def _list(values: Sequence[str]) -> str:
    return json.dumps(list(values))


def _text(value: str) -> str:
    return json.dumps(value)


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
