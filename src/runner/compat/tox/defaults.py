"""What keys of a tox config are where no file sets them, and what is made of the values that are set."""

import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from runner.compat.tox.errors import ToxError
from runner.compat.tox.expression import Parts
from runner.compat.tox.files import text_of_file
from runner.compat.tox.lookup import Chain
from runner.compat.tox.pythons import conflicting, of_name, spec_of
from runner.compat.tox.scope import Scope
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.values import CommandLine
from runner.model.layout import env_folder, folder_name
from runner.model.python import PythonSpec

_BLANKS = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[-_.]+")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

_PASSED = (
    *("https_proxy", "http_proxy", "no_proxy", "LANG", "LANGUAGE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"),
    *("CC", "CFLAGS", "CCSHARED", "CXX", "CPPFLAGS", "LD_LIBRARY_PATH", "LDFLAGS", "HOME", "FORCE_COLOR"),
    *("NO_COLOR", "NETRC", "PYTHON_GIL", "PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_SYSROOT_DIR"),
    *("REQUESTS_CA_BUNDLE", "PIP_*", "VIRTUALENV_*"),
)
_PASSED_ON_POSIX = ("TMPDIR", "NIX_LD", "NIX_LD_LIBRARY_PATH", "SSH_AGENT_PID", "SSH_AUTH_SOCK")
_PASSED_ON_WINDOWS = (
    *("TEMP", "TMP", "USERPROFILE", "PATHEXT", "MSYSTEM", "WINDIR", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
    *("PROGRAMFILES(x86)", "PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "COMSPEC", "PROCESSOR_ARCHITECTURE"),
    "NUMBER_OF_PROCESSORS",
)

SET_BY_TOX = frozenset(
    (
        *("PYTHONIOENCODING", "TOX_ENV_NAME", "TOX_WORK_DIR", "TOX_ENV_DIR", "VIRTUAL_ENV", "PIP_USER"),
        "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI",
    )
)
"""Variables that tox sets for commands, whatever `set_env` says."""


def below_root(scope: Scope, value: object) -> str:
    return os.path.join(scope.root, str(value))  # noqa: PTH118 - on text


def in_work_dir(*names: str) -> Callable[[Scope], str]:
    return lambda scope: os.path.join(scope.facts.work_dir, *names)  # noqa: PTH118 - on text


def env_dir(scope: Scope) -> str:
    """Return the folder of the environment."""
    facts = scope.facts
    return env_folder(facts.work_dir, folder_name(scope.name or ""), facts.request.environments)


def in_env(*names: str) -> Callable[[Scope], str]:
    return lambda scope: os.path.join(env_dir(scope), *names)  # noqa: PTH118 - on text


def change_dir(scope: Scope, value: object) -> str:
    path = str(value)
    return path if os.path.isabs(path) else os.path.realpath(below_root(scope, path))  # noqa: PTH117 - on text


def one_line(_: Scope, value: object) -> str:
    return _BLANKS.sub(" ", str(value))


def normalized(_: Scope, value: object) -> tuple[str, ...]:
    names = value if isinstance(value, tuple) else ()
    return tuple(sorted({_SEPARATORS.sub("-", name).lower() for name in names}))


def pass_env(scope: Scope, value: object) -> tuple[str, ...]:
    return passed(value if isinstance(value, tuple) else (), tty=scope.tty)


@lru_cache(maxsize=256)
def passed(names: tuple[str, ...], *, tty: bool) -> tuple[str, ...]:
    blank = [name for name in names if _BLANKS.search(name)]
    if blank:
        raise ToxError(
            f"pass_env: names cannot hold blanks; put commas or ends of lines between {blank[0]!r}"
        )
    return tuple(sorted({*names, *passed_anyway(tty=tty)}))


def passed_anyway(*, tty: bool) -> tuple[str, ...]:
    """Return the globs of variables that tox passes whatever `pass_env` says."""
    on_platform = _PASSED_ON_WINDOWS if sys.platform == "win32" else _PASSED_ON_POSIX
    return (*_PASSED, *on_platform, *(("TERM", "TERMINFO") if tty else ()))


def set_env(scope: Scope, value: object) -> SetEnv:
    if not isinstance(value, SetEnv):
        raise ToxError("set_env: expected variables")
    folder = env_dir(scope)
    seed = scope.environ.get("PYTHONHASHSEED", "")
    if seed in {"", "random"}:
        seed = str(scope.facts.request.hash_seed)
    value.default({"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONHASHSEED": seed})
    forced = {
        "PYTHONIOENCODING": "utf-8",
        "TOX_ENV_NAME": scope.name or "",
        "TOX_WORK_DIR": scope.facts.work_dir,
        "TOX_ENV_DIR": folder,
        "VIRTUAL_ENV": folder,
        "PIP_USER": "0",
    }
    value.force(forced)
    return value


def no_variables(scope: Scope) -> SetEnv:
    def unfilled(text: str | Parts, chain: Chain, *, once: bool = False) -> str:  # noqa: ARG001 - nothing is filled in
        return str(text)

    return SetEnv(unfilled, scope.root)


def install_command(scope: Scope, value: object) -> CommandLine:
    if not isinstance(value, CommandLine):
        raise ToxError("install_command: expected a command")
    argv = list(value.argv)
    pre = ["--pre"] if scope.flag("pip_pre") else []
    if "{opts}" in argv:
        at = argv.index("{opts}")
        argv[at : at + 1] = pre
    else:
        argv += pre
    return CommandLine(tuple(argv), ignored=value.ignored, inverted=value.inverted)


def base_python(scope: Scope, value: object) -> tuple[str, ...]:
    asked = tuple(text.strip() for text in entries(value) if text.strip())
    explicit = scope.is_set("base_python")
    if explicit and scope.load("base_python_file"):
        raise ToxError("base_python and base_python_file cannot both be set")
    if not asked:
        raise ToxError(f"{'base_python' if explicit else 'default_base_python'} is empty")
    ignored = scope.core.flag("ignore_base_python_conflict")
    try:
        named = of_name(scope.name or "")
    except ToxError:
        if ignored:
            return asked
        raise
    if named is not None:
        for text in asked:
            if conflicting(named, text, scope.facts.request.host):
                if ignored:
                    return (named,)
                raise ToxError(f"the name {scope.name} asks for {named}, and base_python for {text}")
    return asked


def default_base_python(scope: Scope) -> tuple[str, ...]:
    try:
        named = of_name(scope.name or "")
    except ToxError:
        if not scope.core.flag("ignore_base_python_conflict"):
            raise
        named = None
    if named is not None:
        return (named,)
    files = scope.texts("base_python_file")
    return (from_file(scope, files),) if files else scope.texts("default_base_python")


def from_file(scope: Scope, files: tuple[str, ...]) -> str:
    for name in files:
        path = below_root(scope, name)
        if not os.path.exists(path):  # noqa: PTH110 - on text
            continue
        try:
            lines = [line.strip() for line in text_of_file(Path(path)).splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise ToxError(f"base_python_file: {name} cannot be read: {error}") from error
        found = next((line for line in lines if line and not line.startswith("#")), None)
        if found is not None:
            return found
    raise ToxError(f"base_python_file: no version in {', '.join(files)}")


def entries(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def host(scope: Scope) -> str:
    return scope.facts.request.host.executable


def python_of(scope: Scope) -> PythonSpec | None:
    """Return the Python of an environment, None for the one that runs runner. Raises ToxError."""
    return spec_of(scope.texts("base_python"), scope.facts.request.host)


def version_of(scope: Scope) -> tuple[int, int]:
    """Return the X and Y of an environment's Python. Raises ToxError when only running it would tell."""
    spec = python_of(scope)
    version = spec.version if spec else tuple(map(int, scope.facts.request.host.python.split(".")))
    if len(version) < 2:  # noqa: PLR2004 - X and Y
        raise ToxError(f"the version of {spec.text if spec else 'Python'} is known only when it runs")
    return version[0], version[1]


def dotted(scope: Scope) -> str:
    return "{}.{}".format(*version_of(scope))


def implementation(scope: Scope) -> str:
    spec = python_of(scope)
    return spec.implementation if spec else sys.implementation.name


def free_threaded(scope: Scope) -> bool:
    spec = python_of(scope)
    return spec is not None and spec.free_threaded


def site(scope: Scope) -> str:
    if sys.platform == "win32":
        return os.path.join(env_dir(scope), "Lib", "site-packages")  # noqa: PTH118 - on text
    program = "pypy" if implementation(scope) == "pypy" else "python"
    threads = "t" if free_threaded(scope) else ""
    return os.path.join(env_dir(scope), "lib", f"{program}{dotted(scope)}{threads}", "site-packages")  # noqa: PTH118 - on text


PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"
PYTHON = "python.exe" if sys.platform == "win32" else "python"


def holds_project(scope: Scope) -> bool:
    return any(os.path.exists(below_root(scope, name)) for name in _PROJECT_FILES)  # noqa: PTH110 - on text


def package_of(scope: Scope) -> str:
    """Return how the project gets into the environment. Raises ToxError for a word that tox does not know."""
    if scope.core.flag("no_package") or scope.flag("skip_install"):
        return "skip"
    return "editable" if scope.flag("use_develop") else scope.text("package")


def default_package(scope: Scope) -> str:
    return "sdist" if scope.core.flag("has_project") else "skip"


def wheel_build_env(scope: Scope) -> str:
    pkg = scope.text("package_env")
    if python_of(scope) is None or dotted(scope) == scope.facts.request.host.python:
        return pkg
    major, minor = version_of(scope)
    return f"{pkg}-{implementation(scope)}{major}{minor}{'t' if free_threaded(scope) else ''}"


def package_env(scope: Scope) -> str:
    core = scope.core.text("package_env")
    return f"{core}_external" if package_of(scope) == "external" else core


def default_commands(scope: Scope) -> tuple[CommandLine, ...]:
    """Return what an environment runs that says nothing of commands: its script, if it has one."""
    script = scope.text("script") if is_of_script(scope) else ""
    if not script:
        return ()
    path = os.path.join(scope.core.text("tox_root"), script)  # noqa: PTH118 - on text
    scope.posargs_taken = True
    return (CommandLine(("python", path, *(scope.facts.request.posargs or ()))),)


def is_of_script(scope: Scope) -> bool:
    """Say whether an environment is made for a script, by what that says of itself (PEP 723)."""
    try:
        return scope.text("runner") in OF_SCRIPTS
    except ToxError:
        return False  # which is told where the runner is looked at


OF_SCRIPTS = frozenset(("virtualenv-pep-723", "uv-venv-pep-723"))
"""Runners that make the environment of a script."""
