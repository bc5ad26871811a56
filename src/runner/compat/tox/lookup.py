"""What expressions stand for: variables, posargs, files, keys; the same for every kind of value."""

import glob
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from runner.compat.tox.errors import ToxError
from runner.model.settings import Glob

Chain = tuple[str, ...]
"""The keys that are being read, outermost first: one that comes twice is a circle."""


class Found(Struct, frozen=True):
    """What an expression stands for.

    `again`: its own expressions count. `argument`: it is one argument of a command as it is. `fallback`: it
    is the part of the expression from this argument on (to before `until`), as its author wrote it. `words`
    are several arguments; `quoted` is what they are within quotes.
    """

    text: str
    again: bool = False
    argument: bool = False
    words: tuple[str, ...] | None = None
    quoted: str | None = None
    fallback: int | None = None
    until: int | None = None


class Scope(Protocol):
    """Where expressions look: the environment, or the core, that a value is read for."""

    root: str
    """The folder of the config."""
    environ: dict[str, str]
    tty: bool
    saw_glob: bool
    """A value depends on which files there are."""
    late_globs: dict[str, Glob] | None
    """While commands are read, the words that stand for files that are looked for when they start."""

    def set_variable(self, name: str, chain: Chain) -> str | None:
        """Return a variable that `set_env` sets, or None."""

    def reference(self, text: str, chain: Chain) -> Found | None:
        """Return what `key`, `[section]key` or either with `:default` stands for, None when nothing does."""

    def posargs(self, chain: Chain, *, program: bool) -> tuple[str, ...] | None:
        """Return what stands after `--`; `program`: the first of them is one."""

    def factor(self, label: str, default: str | None) -> Found:
        """Return the value of a label in this environment."""


def resolve(scope: Scope, arguments: Sequence[str], chain: Chain, *, program: bool = False) -> Found | None:
    """Return what an expression stands for, or None: then it is plain text. Raises ToxError."""
    kind, rest = arguments[0], arguments[1:]
    if kind == "posargs":
        return _posargs(scope, rest, scope.posargs(chain, program=program))
    if kind == "env":
        return _variable(scope, rest, chain)
    known = _KNOWN.get(kind)
    if known is not None and (kind or list(rest) == [""]):
        return known(scope, rest)
    return scope.reference(":".join(arguments), chain)


def _posargs(_: Scope, default: Sequence[str], given: tuple[str, ...] | None) -> Found:
    if given is None:
        return Found(":".join(default), fallback=1)
    lines = [" ".join(word.splitlines()) for word in given]
    return Found(shlex.join(lines), quoted=" ".join(given))


def _tty(scope: Scope, choices: Sequence[str]) -> Found:
    at = 0 if scope.tty else 1
    return Found(choices[at] if len(choices) > at else "", fallback=at + 1, until=at + 2)


def _factor(scope: Scope, arguments: Sequence[str]) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no label in {factor:…}")
    return scope.factor(arguments[0], ":".join(arguments[1:]) if len(arguments) > 1 else None)


def _variable(scope: Scope, arguments: Sequence[str], chain: Chain) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no name of a variable in {env:…}")
    name = arguments[0]
    link = f"env:{name}"
    if link not in chain:
        value = scope.set_variable(name, (*chain, link))
        if value is not None:
            return Found(value)
    elif chain[-1] != link:
        circle = ", ".join(part.removeprefix("env:") for part in chain[chain.index(link) :])
        raise ToxError(f"variables of set_env refer to each other in a circle: {circle}")
    if name in scope.environ:
        return Found(scope.environ[name], again=True)
    return Found(":".join(arguments[1:]), fallback=2)


def _glob(scope: Scope, arguments: Sequence[str]) -> Found:
    if not arguments or not arguments[0]:
        raise ToxError("no pattern in {glob:…}")
    pattern = below_root(arguments[0], scope)
    if scope.late_globs is not None:
        word = "{glob:" + ":".join(arguments) + "}"
        scope.late_globs[word] = Glob(pattern, tuple(shlex.split(":".join(arguments[1:]))))
        return Found(word, argument=True)
    scope.saw_glob = True
    matches = tuple(sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207 - names as they are spelled
    if matches:
        return Found(" ".join(matches), words=matches)
    return Found(":".join(arguments[1:]), fallback=2)


def below_root(pattern: str, scope: Scope) -> str:
    """Return a pattern as an absolute one."""
    if os.path.isabs(pattern):  # noqa: PTH117 - on text
        return pattern
    return str(Path(glob.escape(scope.root)) / pattern)


_KNOWN: dict[str, Callable[[Scope, Sequence[str]], Found]] = {
    "/": lambda _, __: Found(os.sep),
    "": lambda _, __: Found(os.pathsep),
    "tty": _tty,
    "glob": _glob,
    "factor": _factor,
}
