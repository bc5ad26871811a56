"""A tox config as a whole: its core, and its environments, each read when it is asked for."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import Protocol

from runner.compat.tox import keys
from runner.compat.tox.errors import ToxError
from runner.compat.tox.lookup import Chain, Found
from runner.compat.tox.scope import Facts, Key, Scope, Section
from runner.compat.tox.values import Names, distinct

_PACKAGERS = ("package_env", "wheel_build_env")


class File(Protocol):
    """A config file of either language."""

    shown: str

    def core(self) -> Section | None: ...

    def of_env(self, name: str) -> Section | None: ...

    def default_base(self, name: str, *, package: bool) -> tuple[str, ...]: ...

    def bases(self, base: tuple[str, ...]) -> Iterator[Section]: ...

    def envs(self, core: Scope) -> Iterator[str]: ...

    def section_names(self) -> tuple[str, ...]: ...

    def sections(self) -> Iterator[Section]: ...

    def reference(self, scope: Scope, text: str, chain: Chain) -> Found | None: ...

    def factor(self, env: str | None, label: str, default: str | None) -> str: ...


class ToxProject:
    """Environments by name. `listed` are those of env_list, `known` all."""

    def __init__(self, file: File, facts: Facts) -> None:
        self.file = file
        self.facts = facts
        self._scopes: dict[tuple[str, bool], Scope] = {}
        self.known: tuple[str, ...] = ()
        self.core = Scope(None, facts, keys.CORE, file, other=self._other, packager=self.package_env)
        own = file.core()
        self.core.look_in((own,) if own is not None else ())
        listed = self.core.load("env_list")
        self.listed = listed.names if isinstance(listed, Names) else ()
        labels = self.core.load("labels")
        self.labels: Mapping[str, Names] = labels if isinstance(labels, Mapping) else {}
        of_labels = (name for names in self.labels.values() for name in names.names)
        self.known = distinct(chain(self.listed, file.envs(self.core), of_labels)).names

    def env(self, name: str) -> Scope:
        """Return the scope of an environment, of any name. Raises ToxError when its bases cannot be read."""
        return self._scope(name, package=False)

    def package_env(self, name: str) -> Scope:
        """Return the scope of an environment that packages the project."""
        return self._scope(name, package=True)

    @cached_property
    def default(self) -> frozenset[str]:
        """The environments that a bare run runs: those of env_list, or `py`."""
        return frozenset(self.listed or ("py",))

    @cached_property
    def runnable(self) -> tuple[str, ...]:
        """The environments that run commands, not those that are there to package the project."""
        names = self.known if self.listed else ("py", *(name for name in self.known if name != "py"))
        hidden = {self.core.text("provision_tox_env"), *self._packagers(names)}
        core = self.core.text("package_env")
        return tuple(
            name for name in names if name not in hidden and not name.startswith((f"{core}_", f"{core}-"))
        )

    def _packagers(self, names: tuple[str, ...]) -> Iterator[str]:
        """Yield the environments that others name as theirs to package the project in."""
        yield self.core.text("package_env")
        sections = self.file.sections()
        if not any(key in _PACKAGERS for section in sections for key in section.key_names()):
            return
        for name in names:
            scope = self.env(name)
            for key in _PACKAGERS:
                if scope.is_set(key):
                    with suppress(ToxError):  # who shows, or runs, the environment tells of it
                        yield from {scope.text(key)} - {name}

    def _other(self, name: str) -> Scope | None:
        return self.env(name) if name in self.known else None

    def _scope(self, name: str, *, package: bool) -> Scope:
        found = self._scopes.get((name, package))
        if found is None:
            table: Mapping[str, Key] = keys.PACKAGE if package else keys.RUN
            found = Scope(
                name,
                self.facts,
                table,
                self.file,
                other=self._other,
                packager=self.package_env,
                core=self.core,
            )
            own = self.file.of_env(name)
            found.look_in((own,) if own is not None else ())
            base = (
                found.texts("base") if found.is_set("base") else self.file.default_base(name, package=package)
            )
            found.base = base
            found.look_in((*found.sections, *self.file.bases(base)))
            self._scopes[name, package] = found
        return found
