"""Values of a TOML file with their text filled in, and what their replace tables stand for."""

import glob
from collections.abc import Mapping
from typing import Protocol

from runner.compat.tox.condition import holds
from runner.compat.tox.errors import Budget, ToxError
from runner.compat.tox.expression import Expression, Parts, parse
from runner.compat.tox.factors import active
from runner.compat.tox.kinds import Kind
from runner.compat.tox.lookup import Chain, below_root
from runner.compat.tox.replace import ProgramReplacer, Replacer, RequirementsReplacer
from runner.compat.tox.scope import Scope
from runner.compat.tox.set_env import Entry, SetEnv
from runner.compat.tox.shape import raw_of
from runner.model.settings import Glob

_DEEPEST = 100
Place = tuple[str, ...]


class Document(Protocol):
    """The file that references name places of."""

    def at(self, path: Place) -> object: ...


class Unrolling:
    """Fills in the text of a value, and what its replace tables stand for."""

    def __init__(self, file: Document, scope: Scope, chain: Chain, kind: Kind) -> None:
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


def set_env_of(raw: object, file: Document, scope: Scope, chain: Chain) -> SetEnv:
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
