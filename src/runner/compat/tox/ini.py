"""tox.ini, setup.cfg, and the text of an ini file in pyproject.toml."""

import re
from collections.abc import Callable, Collection, Iterator
from configparser import ConfigParser
from configparser import Error as ParserError
from functools import lru_cache

from runner.compat.tox.command_lines import CommandsReplacer
from runner.compat.tox.errors import ToxError, Unset
from runner.compat.tox.expression import Parts, has_expressions
from runner.compat.tox.factors import NotFactorsError, conditioned, filtered, names
from runner.compat.tox.kinds import Kind
from runner.compat.tox.lookup import Chain, Found
from runner.compat.tox.replace import (
    EntriesReplacer,
    NamesReplacer,
    Replacer,
    RequirementsReplacer,
    TableReplacer,
)
from runner.compat.tox.scope import Key, Scope, own_key, registered
from runner.compat.tox.set_env import SetEnv
from runner.compat.tox.values import (
    to_bool,
    to_command,
    to_commands,
    to_constraints,
    to_list,
    to_names,
    to_number,
    to_path,
    to_requirements,
    to_table,
)
from runner.model.errors import ConfigError, Problem
from runner.model.text import Origin

_COMMENT = re.compile(r"\s*(?<!\\)#.*")
_REFERENCE = re.compile(
    r"(?:\[(?:(?P<env>testenv(?::(?P<name>[^]]+))?)|(?P<section>[-\w]+(?::[-\w]+)?))\])?"
    r"(?P<key>[-a-zA-Z0-9_]+)(?::(?P<default>.*))?$"
)
_HEADER = re.compile(r"\[(.+)\]")
_ASSIGNMENT = re.compile(r"([^\s#;\[][^=:]*?)\s*[=:]")
_TESTENV = "testenv"
_MOST_DECISIONS = 5_000_000

_REPLACERS: dict[Kind, type[Replacer]] = {
    Kind.LIST: EntriesReplacer,
    Kind.SET: EntriesReplacer,
    Kind.LIST_OR_TEXT: EntriesReplacer,
    Kind.TABLE: TableReplacer,
    Kind.NAMES: NamesReplacer,
    Kind.TABLE_OF_NAMES: NamesReplacer,
    Kind.COMMAND: CommandsReplacer,
    Kind.COMMANDS: CommandsReplacer,
    Kind.REQUIREMENTS: RequirementsReplacer,
    Kind.CONSTRAINTS: RequirementsReplacer,
}


class IniFile:
    """A parsed file. `core_name` is the section of tox itself: `tox`, or `tox:tox` in setup.cfg."""

    def __init__(self, text: str, shown: str, core_name: str, first_line: int = 1) -> None:
        self.shown = shown
        self._parser = ConfigParser(interpolation=None)
        try:
            self._parser.read_string(text, shown)
        except (ParserError, ValueError) as error:
            raise ConfigError(_broken(error, shown)) from error
        self.core_name = core_name
        self._lines = dict(_located(text, first_line))
        self._sections: dict[str, IniSection | None] = {}
        self._envs: dict[str, str] = {}
        for section in self._parser.sections():
            for env in self._names_of(section):
                self._envs.setdefault(env, section)

    def core(self) -> "IniSection | None":
        """Return the section of tox itself, if it is there."""
        return self.section(self.core_name)

    def of_env(self, name: str) -> "IniSection | None":
        """Return the first section that is of this environment."""
        return self.section(self._envs.get(name, f"{_TESTENV}:{name}"))

    def default_base(self, name: str, *, package: bool) -> tuple[str, ...]:  # noqa: ARG002 - TOML has more of them
        """Return where an environment looks after its own section."""
        return ("pkgenv",) if package else (_TESTENV,)

    def bases(self, base: tuple[str, ...]) -> Iterator["IniSection"]:
        """Yield the sections that these names mean, those that are there."""
        for name in base:
            for section in (self.section(name), self.of_env(name)):
                if section is not None:
                    yield section

    def envs(self, core: Scope) -> Iterator[str]:
        """Yield the environments that the file knows beside those of env_list, as tox comes upon them."""
        listed = to_listed(core)
        known = {factor for name in (*listed, *self._envs) for factor in name.split("-")}
        found = {*listed, *self._envs}
        yield from self._envs
        conditions = 0
        for section in self._parser.sections():
            if self._is_ours(section):
                for value in self._parser[section].values():
                    for name in conditioned(value):
                        conditions += 1
                        if set(name.split("-")) - known:
                            found.add(name)
                            yield name
        if conditions * len(found) > _MOST_DECISIONS:
            raise ToxError(
                f"{conditions:,} conditions on factors for {len(found):,} environments are too many;"
                " split the file"
            )

    def section_names(self) -> tuple[str, ...]:
        """Return the environments that have a section."""
        return tuple(self._envs)

    def sections(self) -> Iterator["IniSection"]:
        """Yield all sections that tox would look at."""
        for name in self._parser.sections():
            section = self.section(name)
            if section is not None and (self._is_ours(name) or name == "pkgenv"):
                yield section

    def section(self, name: str) -> "IniSection | None":
        if name not in self._sections:
            self._sections[name] = IniSection(name, self) if self._parser.has_section(name) else None
        return self._sections[name]

    def texts(self, section: str) -> "dict[str, str]":
        """Return the keys of a section as they are written."""
        return dict(self._parser[section])

    def line(self, section: str, key: str) -> int:
        return self._lines.get((section, key), 0)

    def factor(self, env: str | None, label: str, default: str | None) -> str:  # noqa: ARG002 - of TOML
        """Return the default: an ini file has no labels."""
        return default or ""

    def reference(self, scope: Scope, text: str, chain: Chain) -> Found | None:
        """Return what `key`, `[section]key` or `[testenv:name]key` stands for, in this scope."""
        match = _REFERENCE.match(text)
        if match is None:
            return None
        section = match["section"] or match["env"]
        found = (
            self._in_section(scope, section, match, chain) if section else own_key(scope, match["key"], chain)
        )
        if found is None and match["default"] is not None:
            return Found(match["default"], fallback=1)
        return found

    def _in_section(self, scope: Scope, section: str, match: "re.Match[str]", chain: Chain) -> Found | None:
        key = match["key"]
        if section == self.core_name.rpartition(":")[2]:
            found = registered(scope.core, key, chain)
            if found is not None:
                return found
        texts = self.section(section)
        raw = texts.texts().get(key.lower()) if texts is not None else None
        if raw is not None:
            try:
                return Found(processed(raw, scope.name), again=True)
            except Unset:
                return Found("", again=True)
        other = scope.other(match["name"]) if match["name"] else None
        return None if other is None else registered(other, key, chain)

    def _is_ours(self, section: str) -> bool:
        if section.startswith(f"{_TESTENV}:") or section in {self.core_name, _TESTENV}:
            return True
        prefix = self.core_name.rpartition(":")[0]
        return bool(prefix) and section.startswith(f"{prefix}:{_TESTENV}")

    @staticmethod
    def _names_of(section: str) -> tuple[str, ...]:
        prefix, _, name = section.partition(":")
        if prefix != _TESTENV or not name:
            return ()
        try:
            return tuple(dict.fromkeys(names(name)))
        except NotFactorsError:
            return (name,)


class IniSection:
    """A section of the file."""

    def __init__(self, name: str, file: IniFile) -> None:
        self.name = name
        self._file = file
        self._texts = file.texts(name)

    def texts(self) -> dict[str, str]:
        """Return the keys as they are written."""
        return self._texts

    def key_names(self) -> Collection[str]:
        """Return the keys that it sets."""
        return self._texts.keys()

    def line(self, key: str) -> int:
        """Return the line in which it sets the key."""
        return self._file.line(self.name, key)

    def read(self, key: Key, scope: Scope, chain: Chain) -> object:
        """Return the value of a key. Raises Unset and ToxError."""
        for name in key.names:
            if name in self._texts:
                try:
                    text = processed(self._texts[name], scope.name)
                except Unset:
                    continue
                if key.kind is Kind.SET_ENV:
                    return _set_env(text, scope)
                if has_expressions(text) or "\\" in text:
                    text = _REPLACERS.get(key.kind, Replacer)(scope).fill(text, chain)
                return converted(key.kind, text)
        raise Unset


def to_listed(core: Scope) -> tuple[str, ...]:
    """Return the environments of env_list."""
    listed = core.load("env_list")
    return getattr(listed, "names", ())


def _set_env(text: str, scope: Scope) -> SetEnv:
    def fill(value: str | Parts, chain: Chain, *, once: bool = False) -> str:
        replacer = Replacer(scope)
        if once and isinstance(value, str):
            return replacer.once(value, chain)
        return replacer.fill(value, chain) if isinstance(value, str) else replacer.fill_parts(value, chain)

    made = SetEnv(fill, scope.root)
    made.add_lines(text)
    return made


_READERS: dict[Kind, Callable[[str], object]] = {
    Kind.TEXT: str.strip,
    Kind.OPTIONAL_TEXT: lambda text: text.strip() or None,
    Kind.BOOL: to_bool,
    Kind.OPTIONAL_BOOL: lambda text: to_bool(text) if text.strip() else None,
    Kind.INTEGER: lambda text: to_number(text, int),
    Kind.NUMBER: lambda text: to_number(text, float),
    Kind.PATH: to_path,
    Kind.LIST: to_list,
    Kind.SET: lambda text: tuple(sorted(set(to_list(text)))),
    Kind.LIST_OR_TEXT: to_list,
    Kind.COMMAND: to_command,
    Kind.COMMANDS: to_commands,
    Kind.NAMES: to_names,
    Kind.TABLE: to_table,
    Kind.TABLE_OF_NAMES: lambda text: {label: to_names(envs) for label, envs in to_table(text).items()},
    Kind.REQUIREMENTS: to_requirements,
    Kind.CONSTRAINTS: to_constraints,
}


@lru_cache(maxsize=4096)
def converted(kind: Kind, text: str) -> object:
    """Return the value of a kind that a text stands for. Raises ToxError."""
    return _READERS[kind](text)


@lru_cache(maxsize=8192)
def processed(raw: str, env: str | None) -> str:
    """Return a value without comments and the lines that do not hold. Raises Unset when nothing is left."""
    plain = _without_comments(raw)
    kept = filtered(plain, env)
    if not kept and plain.strip():
        raise Unset
    return kept.replace("\\\n", "")


@lru_cache(maxsize=4096)
def _without_comments(raw: str) -> str:
    if "#" not in raw:
        return raw.replace("\r", "")
    lines = (line for line in raw.split("\n") if not line.startswith("#"))
    return "\n".join(_COMMENT.sub("", line).replace("\\#", "#") for line in lines).replace("\r", "")


def _located(text: str, first_line: int) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield where each key stands, by its section and name; the last wins, as there is but one."""
    section = ""
    for number, line in enumerate(text.split("\n"), first_line):
        if line.startswith("["):
            header = _HEADER.match(line)
            section = header[1] if header else section
            yield (section, ""), number
        else:
            key = _ASSIGNMENT.match(line)
            if key:
                yield (section, key[1].lower()), number


def _broken(error: Exception, shown: str) -> Problem:
    line = getattr(error, "lineno", None)
    if line is None:
        line = next((at for at, _ in getattr(error, "errors", ())), 0)
    what = str(error).partition("]: ")[2] or str(error).splitlines()[0]
    return Problem(f"is no ini file that can be read: {what}", Origin(shown, int(line or 0), ""))
