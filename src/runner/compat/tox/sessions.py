"""One environment of a tox config as a session of runner: every value is worked out, text is literal."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from glob import glob
from typing import Literal as OneOf
from typing import TypeVar

from msgspec.structs import replace

from runner.compat.tox.errors import ToxError, shortened
from runner.compat.tox.installing import Installing, understood
from runner.compat.tox.keys import is_of_script, package_of, python_of, version_of
from runner.compat.tox.project import ToxProject
from runner.compat.tox.pylock import locked_lines
from runner.compat.tox.scope import Scope
from runner.compat.tox.script import script_of
from runner.compat.tox.selecting import name_fault
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.shown import shown
from runner.compat.tox.values import CommandLine, Names, Requirements
from runner.model.config import Foreign, Inherited, Session
from runner.model.errors import Problem
from runner.model.globs import is_glob
from runner.model.python import PythonSpec
from runner.model.settings import CommandText, Glob, Layer
from runner.model.text import Literal, Origin

T = TypeVar("T")
Missing = OneOf["error", "skip"]

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
INHERITED = ("PATH",)
_OUTER_CI = "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI"
"""Where tox puts the CI that it does not pass, for a tox within it."""

_TOX = "tox"
_MOST_ORDERINGS = 1_000_000
_EMPTY = Layer(name=_TOX, values={}, origins={})
_SHAPE = {"description": "description", "after": "depends", "tags": "labels", "platforms": "platform"}
"""Shape keys of sessions, and the keys of tox that they come from."""


class Sessions:
    """Makes the sessions of a project."""

    def __init__(self, project: ToxProject) -> None:
        self._project = project
        self._layer = project.file.shown
        self._meant: dict[tuple[str, ...], tuple[Literal, ...]] = {}
        self._orderings = 0
        self._labels: dict[str, set[str]] = {}
        for label, names in project.labels.items():
            for name in names.names:
                self._labels.setdefault(name, set()).add(label)

    def brief(self, name: str) -> Session:
        """Return only what lists of environments show."""
        scope = self._project.env(name)
        return self._session(scope, _Faults(), (_EMPTY,), Foreign(factors=tuple(name.split("-"))))

    def whole(self, name: str) -> Session:
        """Return the session with all its settings; what is wrong with them is kept with it."""
        scope = self._project.env(name)
        faults = _Faults()
        layers = _Settings(scope, faults, self._layer).layers()
        session = self._session(scope, faults, layers, None)
        foreign = replace(
            _foreign(scope, faults), shown={"tox": shown(scope)}, package_variable="TOX_PACKAGE"
        )
        return replace(session, foreign=foreign)

    def packagers(self, names: Iterable[str]) -> tuple[Session, ...]:
        """Return a session for each environment that makes the package of others by commands."""
        found: dict[str, Session] = {}
        for name in names:
            scope = self._project.env(name)
            faults = _Faults()
            if faults.call(scope, "package", partial(package_of, scope)) == "external":
                packager = faults.get(scope, "package_env", "")
                found.setdefault(packager, self._packager(self._project.package_env(packager)))
        return tuple(found.values())

    def _packager(self, scope: Scope) -> Session:
        faults = _Faults()
        layers = _PackagerSettings(scope, faults, self._layer).layers()
        return Session(
            name=scope.name or "",
            origin=origin_of(scope, ""),
            description="makes the package of other environments",
            default=False,
            python=faults.call(scope, "base_python", lambda: python_of(scope)),
            layers=layers,
            foreign=_foreign(scope, faults),
        )

    def _session(
        self, scope: Scope, faults: "_Faults", layers: tuple[Layer, ...], foreign: Foreign | None
    ) -> Session:
        name = scope.name or ""
        fault = name_fault(name)
        if fault:
            raise ToxError(f"{name!r} {fault}")
        labels = self._labels.get(name, set())
        return Session(
            name=name,
            origin=origin_of(scope, ""),
            description=faults.get(scope, "description", ""),
            default=name in self._project.default,
            tags=tuple(sorted(labels | set(faults.get(scope, "labels", ())))),
            needs=self._needs(scope, faults) if foreign is None else (),
            after=self._after(scope, faults),
            platforms=self._platforms(scope, faults),
            python=faults.call(scope, "base_python", partial(_python, scope)),
            layers=layers,
            sources=self._sources(scope),
            foreign=foreign,
        )

    def _sources(self, scope: Scope) -> dict[str, str]:
        set_here = {key: self._layer for key, of in _SHAPE.items() if scope.is_set(of)}
        return {"default": self._layer, "python": self._layer, **set_here}

    def _after(self, scope: Scope, faults: "_Faults") -> tuple[Literal, ...]:
        depends = faults.get(scope, "depends", Names())
        if not depends.names:
            return ()
        if depends.names not in self._meant:
            self._meant[depends.names] = tuple(map(Literal, self._matching(depends.names)))
        meant = self._meant[depends.names]
        self._orderings += len(meant)
        if self._orderings > _MOST_ORDERINGS:
            raise ToxError(f"depends puts more than {_MOST_ORDERINGS:,} pairs of environments in order")
        return tuple(other for other in meant if other.text != scope.name)

    def _matching(self, patterns: tuple[str, ...]) -> Iterator[str]:
        exact = frozenset(pattern for pattern in patterns if not is_glob(pattern))
        globs = [pattern for pattern in patterns if is_glob(pattern)]
        for name in self._project.runnable:
            if name in exact or any(fnmatchcase(name, glob) for glob in globs):
                yield name

    def _needs(self, scope: Scope, faults: "_Faults") -> tuple[Literal, ...]:
        if faults.call(scope, "package", lambda: package_of(scope)) != "external":
            return ()
        return (Literal(faults.get(scope, "package_env", "")),)

    def _platforms(self, scope: Scope, faults: "_Faults") -> tuple[str, ...]:
        wanted = faults.get(scope, "platform", "")
        here = scope.facts.request.host.platform
        try:
            return () if not wanted or re.fullmatch(wanted, here) else (wanted,)
        except (re.error, RecursionError, OverflowError) as error:
            faults.add(scope, "platform", f"{wanted!r} is no regular expression: {error}")
            return ()


def _python(scope: Scope) -> PythonSpec | None:
    """Return the Python of an environment, with what becomes of it when that is not there."""
    spec = python_of(scope)
    if spec is None or scope.flag("skip_missing_interpreters") == scope.core.flag(
        "skip_missing_interpreters"
    ):
        return spec
    missing: Missing = "skip" if scope.flag("skip_missing_interpreters") else "error"
    others = tuple(replace(other, missing=missing) for other in spec.others)
    return replace(spec, missing=missing, others=others)


def _foreign(scope: Scope, faults: "_Faults") -> Foreign:
    folders = (faults.get(scope, key, "") for key in ("change_dir", "env_log_dir"))
    return Foreign(
        factors=tuple((scope.name or "").split("-")),
        refused=tuple(faults.problems),
        posargs=scope.posargs_taken,
        folders=tuple(filter(None, folders)),
        allowing="allowlist_externals",
        inherited=Inherited(
            passed=INHERITED,
            withheld=faults.get(scope, "disallow_pass_env", ()),
            any_case=True,
            usual=False,
        ),
    )


def origin_of(scope: Scope, key: str) -> Origin:
    """Return where a key of an environment stands, or the environment itself."""
    shown_name = scope.file_shown
    line = scope.line(key) if key else next((section.line("") for section in scope.sections), 0)
    return Origin(shown_name, line, f"{scope.name}.{key}" if key else scope.name or "")


@lru_cache(maxsize=4096)
def literals(texts: tuple[str, ...]) -> tuple[Literal, ...]:
    """Return texts that are taken as they are."""
    return tuple(map(Literal, texts))


class _Faults:
    """What is wrong with the keys of one environment, each told once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._keys: set[str] = set()

    def of(self, key: str) -> bool:
        return key in self._keys

    def add(self, scope: Scope, key: str, message: str, hint: str = "") -> None:
        if key not in self._keys:
            self._keys.add(key)
            said = shortened(message).removeprefix(f"{key}: ")  # the origin says it
            self.problems.append(Problem(said, origin_of(scope, key), hint))

    def call(self, scope: Scope, key: str, work: Callable[[], T]) -> T | None:
        """Return what the work gives, or None when a value cannot be had."""
        try:
            return work()
        except ToxError as error:
            at = error.key if error.key in scope.known_keys and not scope.line(key) else key
            self.add(scope, at, str(error))
            return None

    def get(self, scope: Scope, key: str, default: T) -> T:
        """Return the value of a key, the default when it cannot be had."""
        value = self.call(scope, key, lambda: scope.load(key))
        return value if isinstance(value, type(default)) else default


class _Settings:
    """The keys of an environment as one layer of settings."""

    def __init__(self, scope: Scope, faults: _Faults, name: str) -> None:
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
        return Layer(_TOX, unset, {}), Layer(self._name, said, self._origins)

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
        found = self._faults.call(self._scope, "install_command", lambda: understood(command.argv))
        return found or Installing()

    def _deps(self) -> tuple[str, ...]:
        constraints = tuple(f"-c {line}" for line in self._get("constraints", Requirements()).lines)
        lock = self._get("pylock", "")
        if lock:
            locked = self._faults.call(self._scope, "pylock", lambda: locked_lines(self._scope, lock))
            return (*constraints, *(locked or ()))
        lines = self._get("deps", Requirements()).lines
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
        def glob() -> str:
            return scope_of_packager(self._scope).text("package_glob")

        found = self._faults.call(self._scope, "package_env", glob)
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


def _with_present_files(word: str, globs: Mapping[str, Glob]) -> str:
    """Fill in globs that are only a part of an argument, by the files that there are."""
    for written, files in globs.items():
        if word != written and written in word:
            found = sorted(glob(files.pattern, recursive=True)) or files.default  # noqa: PTH207 - names as they are spelled
            word = word.replace(written, " ".join(found))
    return word


class _PackagerSettings(_Settings):
    """The keys of an environment that makes a package by commands."""

    def _read(self) -> None:
        installing = self._installing()
        self._set(
            "deps", "deps", tuple(map(Literal, (*installing.lines, *self._get("deps", Requirements()).lines)))
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
