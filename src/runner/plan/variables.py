"""Which variables a cell sees: the pass list, and what runner sets. Pure."""

from collections.abc import Mapping

from runner.model.globs import Globs
from runner.model.secret_names import looks_secret

_PASSED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LANGUAGE", "LC_*", "TZ"),
    *("TMPDIR", "TEMP", "TMP", "XDG_*", "SSH_AUTH_SOCK", "*_proxy", "*_PROXY"),
    *("SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"),
    *("CC", "CXX", "CPP", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"),
    *("LD_LIBRARY_PATH", "PKG_CONFIG*"),
    *("NO_COLOR", "FORCE_COLOR", "PIP_*", "UV_*"),
)
_CI_MARKERS = (
    *("CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS", "CIRCLECI"),
    *("CIRRUS_CI", "APPVEYOR", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "BUILDKITE", "DRONE"),
    *("BITBUCKET_BUILD_NUMBER", "CODEBUILD_BUILD_ID", "SEMAPHORE", "READTHEDOCS"),
)
_WINDOWS = (
    *("SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT"),
    *("PROGRAMDATA", "PROGRAMFILES*", "COMMONPROGRAMFILES*", "PROGRAMW6432", "APPDATA", "LOCALAPPDATA"),
    *("ALLUSERSPROFILE", "USERPROFILE", "USERNAME", "USERDOMAIN", "HOMEDRIVE", "HOMEPATH"),
    *("OS", "MSYSTEM", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER"),
)
_REDIRECTING = frozenset(
    (
        *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_SRC"),
        *("PIP_REQUIRE_VIRTUALENV", "PIP_REQUIRE_VENV", "PIP_DRY_RUN"),
        *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET"),
        *("UV_PREFIX", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"),
    )
)
_OF_GITHUB = frozenset(
    (
        *("RUNNER_DEBUG", "RUNNER_OS", "RUNNER_ARCH", "RUNNER_NAME", "RUNNER_TEMP"),
        *("RUNNER_ENVIRONMENT", "RUNNER_TOOL_CACHE", "RUNNER_WORKSPACE", "RUNNER_TRACKING_ID"),
    )
)


class Passing:
    """The outer variables of one run, and which of them a list of globs lets in, worked out once a list."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._on_windows = any(name.upper() == "SYSTEMROOT" for name in environ)
        self._listed = self._globs((*_PASSED, *_CI_MARKERS, *(_WINDOWS if self._on_windows else ())))
        self._known: dict[tuple[str, ...], dict[str, str]] = {}

    def variables(self, pass_env: tuple[str, ...]) -> dict[str, str]:
        """Return the variables that the pass list and `pass_env` let in."""
        found = self._known.get(pass_env)
        if found is None:
            asked = self._globs(pass_env)
            found = {
                name: value for name, value in self._environ.items() if self._passes(name, pass_env, asked)
            }
            self._known[pass_env] = found
        return found

    def _passes(self, name: str, pass_env: tuple[str, ...], asked: Globs) -> bool:
        shown = name.upper() if self._on_windows else name
        if self._listed.match(shown) and not _withheld(name.upper()):
            return True
        if name.upper().startswith("RUNNER_") and name.upper() not in _OF_GITHUB:
            return (
                name in pass_env
            )  # runner's own variables are not for cells, unless one is asked for by name
        return asked.match(shown)

    def _globs(self, patterns: tuple[str, ...]) -> Globs:
        return Globs(pattern.upper() if self._on_windows else pattern for pattern in patterns)


def _withheld(name: str) -> bool:
    """Say whether it is an installer's variable that cells do not see."""
    if not name.startswith(("PIP_", "UV_")):
        return False
    return name in _REDIRECTING or looks_secret(name) or "USERNAME" in name


def cell_variables(  # each is a fact about one cell
    passed: Mapping[str, str],
    env: Mapping[str, str | None],
    *,
    cell: str,
    session: str,
    root: str,
    tmp: str,
    cpus: int,
    colour: bool,
    coverage: str | None,
) -> dict[str, str]:
    """Return the variables of a cell: those passed, `env` over them (None: unset), and what runner sets.

    `coverage` is the value of COVERAGE_FILE where nobody sets it, or None: leave it.
    """
    merged = {**passed, **env}
    usual: dict[str, str | None] = {
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str(cpus),
        "COVERAGE_FILE": coverage,
    }
    if colour and merged.keys().isdisjoint(("NO_COLOR", "FORCE_COLOR")):
        usual["FORCE_COLOR"] = "1"
    ours = {
        "RUNNER_CELL": cell,
        "RUNNER_SESSION": session,
        "RUNNER_ROOT": root,
        "RUNNER_TMP": tmp,
        "RUNNER_CPUS": str(cpus),
    }
    return {name: value for name, value in {**usual, **merged, **ours}.items() if value is not None}
