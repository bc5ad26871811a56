"""Every key of a tox config: what it takes, its default, and what is made of what was read.

Names, types and defaults are those of tox 4.67, as its documentation and `tox config` have them.
"""

import os
import sys
from collections.abc import Callable, Mapping

from runner.compat.tox.defaults import (
    PROGRAMS,
    PYTHON,
    base_python,
    below_root,
    change_dir,
    default_base_python,
    default_commands,
    default_package,
    dotted,
    env_dir,
    free_threaded,
    holds_project,
    host,
    implementation,
    in_env,
    in_work_dir,
    install_command,
    no_variables,
    normalized,
    one_line,
    package_env,
    pass_env,
    set_env,
    site,
    wheel_build_env,
)
from runner.compat.tox.kinds import Kind
from runner.compat.tox.scope import Key, Scope
from runner.compat.tox.values import CommandLine, Names, Requirements

Finish = Callable[[Scope, object], object]


def _key(
    names: str, kind: Kind, default: object = None, finish: Finish | None = None, *, constant: bool = False
) -> Key:
    """Return a key; `names` has its aliases after spaces; `default` is a value, or works one out."""
    made = default if callable(default) else lambda _: default
    every = tuple(names.split())
    return Key(every[0], every, kind, made, finish, constant, fixed=made is not default and finish is None)


def _table(*keys: Key) -> Mapping[str, Key]:
    return {name: key for key in keys for name in key.names}


CORE = _table(
    _key("config_file_path", Kind.TEXT, lambda scope: scope.facts.request.file, constant=True),
    _key("tox_root toxinidir", Kind.PATH, lambda scope: scope.root, below_root),
    _key("tox_root_name", Kind.TEXT, lambda scope: os.path.basename(scope.root), constant=True),  # noqa: PTH119 - on text
    _key("package_root setupdir", Kind.PATH, lambda scope: scope.load("tox_root"), below_root),
    _key("home", Kind.PATH, lambda scope: os.path.expanduser("~"), constant=True),  # noqa: PTH111, ARG005 - on text
    _key("work_dir toxworkdir", Kind.PATH, in_work_dir(), constant=True),
    _key("temp_dir", Kind.PATH, in_work_dir(".tmp"), below_root),
    _key("venv_redirect", Kind.OPTIONAL_BOOL),
    _key("venv_redirect_env", Kind.OPTIONAL_TEXT),
    _key("host_python", Kind.PATH, host, constant=True),
    _key("has_project", Kind.BOOL, holds_project, constant=True),
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
    _key("set_env setenv", Kind.SET_ENV, no_variables, set_env),
    _key("base", Kind.LIST, ()),
    _key("env_name envname", Kind.TEXT, lambda scope: scope.name, constant=True),
    _key("labels", Kind.SET, ()),
    _key("env_dir envdir", Kind.PATH, env_dir, constant=True),
    _key("env_tmp_dir envtmpdir", Kind.PATH, in_env("tmp"), constant=True),
    _key("env_log_dir envlogdir", Kind.PATH, in_env("log"), constant=True),
    _key("suicide_timeout", Kind.NUMBER, 0.0),
    _key("interrupt_timeout", Kind.NUMBER, 0.3),
    _key("terminate_timeout", Kind.NUMBER, 0.2),
    _key("platform", Kind.TEXT, ""),
    _key("pass_env passenv", Kind.LIST, (), pass_env),
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
        install_command,
    ),
    _key("constraints", Kind.CONSTRAINTS, Requirements()),
    _key("constrain_package_deps", Kind.BOOL, False),
    _key("use_frozen_constraints", Kind.BOOL, False),
    _key("default_base_python", Kind.LIST_OR_TEXT, lambda scope: (host(scope),)),
    _key("base_python_file", Kind.LIST_OR_TEXT, ()),
    _key("base_python basepython", Kind.LIST_OR_TEXT, default_base_python, base_python),
    _key("env_site_packages_dir envsitepackagesdir", Kind.PATH, site, constant=True),
    _key("env_site_packages_dir_plat envsitepackagesdir_plat", Kind.PATH, site, constant=True),
    _key("env_bin_dir envbindir", Kind.PATH, in_env(PROGRAMS), constant=True),
    _key("env_python envpython", Kind.PATH, in_env(PROGRAMS, PYTHON), constant=True),
    _key("py_dot_ver", Kind.TEXT, dotted, constant=True),
    _key("py_impl", Kind.TEXT, implementation, constant=True),
    _key("py_free_threaded", Kind.BOOL, free_threaded, constant=True),
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
    _key("description", Kind.TEXT, "", one_line),
    _key("depends", Kind.NAMES, Names()),
    _key("commands_pre", Kind.COMMANDS, ()),
    _key("commands", Kind.COMMANDS, default_commands),
    _key("commands_post", Kind.COMMANDS, ()),
    _key("interrupt_post_commands", Kind.BOOL, False),
    _key("recreate_commands", Kind.COMMANDS, ()),
    _key("change_dir changedir", Kind.PATH, lambda scope: scope.core.text("tox_root"), change_dir),
    _key("args_are_paths", Kind.BOOL, True),
    _key("ignore_errors", Kind.BOOL, False),
    _key("commands_retry", Kind.INTEGER, 0),
    _key("ignore_outcome", Kind.BOOL, False),
    _key("fail_fast", Kind.BOOL, False),
    _key("deps", Kind.REQUIREMENTS, Requirements()),
    _key("dependency_groups", Kind.SET, (), normalized),
    _key("extras", Kind.SET, (), normalized),
    _key("pylock", Kind.TEXT, ""),
    _key("extra_setup_commands", Kind.COMMANDS, ()),
    _key("skip_install", Kind.BOOL, False),
    _key("use_develop usedevelop", Kind.BOOL, False),
    _key("package", Kind.TEXT, default_package),
    _key("package_env", Kind.TEXT, package_env),
    _key("wheel_build_env", Kind.TEXT, wheel_build_env),
    _key("script", Kind.TEXT, ""),
)

_BUILD_STEPS = ("get_requires_for_build", "build", "prepare_metadata_for_build")

PACKAGE = _table(
    *_OF_EVERY_ENV,
    _key("package_root setupdir", Kind.PATH, lambda scope: scope.core.load("package_root"), below_root),
    _key("meta_dir", Kind.PATH, in_env(".meta"), constant=True),
    _key("pkg_dir", Kind.PATH, in_env("dist"), constant=True),
    _key("fresh_subprocess", Kind.BOOL, False),
    *(
        _key(f"config_settings_{step}_{kind}", Kind.TABLE, {})
        for step in _BUILD_STEPS
        for kind in ("sdist", "wheel", "editable")
    ),
    _key("deps", Kind.REQUIREMENTS, Requirements()),
    _key("commands", Kind.COMMANDS, ()),
    _key("change_dir changedir", Kind.PATH, lambda scope: scope.core.text("tox_root"), change_dir),
    _key("args_are_paths", Kind.BOOL, True),
    _key("ignore_errors", Kind.BOOL, False),
    _key("package_glob", Kind.TEXT, in_env("tmp", "dist", "*"), below_root),
)
