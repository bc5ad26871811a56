"""tox.toml, and `[tool.tox]` in pyproject.toml."""

from collections.abc import Callable, Collection, Iterator, Mapping

from runner.compat.tox.errors import ToxError, Unset
from runner.compat.tox.kinds import Kind
from runner.compat.tox.lookup import Chain, Found
from runner.compat.tox.matrix import Group, by_label, group_of, matrix
from runner.compat.tox.scope import Key, Scope, registered
from runner.compat.tox.shape import text_of
from runner.compat.tox.toml_values import converted
from runner.compat.tox.unroll import Place, Unrolling, set_env_of
from runner.compat.tox.values import distinct

_TABLES = ("env", "env_base", "env_run_base", "env_pkg_base")


class TomlFile:
    """A parsed file. `prefix` is where tox's table is in the document: (), or ("tool", "tox")."""

    def __init__(
        self, document: Mapping[str, object], prefix: Place, line: Callable[[Place], int], shown: str
    ) -> None:
        self.shown = shown
        self.document = document
        self.prefix = prefix
        self.line = line
        self._ours = _table(document, prefix) or {}
        self._generated: dict[str, str] = {}
        self._labels: dict[str, dict[str, dict[str, str]]] = {}
        self._groups: dict[str, dict[str, Group]] = {}
        self._listed: dict[str, Group] = {}
        self._listed_names: dict[str, dict[str, str]] = {}
        self._check_tables()
        self._read_bases()
        self._read_list()

    def core(self) -> "TomlSection | None":
        """Return the table of tox itself."""
        return TomlSection((), self, _TABLES)

    def of_env(self, name: str) -> "TomlSection | None":
        return self._at("env", name)

    def default_base(self, name: str, *, package: bool) -> tuple[str, ...]:
        """Return where an environment looks after its own table."""
        if package:
            return (self._dotted("env_pkg_base"),)
        base = self._generated.get(name)
        run = self._dotted("env_run_base")
        return (run,) if base is None else (f"{self._dotted('env_base')}.{base}", run)

    def bases(self, base: tuple[str, ...]) -> Iterator["TomlSection"]:
        """Yield the tables that these names mean, those that are there."""
        start = self._dotted("env_base") + "."
        for name in base:
            if name.startswith(start):
                found = [self._at("env_base", name.removeprefix(start), hidden=("factors",))]
            else:
                found = [self._at(name.removeprefix(self._dotted(""))), self._at("env", name)]
            yield from filter(None, found)

    def envs(self, core: Scope) -> Iterator[str]:  # noqa: ARG002 - an ini file needs it
        """Yield the environments that the file knows beside those of env_list."""
        yield from self.section_names()
        yield from self._generated

    def section_names(self) -> tuple[str, ...]:
        tables = self._ours.get("env", {})
        return tuple(tables) if isinstance(tables, Mapping) else ()

    def sections(self) -> Iterator["TomlSection"]:
        """Yield all tables that tox would look at."""
        found = [self.core(), self._at("env_run_base"), self._at("env_pkg_base")]
        found += [self._at("env", name) for name in self.section_names()]
        bases = self._ours.get("env_base", {})
        found += (
            [self._at("env_base", name, hidden=("factors",)) for name in bases]
            if isinstance(bases, dict)
            else []
        )
        yield from filter(None, found)

    def factor(self, env: str | None, label: str, default: str | None) -> str:
        """Return the value of a label, or of a position, in an environment."""
        group = self._groups_of(env).get(label)
        if group is None or env is None:
            return default or ""
        for known in (self._listed_names, *self._labels.values()):
            if label in known.get(env, {}):
                return known[env][label]
        padded = f"-{env}-"
        found = [value for value in group.values if f"-{value}-" in padded]
        if found:
            return max(found, key=len)
        return default if default is not None else group.default or ""

    def reference(self, scope: Scope, text: str, chain: Chain) -> Found | None:
        """Return what `key` or `[table.name]key` stands for, in this scope."""
        section, key, default = _reference(text)
        if not key:
            return None
        found = self._referred(scope, section, key, chain)
        return Found(default) if found is None and default is not None else found

    def _referred(self, scope: Scope, section: str | None, key: str, chain: Chain) -> Found | None:
        if section is None:
            found = registered(scope, key, chain) if scope.name is not None else None
            return found if found is not None else registered(scope.core, key, chain)
        envs = self._dotted("env") + "."
        if section.startswith(envs):
            other = scope.other(section.removeprefix(envs))
            return None if other is None else registered(other, key, chain)
        try:
            return Found(text_of(_frozen(self.at((*section.split("."), key)))), again=True)
        except KeyError:
            return registered(scope.core, key, chain) if section == self._dotted("")[:-1] else None

    def at(self, path: Place) -> object:
        """Return the value at a path from the document's root. Raises KeyError."""
        value: object = self.document
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                raise KeyError(".".join(path))
            value = value[step]
        return value

    def _at(self, *path: str, hidden: tuple[str, ...] = ()) -> "TomlSection | None":
        return TomlSection(path, self, hidden) if isinstance(_table(self._ours, path), Mapping) else None

    def content(self, path: Place) -> Mapping[str, object]:
        return _table(self._ours, path) or {}

    def _dotted(self, name: str) -> str:
        return ".".join((*self.prefix, name))

    def _groups_of(self, env: str | None) -> dict[str, Group]:
        base = self._generated.get(env or "")
        if base is not None:
            return {**self._listed, **self._groups[base]}
        everything: dict[str, Group] = {}
        for groups in self._groups.values():
            everything.update(groups)
        return {**everything, **self._listed}

    def _check_tables(self) -> None:
        for name in _TABLES:
            table = self._ours.get(name, {})
            entries = table if name in {"env", "env_base"} and isinstance(table, Mapping) else {}
            for place, value in ((name, table), *((f"{name}.{key}", item) for key, item in entries.items())):
                if not isinstance(value, Mapping):
                    raise ToxError(f"{place}: expected a table, as in [{'.'.join((*self.prefix, place))}]")

    def _read_bases(self) -> None:
        """Work out the environments that `[env_base.NAME]` tables make of their factors."""
        bases = self._ours.get("env_base", {})
        if not isinstance(bases, Mapping):
            raise ToxError("env_base: expected tables, as in [env_base.test]")
        for base, table in bases.items():
            factors = table.get("factors") if isinstance(table, Mapping) else None
            if not isinstance(factors, list):
                raise ToxError(
                    f"env_base.{base}: expected factors, a list; for one environment write [env.{base}]"
                )
            self._groups[base], self._labels[base] = {}, {}
            if factors and isinstance(factors[0], list | dict):
                groups = [group_of(item) for item in factors]
            else:
                groups = []
                self._generated.update((f"{base}-{factor}", base) for factor in factors)
            for name, chosen in matrix(groups):
                env = f"{base}-{name}"
                self._generated[env] = base
                self._labels[base][env] = chosen
            self._groups[base] = by_label(groups)
            distinct(self._generated)

    def _read_list(self) -> None:
        """Work out which values the labels of env_list have in its environments."""
        listed = self._ours.get("env_list")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, Mapping) and isinstance(item.get("product"), list):
                groups = [group_of(group) for group in item["product"]]
                self._listed.update(by_label(groups))
                self._listed_names.update(matrix(groups))
                distinct(self._listed_names)
            elif isinstance(item, Mapping) and "product" not in item:
                group = group_of(item)
                if group.label is not None:
                    self._listed[group.label] = group


class TomlSection:
    """A table of the file; `hidden` are keys in it that are not settings."""

    def __init__(self, path: Place, file: TomlFile, hidden: tuple[str, ...]) -> None:
        self.name = ".".join((*file.prefix, *path))
        self._path = path
        self._file = file
        self._content = {key: value for key, value in file.content(path).items() if key not in hidden}

    def key_names(self) -> Collection[str]:
        """Return the keys that it sets."""
        return self._content.keys()

    def line(self, key: str) -> int:
        """Return the line in which it sets the key."""
        return self._file.line((*self._file.prefix, *self._path, key)) if key in self._content else 0

    def read(self, key: Key, scope: Scope, chain: Chain) -> object:
        """Return the value of a key. Raises Unset and ToxError."""
        for name in key.names:
            if name in self._content:
                if key.kind is Kind.SET_ENV:
                    return set_env_of(self._content[name], self._file, scope, chain)
                unrolled = Unrolling(self._file, scope, chain, key.kind).value(self._content[name])
                return converted(key.kind, unrolled)
        raise Unset


def _reference(text: str) -> tuple[str | None, str, str | None]:
    """Split `[table]key:default`. The key is empty when it is none."""
    section: str | None = None
    if text.startswith("["):
        section, bracket, text = text[1:].rpartition("]")
        if not bracket:
            return None, "", None
    key, colon, default = text.partition(":")
    valid = bool(key) and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return section, key if valid else "", default if colon else None


def _table(document: Mapping[str, object], path: Place) -> Mapping[str, object] | None:
    value: object = document
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else None


def _frozen(value: object) -> object:
    """Return lists as tuples, which have a form as text."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
