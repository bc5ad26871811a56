"""A config of another tool read again and again, its translation, and the comparison of their plans."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from runner.compat.tox import SET_BY_TOX, named, passed_anyway
from runner.hooks.manager import Plugins
from runner.migrate import (
    NOBODY,
    Document,
    Dropped,
    Env,
    Facts,
    Folders,
    Marks,
    Outer,
    Shape,
    Value,
    Values,
    asked_platforms,
    document,
    filled_in,
    folders,
    is_platform,
    settings,
)
from runner.model.config import Config, Session
from runner.model.errors import ConfigError
from runner.model.layout import env_folder, folder_name
from runner.model.python import parse_python
from runner.model.request import ConfigRequest
from runner.model.settings import STEP_KEYS, CommandText
from runner.model.text import Literal, Template
from runner.plan.variables import PASSED

_HASH_SEED = 1
NEVER_MARKED = ("PYTHONHASHSEED",)
_LOG_FOLDER = "{env-dir}/log"
_PLATFORMS = ("linux", "darwin", "win32", "cygwin", "freebsd14", "android", "ios", "emscripten", "wasi")
_TOX_SETS = frozenset((("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("PYTHONHASHSEED", str(_HASH_SEED))))

Key = tuple[tuple[str, ...] | None, frozenset[str] | None]


class OldConfig:
    """The config of another tool, to be read under all circumstances."""

    def __init__(self, plugins: Plugins, request: ConfigRequest) -> None:
        self.plugins = plugins
        self._request = replace(request, tty=False, hash_seed=_HASH_SEED, select=None, as_json=True)
        self.request = self._request
        self.marks = Marks(NEVER_MARKED)
        self.dropped = Dropped(
            variables=SET_BY_TOX,
            defaults=_TOX_SETS,
            passed=frozenset(passed_anyway(tty=True)),
            passed_here=PASSED,
        )
        self._configs: dict[Key, Config] = {}
        self._settings: dict[Key, dict[str, Values]] = {}
        self.config(None, NOBODY)  # what is wrong with it is wrong with any variables
        self.settled = self._find_marks()

    def _find_marks(self) -> tuple[str, ...]:
        """See to it that the config can be read with marks; return the variables that cannot hold one."""
        settled: list[str] = []
        while True:
            try:
                self.config(None, frozenset())
            except ConfigError:
                if self.marks.last in settled:
                    raise
                settled.append(self.marks.last)
                self.marks.never |= {self.marks.last}
            else:
                return tuple(settled)

    def read(self, posargs: tuple[str, ...] | None, environ: dict[str, str]) -> Config:
        """Read the config with these arguments and variables. Raises ConfigError."""
        root = str(Path(self._request.file).parent)
        request = replace(self._request, posargs=posargs, environ=environ, cwd=root)
        config = self.plugins.load_config(request)
        if config is None:
            raise self.plugins.no_reader(request)
        return config

    def config(self, posargs: tuple[str, ...] | None, unset: frozenset[str] | None) -> Config:
        """Read the config with each variable marked but those unset, None: all are; each once."""
        key = (posargs, unset)
        if key not in self._configs:
            self._configs[key] = self.read(posargs, {} if unset is None else Outer(self.marks, unset))
        return self._configs[key]

    def settings(self, posargs: tuple[str, ...] | None, unset: frozenset[str] | None, name: str) -> Values:
        """Return the settings of an environment, read in the same way."""
        key = (posargs, unset)
        if key not in self._settings:
            self._settings[key] = settings(self.config(posargs, unset), self.dropped)
        return self._settings[key].get(name, {})


class Translation:
    """The translation of a config: what it becomes, and what does not become anything."""

    def __init__(self, old: OldConfig, source: str) -> None:
        self.left: dict[str, None] = {}
        self.lost: list[str] = []
        self._old = old
        self._base = old.config(None, NOBODY)
        self._source = source

    @cached_property
    def document(self) -> Document:
        """What is to be written."""
        meant = [session for session in self._base.sessions if self._is_meant(session)]
        places = {session.name: self._folder(session.name) for session in meant}
        envs = [env for session in meant if (env := self._env(session, places)) is not None]
        conditions = tuple(self._only_conditions(meant))
        if conditions:
            self.left[
                f"only conditions on factors name {', '.join(conditions)}: what holds for them is left out,"
                " unless an environment of env_list has the factors; add those that you run with -e"
            ] = None
        self.left.update(dict.fromkeys(self._on_platforms()))
        for name in self._old.settled:
            self.left[f"the variable {name} decides what is not text: what it is without it is written"] = (
                None
            )
        self.left.update(dict.fromkeys((*self._base.notices, *self._base.remarks)))
        return document(envs, self._facts())

    def _is_meant(self, session: Session) -> bool:
        """Say whether somebody meant the environment: tox knows those that are only conditions, too."""
        return session.name in self._named or session.name.startswith(".")

    def _only_conditions(self, meant: Iterable[Session]) -> Iterator[str]:
        """Yield what is no environment, but a condition on factors that no environment has."""
        known = {factor for session in meant for factor in session.name.split("-")}
        for session in self._base.sessions:
            factors = set(session.name.split("-")) - known
            if not self._is_meant(session) and not all(map(is_platform, factors)):
                yield session.name

    def _on_platforms(self) -> Iterator[str]:
        request = self._old.request
        shared = request.kind not in {"tox.ini", "tox.toml"}
        for section, asked in asked_platforms(request.text, shared=shared).items():
            yield (
                f"[{section}] depends on the platform ({', '.join(asked)}): what holds on"
                f" {request.host.platform} is written; for others add [[when]] match = {{ platform = ... }}"
            )

    @cached_property
    def _named(self) -> frozenset[str]:
        return named(replace(self._old.request, environ={}))

    def _folder(self, name: str) -> str:
        return env_folder(str(Path(self._base.root, self._base.work_dir)), folder_name(name))

    def _env(self, session: Session, places: Mapping[str, str]) -> Env | None:
        name = session.name
        if session.foreign and session.foreign.refused:
            for problem in session.foreign.refused:
                self.left[f"{name} is left out, since runner refuses it: {problem}"] = None
            self.lost.append(name)
            return None
        python = session.python.text if session.python else None
        if session.python and session.python.path is None and parse_python(session.python.text) is None:
            self.left[
                f"{name} is left out: its Python is {python}; give it one with X and Y, such as pypy3.11"
            ] = None
            self.lost.append(name)
            return None
        if session.python and session.python.others:
            self.left[f"{name}: only the first of its Pythons, {python}, is asked for"] = None
        if session.python and session.python.missing is not None:
            self.left[f"{name}: missing-python is of the whole file, skip_missing_interpreters its own"] = (
                None
            )
        if any(command.globs for command in _commands(session)):
            self.left[f"{name}: commands have no {{glob:...}}; name the files, or run a shell"] = None
        withheld = session.foreign.inherited.withheld if session.foreign else ()
        for glob in (glob for glob in withheld if not glob.isidentifier()):
            self.left[f"{name}: disallow_pass_env has the glob {glob}; set each such variable to false"] = (
                None
            )
        return Env(
            name=name,
            shape=Shape(
                python=python,
                tags=session.tags,
                platforms=self._platforms(session),
                needs=tuple(text.text for text in session.needs),
                after=tuple(text.text for text in session.after),
            ),
            description=self._portable(session.description),
            default=session.default,
            values=self._values(name, folders(self._folder(name), self._base.root, places)),
        )

    def _portable(self, text: str) -> str:
        """Return text for people without what is true of this machine only."""
        text = text.replace(self._old.request.host.executable, "Python")
        return text.replace(f"{self._base.root}/", "").replace(self._base.root, ".")

    def _values(self, name: str, known: Folders) -> dict[str, Value]:
        values = filled_in(
            lambda posargs, unset: self._old.settings(posargs, unset, name),
            self._old.marks,
            known,
            lambda message: self.left.setdefault(f"{name}: {message}"),
        )
        if any(_LOG_FOLDER in str(value) for value in values.values()):
            self.left[f"{name}: nobody makes the folder {_LOG_FOLDER}; write {{tmp}} in its place"] = None
        return values

    def _platforms(self, session: Session) -> tuple[str, ...]:
        """Return the platforms that a pattern of tox's names."""
        wanted = platform_of(session)
        here = self._old.request.host.platform
        found = tuple(name for name in dict.fromkeys((here, *_PLATFORMS)) if runs_on(wanted, name))
        if wanted and not found:
            self.left[f"{session.name}: no platform is known that matches {wanted!r}"] = None
            return session.platforms
        return tuple(sorted(found)) if wanted else ()

    def _facts(self) -> Facts:
        package = self._base.package
        known = folders(self._folder(""), self._base.root, {})
        env = {
            name: Template(known.plain(text.text), text.origin)
            if isinstance(text, Template)
            else Literal(known.plain(text.text))
            if isinstance(text, Literal)
            else text
            for name, text in package.env.items()
        }
        pass_env = tuple(text for text in package.pass_env if text.text not in self._old.dropped.passed)
        return Facts(
            source=self._source,
            missing_python=self._base.missing_python,
            package=replace(package, env=env, pass_env=pass_env),
        )


def _commands(session: Session) -> Iterator[CommandText]:
    for layer in session.layers:
        for key in STEP_KEYS:
            found = layer.values.get(key)
            if isinstance(found, tuple):
                yield from (each for each in found if isinstance(each, CommandText))


def platform_of(session: Session) -> str:
    """Return what tox's `platform` says."""
    shown = session.foreign.shown.get("tox") if session.foreign else None
    return str(shown.get("platform") or "") if isinstance(shown, dict) else ""


def runs_on(pattern: str, platform: str) -> bool:
    """Say whether a pattern of tox's matches a platform; one that is broken matches none."""
    try:
        return bool(pattern) and re.fullmatch(pattern, platform) is not None
    except re.error:
        return False
