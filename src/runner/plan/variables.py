"""Which variables a cell sees: the pass list, and what runner sets. Pure."""

from collections.abc import Mapping

from runner.model.config import Inherited
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
PASSED = (*_PASSED, *_CI_MARKERS)
"""Globs of the outer variables that every cell sees."""

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
OF_GITHUB = frozenset(
    (
        *("RUNNER_DEBUG", "RUNNER_OS", "RUNNER_ARCH", "RUNNER_NAME", "RUNNER_TEMP"),
        *("RUNNER_ENVIRONMENT", "RUNNER_TOOL_CACHE", "RUNNER_WORKSPACE", "RUNNER_TRACKING_ID"),
    )
)
"""What GitHub's own runner sets in every job: no option may have such a variable."""

SET_FOR_CELLS = ("RUNNER_CELL", "RUNNER_SESSION", "RUNNER_ROOT", "RUNNER_TMP", "RUNNER_CPUS")
"""What runner sets in every cell, in the order of the arguments of `cell_variables`."""

AS_RUNNER = Inherited()
"""What sessions of runner's own format inherit."""


class Passing:
    """The outer variables of one run, and which of them a list of globs lets in, worked out once a list."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._on_windows = any(name.upper() == "SYSTEMROOT" for name in environ)
        usual = Globs((*PASSED, *(_WINDOWS if self._on_windows else ())), any_case=self._on_windows)
        self._usual = frozenset(name for name in environ if usual.match(name) and not _withheld(name.upper()))
        self._known: dict[tuple[tuple[str, ...], Inherited], dict[str, str]] = {}

    def variables(self, pass_env: tuple[str, ...], inherited: Inherited = AS_RUNNER) -> dict[str, str]:
        """Return the variables that `inherited` and `pass_env` let in."""
        known = self._known.get((pass_env, inherited))
        if known is None:
            known = self._known[pass_env, inherited] = self._let_in(pass_env, inherited)
        return known

    def _let_in(self, pass_env: tuple[str, ...], inherited: Inherited) -> dict[str, str]:
        any_case = inherited.any_case or self._on_windows
        asked = Globs((*pass_env, *(inherited.passed or ())), any_case=any_case)
        withheld = Globs(inherited.withheld, any_case=any_case)
        usual = self._usual if inherited.passed is None else frozenset()
        return {
            name: value
            for name, value in self._environ.items()
            if (name in usual or (name in pass_env if _is_ours(name.upper()) else asked.match(name)))
            and not withheld.match(name)
        }


def _is_ours(name: str) -> bool:
    """Say whether it is a variable of runner's own: cells see it only where it is asked for by its name."""
    return name.startswith("RUNNER_") and name not in OF_GITHUB


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
    usual: bool,
    coverage: str | None,
) -> dict[str, str]:
    """Return the variables of a cell: those passed, `env` over them (None: unset), and what runner sets.

    `usual`: that is more than its own RUNNER_ variables. `coverage` is then the value of COVERAGE_FILE where
    nobody sets it, or None: leave it.
    """
    merged = {**passed, **env}
    defaults: dict[str, str | None] = {}
    if usual:
        defaults = {
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
            "PYTEST_XDIST_AUTO_NUM_WORKERS": str(cpus),
            "COVERAGE_FILE": coverage,
        }
        if colour and merged.keys().isdisjoint(("NO_COLOR", "FORCE_COLOR")):
            defaults["FORCE_COLOR"] = "1"
    ours = dict(zip(SET_FOR_CELLS, (cell, session, root, tmp, str(cpus)), strict=True))
    return {name: value for name, value in {**defaults, **merged, **ours}.items() if value is not None}
