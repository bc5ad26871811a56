"""One environment of a tox config as a session of runner: every value is worked out, text is literal."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Literal as OneOf

from msgspec.structs import replace

from runner.compat.tox.defaults import package_of, python_of
from runner.compat.tox.errors import ToxError
from runner.compat.tox.faults import Faults, origin_of
from runner.compat.tox.project import ToxProject
from runner.compat.tox.scope import Scope
from runner.compat.tox.selecting import name_fault
from runner.compat.tox.settings import TOX, PackagerSettings, Settings
from runner.compat.tox.shown import shown
from runner.compat.tox.values import Names
from runner.model.config import Foreign, Inherited, Session
from runner.model.globs import is_glob
from runner.model.python import PythonSpec
from runner.model.settings import Layer
from runner.model.text import Literal

Missing = OneOf["error", "skip"]

INHERITED = ("PATH",)
_MOST_ORDERINGS = 1_000_000
_EMPTY = Layer(name=TOX, values={}, origins={})
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
        return self._session(scope, Faults(), (_EMPTY,), Foreign(factors=tuple(name.split("-"))))

    def whole(self, name: str) -> Session:
        """Return the session with all its settings; what is wrong with them is kept with it."""
        scope = self._project.env(name)
        faults = Faults()
        layers = Settings(scope, faults, self._layer).layers()
        session = self._session(scope, faults, layers, None)
        foreign = replace(_foreign(scope, faults), shown=self._shown(scope), package_variable="TOX_PACKAGE")
        return replace(session, foreign=foreign)

    def _shown(self, scope: Scope) -> dict[str, object]:
        return {"tox": shown(scope)} if scope.facts.request.as_json else {}

    def packagers(self, names: Iterable[str]) -> tuple[Session, ...]:
        """Return a session for each environment that makes the package of others by commands."""
        found: dict[str, Session] = {}
        for name in names:
            scope = self._project.env(name)
            faults = Faults()
            if faults.call(scope, "package", partial(package_of, scope)) == "external":
                packager = faults.get(scope, "package_env", "")
                if packager == name:
                    raise ToxError(f"{name} cannot make its own package: give package_env another name")
                if packager not in found:
                    found[packager] = self._packager(self._project.package_env(packager))
        return tuple(found.values())

    def _packager(self, scope: Scope) -> Session:
        faults = Faults()
        layers = PackagerSettings(scope, faults, self._layer).layers()
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
        self, scope: Scope, faults: "Faults", layers: tuple[Layer, ...], foreign: Foreign | None
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

    def _after(self, scope: Scope, faults: "Faults") -> tuple[Literal, ...]:
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

    def _needs(self, scope: Scope, faults: "Faults") -> tuple[Literal, ...]:
        if faults.call(scope, "package", lambda: package_of(scope)) != "external":
            return ()
        return (Literal(faults.get(scope, "package_env", "")),)

    def _platforms(self, scope: Scope, faults: "Faults") -> tuple[str, ...]:
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


def _foreign(scope: Scope, faults: "Faults") -> Foreign:
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
