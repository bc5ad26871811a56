"""The keys of one environment as settings of a cell: every value is worked out, text is literal."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from glob import glob
from typing import TypeVar

from msgspec.structs import replace

from runner.compat.tox.defaults import is_of_script, package_of, version_of
from runner.compat.tox.errors import ToxError
from runner.compat.tox.faults import Faults, origin_of
from runner.compat.tox.installing import Installing, understood
from runner.compat.tox.scope import Scope
from runner.compat.tox.script import script_of
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.values import CommandLine, Requirements
from runner.model.settings import CommandText, Glob, Layer
from runner.model.text import Literal, Origin

T = TypeVar("T")

_PACKAGES = {
    "wheel": "wheel",
    "sdist": "sdist",
    "sdist-wheel": "sdist",
    "editable": "editable",
    "editable-legacy": "editable",
    "deps-only": "deps-only",
    "skip": "none",
    "external": "wheel",
    "uv": "wheel",
    "uv-editable": "editable",
}
_RUNNERS = frozenset(("virtualenv", "uv-venv-runner", "uv-venv-lock-runner"))
_SEVERAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*,\s*[A-Za-z0-9]")
_FAILURES = tuple(range(1, 256))
_LAST_WITH_SETUPTOOLS = (3, 11)
_OUTER_CI = "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI"
"""Where tox puts the CI that it does not pass, for a tox within it."""

TOX = "tox"
"""The layer of what tox makes of keys that nothing sets."""


@lru_cache(maxsize=4096)
def literals(texts: tuple[str, ...]) -> tuple[Literal, ...]:
    """Return texts that are taken as they are."""
    return tuple(map(Literal, texts))


class Settings:
    """The keys of an environment as one layer of settings."""

    def __init__(self, scope: Scope, faults: Faults, name: str) -> None:
        self._scope = scope
        self._faults = faults
        self._name = name
        self._values: dict[str, object] = {}
        self._origins: dict[str, Origin] = {}

    def layers(self) -> tuple[Layer, ...]:
        """Return what tox makes of keys that no section sets, and what the file says."""
        self._read()
        unset = {key: value for key, value in self._values.items() if key not in self._origins}
        said = {key: value for key, value in self._values.items() if key in self._origins}
        return Layer(TOX, unset, {}), Layer(self._name, said, self._origins)

    def _read(self) -> None:
        if is_of_script(self._scope):
            self._read_script()
            return
        installing = self._installing()
        package = self._package()
        self._set("deps", "deps", literals((*installing.lines, *self._deps())))
        self._set("prerelease", "install_command", installing.prerelease)
        if installing.resolution:
            self._set("resolution", "install_command", Literal(installing.resolution))
        self._set("package", "package", Literal(package))
        self._texts("groups", "dependency_groups")
        if package != "none":
            self._texts("extras", "extras")
        self._read_common()

    def _read_common(self) -> None:
        self._set("seed", "", literals(self._seed()))
        self._set("system-site-packages", "system_site_packages", self._get("system_site_packages", False))
        self._texts("allow-external", "allowlist_externals")
        self._set("cwd", "change_dir", Literal(self._get("change_dir", ".")))
        self._set("env", "set_env", self._env())
        self._texts("pass-env", "pass_env")
        self._set("keep-going", "ignore_errors", self._get("ignore_errors", False))
        self._set("allow-failure", "ignore_outcome", self._get("ignore_outcome", False))
        self._set("setup", "commands_pre", self._commands("extra_setup_commands", "commands_pre"))
        self._set("commands", "commands", self._commands("commands"))
        self._set("teardown", "commands_post", self._commands("commands_post"))
        for key, name in (("interrupt_timeout", "interrupt-grace"), ("terminate_timeout", "terminate-grace")):
            if self._scope.is_set(key):
                self._set(name, key, max(0.0, self._get(key, 0.0)))

    def _read_script(self) -> None:
        """Take deps from the script; the rest of running is as everywhere."""
        script = self._faults.call(self._scope, "script", lambda: script_of(self._scope))
        self._set("deps", "script", literals(script.dependencies if script else ()))
        self._set("package", "", Literal("none"))
        self._read_common()

    def _set(self, key: str, of: str, value: object) -> None:
        self._values[key] = value
        if of and self._scope.is_set(of):
            self._origins[key] = origin_of(self._scope, of)

    def _get(self, key: str, default: T) -> T:
        return self._faults.get(self._scope, key, default)

    def _texts(self, key: str, of: str) -> None:
        self._set(key, of, literals(self._get(of, ())))

    def _installing(self) -> Installing:
        command = self._get("install_command", CommandLine(()))
        if not command.argv:
            return Installing()
        found = self._faults.call(
            self._scope, "install_command", lambda: understood(command.argv, self._scope.text("env_bin_dir"))
        )
        return found or Installing()

    def _deps(self) -> tuple[str, ...]:
        constraints = tuple(f"-c {line}" for line in self._get("constraints", Requirements()).lines)
        lock = self._get("pylock", "")
        if lock:
            from runner.compat.tox.pylock import locked_lines  # noqa: PLC0415 - few environments have one

            locked = self._faults.call(self._scope, "pylock", lambda: locked_lines(self._scope, lock))
            return (*constraints, *(locked or ()))
        lines = _as_paths(self._get("deps", Requirements()).lines)
        several = next((line for line in lines if _SEVERAL.match(line)), None)
        if several is not None:
            self._faults.add(self._scope, "deps", f"{several!r}: write one requirement a line")
        return (*constraints, *lines)

    def _package(self) -> str:
        scope = self._scope
        wanted = self._faults.call(scope, "package", lambda: package_of(scope)) or "skip"
        kind = self._get("runner", "")
        if kind not in _RUNNERS:
            self._faults.add(
                scope,
                "runner",
                f"there is no runner {kind!r} here",
                "environments are made by runner itself; what a plugin's runner does is not done",
            )
        if wanted not in _PACKAGES:
            self._faults.add(
                scope,
                "package",
                f"{wanted!r} is no way to package",
                f"expected one of: {', '.join(_PACKAGES)}",
            )
        if wanted == "external":
            self._external()
        return _PACKAGES.get(wanted, "none")

    def _external(self) -> None:
        def package_glob() -> str:
            return scope_of_packager(self._scope).text("package_glob")

        found = self._faults.call(self._scope, "package_env", package_glob)
        if found is not None:
            self._set("package-file", "package", Literal(found))

    def _seed(self) -> tuple[str, ...]:
        try:
            version = version_of(self._scope)
        except ToxError:
            return ("pip", "setuptools")
        return ("pip", "setuptools") if version <= _LAST_WITH_SETUPTOOLS else ("pip",)

    def _env(self) -> dict[str, object]:
        set_env = self._faults.call(self._scope, "set_env", lambda: self._scope.load("set_env"))
        if not isinstance(set_env, SetEnv):
            return {}
        values = self._faults.call(
            self._scope, "set_env", lambda: {name: set_env.value(name) or "" for name in set_env.names()}
        )
        given = dict(values or {})
        if "CI" in self._scope.environ:
            given[_OUTER_CI] = self._scope.environ["CI"]
        return {name: Literal(value) for name, value in given.items()}

    def _commands(self, *keys: str) -> tuple[CommandText, ...]:
        return tuple(
            self._command(command, key, globs) for key in keys for command, globs in self._lines(key)
        )

    def _lines(self, key: str) -> Iterator[tuple[CommandLine, dict[str, Glob]]]:
        """Yield the commands, with the globs among their arguments, which earlier commands may serve."""
        lines: tuple[CommandLine, ...] = ()
        lines = self._get(key, lines)
        globs: dict[str, Glob] = {}
        if lines and self._scope.saw_glob:
            late, globs = self._scope.with_late_globs(key)
            lines = late if isinstance(late, tuple) else lines
        for line in lines:
            argv = tuple(_with_present_files(word, globs) for word in line.argv)
            yield replace(line, argv=argv), {word: globs[word] for word in argv if word in globs}

    def _retries(self) -> int:
        return max(0, self._get("commands_retry", 0))

    def _command(self, command: CommandLine, key: str, globs: dict[str, Glob]) -> CommandText:
        return CommandText(
            run=literals(command.argv),
            origin=origin_of(self._scope, key),
            ok_codes=_FAILURES if command.inverted else (0,),
            retries=0
            if command.ignored or "commands_retry" not in self._scope.known_keys
            else self._retries(),
            ignore_failure=command.ignored,
            globs=globs,
        )


def _as_paths(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines without backslashes before blanks in paths, which runner takes as they are."""
    return tuple(line.replace("\\ ", " ") if line.startswith("-") else line for line in lines)


def _with_present_files(word: str, globs: Mapping[str, Glob]) -> str:
    """Fill in globs that are only a part of an argument, by the files that there are."""
    for written, files in globs.items():
        if word != written and written in word:
            found = sorted(glob(files.pattern, recursive=True)) or files.default  # noqa: PTH207 - names as they are spelled
            word = word.replace(written, " ".join(found))
    return word


class PackagerSettings(Settings):
    """The keys of an environment that makes a package by commands."""

    def _read(self) -> None:
        installing = self._installing()
        self._set(
            "deps", "deps", literals((*installing.lines, *_as_paths(self._get("deps", Requirements()).lines)))
        )
        self._set("package", "", Literal("none"))
        self._set("seed", "", literals(self._seed()))
        self._texts("allow-external", "allowlist_externals")
        self._set("cwd", "change_dir", Literal(self._get("change_dir", ".")))
        self._set("env", "set_env", self._env())
        self._texts("pass-env", "pass_env")
        self._set("keep-going", "ignore_errors", self._get("ignore_errors", False))
        self._set("commands", "commands", self._commands("commands"))


def scope_of_packager(scope: Scope) -> Scope:
    """Return the environment that packages the project for this one."""
    return scope.packager(scope.text("package_env"))
