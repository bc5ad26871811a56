"""tox.toml, and `[tool.tox]` in pyproject.toml."""

import glob
from collections.abc import Callable, Collection, Iterator, Mapping

from runner.compat.tox.condition import holds
from runner.compat.tox.errors import Budget, ToxError, Unset
from runner.compat.tox.expression import Expression, Parts, parse
from runner.compat.tox.factors import active
from runner.compat.tox.kinds import Kind
from runner.compat.tox.matrix import Group, by_label, group_of, matrix
from runner.compat.tox.replace import (
    Chain,
    Found,
    ProgramReplacer,
    Replacer,
    RequirementsReplacer,
    below_root,
)
from runner.compat.tox.scope import Key, Scope, registered
from runner.compat.tox.set_env import Entry, SetEnv
from runner.compat.tox.shape import raw_of, text_of
from runner.compat.tox.toml_values import converted
from runner.compat.tox.values import distinct
from runner.model.settings import Glob

_TABLES = ("env", "env_base", "env_run_base", "env_pkg_base")
_DEEPEST = 100
Place = tuple[str, ...]


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
                    return _set_env(self._content[name], self._file, scope, chain)
                unrolled = Unrolling(self._file, scope, chain, key.kind).value(self._content[name])
                return converted(key.kind, unrolled)
        raise Unset


class Unrolling:
    """Fills in the text of a value, and what its replace tables stand for."""

    def __init__(self, file: TomlFile, scope: Scope, chain: Chain, kind: Kind) -> None:
        self._file = file
        self._scope = scope
        self._chain = chain
        self._later = kind is Kind.SET_ENV
        self._program_at = {Kind.COMMANDS: 2, Kind.COMMAND: 1}.get(kind)
        self._replacer = RequirementsReplacer if kind in {Kind.REQUIREMENTS, Kind.CONSTRAINTS} else Replacer
        if self._program_at is not None:
            self._replacer = ProgramReplacer
        self._through: list[Place] = []
        self._budget = Budget()

    def value(self, value: object, depth: int = 0, *, program: bool = False) -> object:
        """Return the value filled in. Raises ToxError."""
        self._budget.spend(1)
        if depth > _DEEPEST:
            raise ToxError(f"values refer to each other more than {_DEEPEST} deep")
        if isinstance(value, str):
            return value if self._later else self._replacer(self._scope).fill(value, self._chain)
        if isinstance(value, list):
            return self._list(value, depth + 1)
        if isinstance(value, Mapping):
            return self._mapping(value, depth + 1, program=program)
        return value

    def _list(self, values: list[object], depth: int) -> list[object]:
        found: list[object] = []
        for value in values:
            program = self._program_at is not None and found in ([], ["-"], ["!"])
            made = self.value(value, depth, program=program)
            if not (isinstance(value, Mapping) and value.get("replace") and value.get("extend")):
                found.append(made)
            elif value.get("marker"):
                raise ToxError("a replace table with extend = true cannot have a marker")
            elif isinstance(made, list):
                found += made
            elif isinstance(made, Mapping):
                found += list(made)
            elif made != "":
                found.append(made)
        return found

    def _mapping(self, table: Mapping[str, object], depth: int, *, program: bool) -> object:
        directives = {
            "posargs": self._posargs,
            "env": self._variable,
            "glob": self._glob,
            "if": self._either,
            "ref": self._referred,
        }
        replaced = directives.get(str(table.get("replace")))
        if replaced is None:
            return {key: self.value(value, depth) for key, value in table.items()}
        result = replaced(table, depth, program)
        marker = table.get("marker")
        return {"value": result, "marker": marker} if marker else result

    def _posargs(self, table: Mapping[str, object], depth: int, program: bool) -> object:
        given = self._scope.posargs(self._chain, program=program)
        if given is None:
            default = table.get("default", [])
            return [self.value(item, depth) for item in default] if isinstance(default, list) else []
        return [self.value(word, depth) for word in given] if table.get("substitute") is True else list(given)

    def _variable(self, table: Mapping[str, object], depth: int, program: bool) -> object:  # noqa: ARG002
        name = table.get("name")
        default = self.value(table.get("default", ""), depth)
        if not isinstance(name, str) or not isinstance(default, str):
            raise ToxError('expected {replace = "env", name = "NAME", default = "text"}')
        if self._later:
            return (Expression((("env",), (name,), parse(default))),)
        parts: Parts = (Expression((("env",), (name,), (default,))),)
        return Replacer(self._scope).once_parts(parts, self._chain)

    def _glob(self, table: Mapping[str, object], depth: int, program: bool) -> object:  # noqa: ARG002
        pattern = self.value(table.get("pattern"), depth)
        default = self.value(table["default"], depth) if "default" in table else None
        if not isinstance(pattern, str) or not pattern:
            raise ToxError('expected {replace = "glob", pattern = "*.whl"}')
        if self._later:
            return (Expression((("glob",), parse(pattern), parse(str(default or "")))),)
        pattern = below_root(pattern, self._scope)
        if self._scope.late_globs is not None and table.get("extend"):
            word = f"{{glob:{pattern}}}"
            words = tuple(map(str, default)) if isinstance(default, list) else ()
            self._scope.late_globs[word] = Glob(pattern, words)
            return [word]
        self._scope.saw_glob = True
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - names as they are spelled
        if table.get("extend"):
            return matches or default or []
        return " ".join(matches) if matches else default or ""

    def _either(self, table: Mapping[str, object], depth: int, program: bool) -> object:
        condition = table.get("condition")
        if not isinstance(condition, str) or not condition or "then" not in table:
            raise ToxError('expected {replace = "if", condition = "...", then = ..., else = ...}')
        env = self._scope.name
        branch = "then" if holds(condition, self._scope.environ, active(env), env or "") else "else"
        return self.value(table.get(branch, ""), depth, program=program)

    def _referred(self, table: Mapping[str, object], depth: int, program: bool) -> object:
        env, key, of = table.get("env"), table.get("key"), table.get("of")
        if isinstance(env, str) and isinstance(key, str):
            other = self._scope.other(env)
            if other is None or key not in other.known_keys:
                raise ToxError(f"there is no key {key!r} of an environment {env!r}")
            return raw_of(other.load(key, self._chain))
        if not isinstance(of, list) or not all(isinstance(step, str) for step in of):
            raise ToxError('expected {replace = "ref", of = ["table", "key"]}, or env and key')
        path = tuple(map(str, of))
        if path in self._through:
            raise ToxError(
                f"references go in a circle: {' -> '.join('.'.join(p) for p in (*self._through, path))}"
            )
        try:
            found = self._file.at(path)
        except KeyError as error:
            raise ToxError(f"there is nothing at {'.'.join(path)}, which a reference names") from error
        self._through.append(path)
        try:
            return self.value(found, depth, program=program)
        finally:
            self._through.pop()


def _set_env(raw: object, file: TomlFile, scope: Scope, chain: Chain) -> SetEnv:
    def fill(value: str | Parts, through: Chain, *, once: bool = False) -> str:
        replacer = Replacer(scope)
        if isinstance(value, str):
            return replacer.once(value, through) if once else replacer.fill(value, through)
        return replacer.fill_parts(value, through)

    unrolled = Unrolling(file, scope, chain, Kind.SET_ENV).value(raw)
    made = SetEnv(fill, scope.root)
    if isinstance(unrolled, str):
        made.add_lines(unrolled)
        return made
    for table in unrolled if isinstance(unrolled, list) else [unrolled]:
        if not isinstance(table, Mapping):
            raise ToxError("expected a table of variables")
        for name, value in table.items():
            _define(made, name, value)
    return made


def _define(made: SetEnv, name: str, value: object) -> None:
    marker = ""
    if isinstance(value, Mapping):
        marker, value = str(value.get("marker") or ""), value.get("value")
    if not isinstance(value, str | tuple):
        raise ToxError(f"set_env.{name}: expected text")
    if name == "file" and not marker:
        made.add_file(value)
    else:
        made.define(name, Entry(value, marker))


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
