import pytest
from tests.unit.plan.builders import config, ready, session

from runner.plan.variables import Passing


def variables(
    environ: dict[str, str],
    *,
    cells: int = 1,
    colour: bool = False,
    settings: dict[str, object] | None = None,
) -> dict[str, str]:
    """Return what the first cell of a session with these settings sees."""
    made = session("t", matrix={"n": [str(number) for number in range(cells)]}, settings=settings)
    return ready(config(made), environ=environ, colour=colour, cpus=3)["t-n0"].variables


def passed(*names: str, pass_env: tuple[str, ...] = ()) -> set[str]:
    return set(Passing(dict.fromkeys(names, "x")).variables(pass_env))


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "TERM",
        "COLORTERM",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "XDG_CACHE_HOME",
        "SSH_AUTH_SOCK",
        "http_proxy",
        "HTTPS_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NETRC",
        "CC",
        "CXX",
        "CPP",
        "AR",
        "LD",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "LD_LIBRARY_PATH",
        "PKG_CONFIG",
        "PKG_CONFIG_PATH",
        "NO_COLOR",
        "FORCE_COLOR",
        "CI",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "PIP_INDEX_URL",
        "PIP_NO_CACHE_DIR",
        "UV_CACHE_DIR",
        "UV_INDEX_URL",
    ],
)
def test_these_pass(name: str) -> None:
    assert passed(name) == {name}


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "path",
        "Home",
        "PYTEST_ADDOPTS",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "UV_SYSTEM_PYTHON",
        "UV_TARGET",
        "UV_PUBLISH_TOKEN",
        "UV_PUBLISH_PASSWORD",
        "UV_INDEX_MINE_USERNAME",
        "PIP_PASSWORD",
        "SYSTEMDRIVE",
        "APPDATA",
    ],
)
def test_these_do_not_pass(name: str) -> None:
    assert passed(name) == set()


def test_pass_env_globs_let_more_in_and_know_case() -> None:
    assert passed("DATABASE_URL", "PGHOST", "PGPORT", "pguser", pass_env=("DATABASE_URL", "PG*")) == {
        "DATABASE_URL",
        "PGHOST",
        "PGPORT",
    }
    assert passed("UV_PUBLISH_TOKEN", pass_env=("UV_PUBLISH_TOKEN",)) == {"UV_PUBLISH_TOKEN"}


def test_runners_own_variables_are_not_inherited_unless_named() -> None:
    ours = ("RUNNER_SELECT", "RUNNER_JOBS", "RUNNER_CELL", "RUNNER_CACHE_DIR")
    assert passed(*ours, "RUNNER_OS", "RUNNER_TEMP", pass_env=("*",)) == {"RUNNER_OS", "RUNNER_TEMP"}
    assert passed(*ours, pass_env=("RUNNER_CACHE_DIR",)) == {"RUNNER_CACHE_DIR"}
    assert passed("RUNNER_OS") == set()


def test_on_windows_names_ignore_case_and_its_own_pass() -> None:
    assert passed("SystemRoot", "Path", "APPDATA", "MY_VAR", "OTHER", pass_env=("my_*",)) == {
        "SystemRoot",
        "Path",
        "APPDATA",
        "MY_VAR",
    }


def test_runner_tells_a_cell_who_and_where_it_is() -> None:
    found = variables({"PATH": "/bin", "SECRET": "x"}, settings={"cpus": 2})
    assert found == {
        "PATH": "/bin",
        "RUNNER_CELL": "t-n0",
        "RUNNER_SESSION": "t",
        "RUNNER_ROOT": "/project",
        "RUNNER_TMP": "/project/.runner/envs/t-n0/tmp",
        "RUNNER_CPUS": "3",
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "3",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
    }


def test_cpus_are_at_least_what_the_cell_takes() -> None:
    assert variables({}, settings={"cpus": 8})["RUNNER_CPUS"] == "8"


def test_env_beats_what_passes_and_can_unset() -> None:
    found = variables(
        {"HOME": "/home/me", "LANG": "C", "TZ": "UTC"}, settings={"env": {"HOME": "/h", "LANG": False}}
    )
    assert (found["HOME"], found["TZ"]) == ("/h", "UTC")
    assert "LANG" not in found


def test_env_beats_what_runner_usually_sets_but_not_who_the_cell_is() -> None:
    found = variables(
        {},
        cells=2,
        settings={
            "env": {
                "PYTHONUNBUFFERED": False,
                "PYTHONFAULTHANDLER": "0",
                "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",
                "COVERAGE_FILE": "mine",
                "RUNNER_CELL": "fake",
            }
        },
    )
    assert "PYTHONUNBUFFERED" not in found
    assert (found["PYTHONFAULTHANDLER"], found["PYTEST_XDIST_AUTO_NUM_WORKERS"]) == ("0", "1")
    assert (found["COVERAGE_FILE"], found["RUNNER_CELL"]) == ("mine", "t-n0")


def test_cells_of_one_session_write_coverage_apart() -> None:
    assert variables({}, cells=2)["COVERAGE_FILE"] == "/project/.coverage.t-n0"
    assert "COVERAGE_FILE" not in variables({}, cells=1)
    given = variables({"COVERAGE_FILE": "/c"}, cells=2, settings={"pass-env": ["COVERAGE_FILE"]})
    assert given["COVERAGE_FILE"] == "/c"


def test_colour_is_forced_unless_the_user_said_something() -> None:
    assert variables({}, colour=True)["FORCE_COLOR"] == "1"
    assert "FORCE_COLOR" not in variables({}, colour=False)
    assert "FORCE_COLOR" not in variables({"NO_COLOR": "1"}, colour=True)
    assert variables({"FORCE_COLOR": "3"}, colour=True)["FORCE_COLOR"] == "3"
    assert "FORCE_COLOR" not in variables({}, colour=True, settings={"env": {"FORCE_COLOR": False}})
