"""Every key of a tox config: what it takes, its default, and what is made of what was read.

Names, types and defaults are those of tox 4.67, as its documentation and `tox config` have them.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from runner.compat.tox.errors import ToxError
from runner.compat.tox.expression import Parts
from runner.compat.tox.files import text_of_file
from runner.compat.tox.kinds import Kind
from runner.compat.tox.pythons import conflicting, of_name, spec_of
from runner.compat.tox.replace import Chain
from runner.compat.tox.scope import Key, Scope
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.values import CommandLine, Names, Requirements
from runner.model.layout import env_folder, folder_name
from runner.model.python import PythonSpec

_BLANKS = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[-_.]+")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

PACKAGES = ("wheel", "sdist", "sdist-wheel", "editable", "editable-legacy", "deps-only", "skip", "external")
"""What `package` may say; tox-uv has `uv` and `uv-editable` too."""

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

Finish = Callable[[Scope, object], object]


def _key(
    names: str, kind: Kind, default: object = None, finish: Finish | None = None, *, constant: bool = False
) -> Key:
    """Return a key; `names` has its aliases after spaces; `default` is a value, or works one out."""
    made = default if callable(default) else lambda _: default
    every = tuple(names.split())
    return Key(every[0], every, kind, made, finish, constant, fixed=made is not default and finish is None)


def _below_root(scope: Scope, value: object) -> str:
    return os.path.join(scope.root, str(value))  # noqa: PTH118 - on text


def _in_work_dir(*names: str) -> Callable[[Scope], str]:
    return lambda scope: os.path.join(scope.facts.work_dir, *names)  # noqa: PTH118 - on text


def env_dir(scope: Scope) -> str:
    """Return the folder of the environment."""
    return env_folder(scope.facts.work_dir, folder_name(scope.name or ""))


def _in_env(*names: str) -> Callable[[Scope], str]:
    return lambda scope: os.path.join(env_dir(scope), *names)  # noqa: PTH118 - on text


def _change_dir(scope: Scope, value: object) -> str:
    path = str(value)
    return path if os.path.isabs(path) else os.path.realpath(_below_root(scope, path))  # noqa: PTH117 - on text


def _one_line(_: Scope, value: object) -> str:
    return _BLANKS.sub(" ", str(value))


def _normalized(_: Scope, value: object) -> tuple[str, ...]:
    names = value if isinstance(value, tuple) else ()
    return tuple(sorted({_SEPARATORS.sub("-", name).lower() for name in names}))


def _pass_env(scope: Scope, value: object) -> tuple[str, ...]:
    return _passed(value if isinstance(value, tuple) else (), tty=scope.tty)


@lru_cache(maxsize=256)
def _passed(names: tuple[str, ...], *, tty: bool) -> tuple[str, ...]:
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


def _set_env(scope: Scope, value: object) -> SetEnv:
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


def _no_variables(scope: Scope) -> SetEnv:
    def unfilled(text: str | Parts, chain: Chain, *, once: bool = False) -> str:  # noqa: ARG001 - nothing is filled in
        return str(text)

    return SetEnv(unfilled, scope.root)


def _install_command(scope: Scope, value: object) -> CommandLine:
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


def _base_python(scope: Scope, value: object) -> tuple[str, ...]:
    asked = tuple(text.strip() for text in _entries(value) if text.strip())
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


def _default_base_python(scope: Scope) -> tuple[str, ...]:
    try:
        named = of_name(scope.name or "")
    except ToxError:
        if not scope.core.flag("ignore_base_python_conflict"):
            raise
        named = None
    if named is not None:
        return (named,)
    files = scope.texts("base_python_file")
    return (_from_file(scope, files),) if files else scope.texts("default_base_python")


def _from_file(scope: Scope, files: tuple[str, ...]) -> str:
    for name in files:
        path = _below_root(scope, name)
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


def _entries(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _host(scope: Scope) -> str:
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


def _dotted(scope: Scope) -> str:
    return "{}.{}".format(*version_of(scope))


def _implementation(scope: Scope) -> str:
    spec = python_of(scope)
    return spec.implementation if spec else sys.implementation.name


def _free_threaded(scope: Scope) -> bool:
    spec = python_of(scope)
    return spec is not None and spec.free_threaded


def _site(scope: Scope) -> str:
    if sys.platform == "win32":
        return os.path.join(env_dir(scope), "Lib", "site-packages")  # noqa: PTH118 - on text
    program = "pypy" if _implementation(scope) == "pypy" else "python"
    threads = "t" if _free_threaded(scope) else ""
    return os.path.join(env_dir(scope), "lib", f"{program}{_dotted(scope)}{threads}", "site-packages")  # noqa: PTH118 - on text


_PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"
_PYTHON = "python.exe" if sys.platform == "win32" else "python"


def _holds_project(scope: Scope) -> bool:
    return any(os.path.exists(_below_root(scope, name)) for name in _PROJECT_FILES)  # noqa: PTH110 - on text


def package_of(scope: Scope) -> str:
    """Return how the project gets into the environment. Raises ToxError for a word that tox does not know."""
    if scope.core.flag("no_package") or scope.flag("skip_install"):
        return "skip"
    return "editable" if scope.flag("use_develop") else scope.text("package")


def _default_package(scope: Scope) -> str:
    return "sdist" if scope.core.flag("has_project") else "skip"


def _wheel_build_env(scope: Scope) -> str:
    pkg = scope.text("package_env")
    if python_of(scope) is None or _dotted(scope) == scope.facts.request.host.python:
        return pkg
    major, minor = version_of(scope)
    return f"{pkg}-{_implementation(scope)}{major}{minor}{'t' if _free_threaded(scope) else ''}"


def _package_env(scope: Scope) -> str:
    core = scope.core.text("package_env")
    return f"{core}_external" if package_of(scope) == "external" else core


def _table(*keys: Key) -> Mapping[str, Key]:
    return {name: key for key in keys for name in key.names}


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
    return scope.text("runner") in OF_SCRIPTS


CORE = _table(
    _key("config_file_path", Kind.TEXT, lambda scope: scope.facts.request.file, constant=True),
    _key("tox_root toxinidir", Kind.PATH, lambda scope: scope.root, _below_root),
    _key("tox_root_name", Kind.TEXT, lambda scope: os.path.basename(scope.root), constant=True),  # noqa: PTH119 - on text
    _key("package_root setupdir", Kind.PATH, lambda scope: scope.load("tox_root"), _below_root),
    _key("home", Kind.PATH, lambda scope: os.path.expanduser("~"), constant=True),  # noqa: PTH111, ARG005 - on text
    _key("work_dir toxworkdir", Kind.PATH, _in_work_dir(), constant=True),
    _key("temp_dir", Kind.PATH, _in_work_dir(".tmp"), _below_root),
    _key("venv_redirect", Kind.OPTIONAL_BOOL),
    _key("venv_redirect_env", Kind.OPTIONAL_TEXT),
    _key("host_python", Kind.PATH, _host, constant=True),
    _key("has_project", Kind.BOOL, _holds_project, constant=True),
    _key("env_list envlist", Kind.NAMES, Names()),
    _key("base", Kind.LIST, ()),
    _key("on_platform", Kind.TEXT, sys.platform, constant=True),
    _key("min_version minversion", Kind.OPTIONAL_TEXT),
    _key("provision_tox_env", Kind.TEXT, ".tox"),
    _key("requires", Kind.LIST, ()),
    _key("labels", Kind.TABLE_OF_NAMES, {}),
    _key("ignore_base_python_conflict ignore_basepython_conflict", Kind.BOOL, False),
    _key("skip_missing_interpreters", Kind.BOOL, False),
    _key("no_package skipsdist", Kind.BOOL, False),
    _key("package_env isolated_build_env", Kind.TEXT, ".pkg"),
)

_OF_EVERY_ENV = (
    _key("set_env setenv", Kind.SET_ENV, _no_variables, _set_env),
    _key("base", Kind.LIST, ()),
    _key("env_name envname", Kind.TEXT, lambda scope: scope.name, constant=True),
    _key("labels", Kind.SET, ()),
    _key("env_dir envdir", Kind.PATH, env_dir, constant=True),
    _key("env_tmp_dir envtmpdir", Kind.PATH, _in_env("tmp"), constant=True),
    _key("env_log_dir envlogdir", Kind.PATH, _in_env("log"), constant=True),
    _key("suicide_timeout", Kind.NUMBER, 0.0),
    _key("interrupt_timeout", Kind.NUMBER, 0.3),
    _key("terminate_timeout", Kind.NUMBER, 0.2),
    _key("platform", Kind.TEXT, ""),
    _key("pass_env passenv", Kind.LIST, (), _pass_env),
    _key("disallow_pass_env", Kind.LIST, ()),
    _key("parallel_show_output", Kind.BOOL, False),
    _key("recreate", Kind.BOOL, False),
    _key("allowlist_externals", Kind.LIST, ()),
    _key("list_dependencies_command", Kind.COMMAND, CommandLine(("python", "-m", "pip", "freeze", "--all"))),
    _key("pip_pre", Kind.BOOL, False),
    _key(
        "install_command",
        Kind.COMMAND,
        CommandLine(("python", "-I", "-m", "pip", "install", "{opts}", "{packages}")),
        _install_command,
    ),
    _key("constraints", Kind.CONSTRAINTS, Requirements()),
    _key("constrain_package_deps", Kind.BOOL, False),
    _key("use_frozen_constraints", Kind.BOOL, False),
    _key("default_base_python", Kind.LIST_OR_TEXT, lambda scope: (_host(scope),)),
    _key("base_python_file", Kind.LIST_OR_TEXT, ()),
    _key("base_python basepython", Kind.LIST_OR_TEXT, _default_base_python, _base_python),
    _key("env_site_packages_dir envsitepackagesdir", Kind.PATH, _site, constant=True),
    _key("env_site_packages_dir_plat envsitepackagesdir_plat", Kind.PATH, _site, constant=True),
    _key("env_bin_dir envbindir", Kind.PATH, _in_env(_PROGRAMS), constant=True),
    _key("env_python envpython", Kind.PATH, _in_env(_PROGRAMS, _PYTHON), constant=True),
    _key("py_dot_ver", Kind.TEXT, _dotted, constant=True),
    _key("py_impl", Kind.TEXT, _implementation, constant=True),
    _key("py_free_threaded", Kind.BOOL, _free_threaded, constant=True),
    _key("py_debug", Kind.BOOL, False, constant=True),
    _key("skip_missing_interpreters", Kind.BOOL, lambda scope: scope.core.flag("skip_missing_interpreters")),
    _key("system_site_packages sitepackages", Kind.BOOL, False),
    _key("always_copy alwayscopy", Kind.BOOL, False),
    _key("download", Kind.BOOL, False),
    _key("virtualenv_spec", Kind.TEXT, ""),
)

RUN = _table(
    *_OF_EVERY_ENV,
    _key("runner", Kind.TEXT, "virtualenv"),
    _key("description", Kind.TEXT, "", _one_line),
    _key("depends", Kind.NAMES, Names()),
    _key("commands_pre", Kind.COMMANDS, ()),
    _key("commands", Kind.COMMANDS, default_commands),
    _key("commands_post", Kind.COMMANDS, ()),
    _key("interrupt_post_commands", Kind.BOOL, False),
    _key("recreate_commands", Kind.COMMANDS, ()),
    _key("change_dir changedir", Kind.PATH, lambda scope: scope.core.text("tox_root"), _change_dir),
    _key("args_are_paths", Kind.BOOL, True),
    _key("ignore_errors", Kind.BOOL, False),
    _key("commands_retry", Kind.INTEGER, 0),
    _key("ignore_outcome", Kind.BOOL, False),
    _key("fail_fast", Kind.BOOL, False),
    _key("deps", Kind.REQUIREMENTS, Requirements()),
    _key("dependency_groups", Kind.SET, (), _normalized),
    _key("extras", Kind.SET, (), _normalized),
    _key("pylock", Kind.TEXT, ""),
    _key("extra_setup_commands", Kind.COMMANDS, ()),
    _key("skip_install", Kind.BOOL, False),
    _key("use_develop usedevelop", Kind.BOOL, False),
    _key("package", Kind.TEXT, _default_package),
    _key("package_env", Kind.TEXT, _package_env),
    _key("wheel_build_env", Kind.TEXT, _wheel_build_env),
    _key("script", Kind.TEXT, ""),
)

OF_SCRIPTS = frozenset(("virtualenv-pep-723", "uv-venv-pep-723"))
"""Runners that make the environment of a script."""

_BUILD_STEPS = ("get_requires_for_build", "build", "prepare_metadata_for_build")

PACKAGE = _table(
    *_OF_EVERY_ENV,
    _key("package_root setupdir", Kind.PATH, lambda scope: scope.core.load("package_root"), _below_root),
    _key("meta_dir", Kind.PATH, _in_env(".meta"), constant=True),
    _key("pkg_dir", Kind.PATH, _in_env("dist"), constant=True),
    _key("fresh_subprocess", Kind.BOOL, False),
    *(
        _key(f"config_settings_{step}_{kind}", Kind.TABLE, {})
        for step in _BUILD_STEPS
        for kind in ("sdist", "wheel", "editable")
    ),
    _key("deps", Kind.REQUIREMENTS, Requirements()),
    _key("commands", Kind.COMMANDS, ()),
    _key("change_dir changedir", Kind.PATH, lambda scope: scope.core.text("tox_root"), _change_dir),
    _key("args_are_paths", Kind.BOOL, True),
    _key("ignore_errors", Kind.BOOL, False),
    _key("package_glob", Kind.TEXT, _in_env("tmp", "dist", "*"), _below_root),
)
