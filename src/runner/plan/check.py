"""Checks of all text of the config while planning: a wrong brace is told before anything runs. Pure."""

from collections.abc import Iterable, Mapping
from itertools import chain

import msgspec

from runner.model.config import Config, Session
from runner.model.errors import MOST_PROBLEMS, Problem
from runner.model.plan import Cell
from runner.model.settings import CommandText
from runner.model.text import Literal, Template
from runner.plan.filling import shown, texts_of
from runner.plan.links import planning_values
from runner.plan.nearest import near
from runner.plan.template import (
    Name,
    Part,
    Parts,
    Posargs,
    Span,
    TemplateError,
    Variable,
    explain,
    parse,
    unknown,
    walk,
)
from runner.plan.words import split, words_of

_OF_CELLS = ("cell", "session", "root", "env-dir", "tmp")
_OF_PYTHON = ("python", "py")
_WITHOUT_BRACES = frozenset((Literal, str, int, float, bool, type(None)))
"""Most of what is looked through."""


def check_texts(config: Config, cells: Iterable[Cell]) -> tuple[Problem, ...]:
    """Return what is wrong with the text of all sessions and of `[package]`, each thing once.

    Stops soon after MOST_PROBLEMS.
    """
    of_session: dict[str, list[Cell]] = {}
    for cell in cells:
        of_session.setdefault(cell.session, []).append(cell)
    problems: dict[Problem, None] = {}
    checks = _Checks()
    found = (checks.session(session, of_session.get(session.name, [])) for session in config.sessions)
    package = _Checker(("root",)).check((config.package.env, config.package.pass_env))
    for problem in chain.from_iterable((*found, package)):
        problems[problem] = None
        if len(problems) > MOST_PROBLEMS:
            break
    return tuple(problems)


def check_added(cell: Cell, value: object) -> tuple[Problem, ...]:
    """Return what is wrong with text that is added to a cell after planning."""
    without_version = () if cell.python.version else _OF_PYTHON
    names = (*planning_values(cell), *_OF_CELLS)
    known = tuple(name for name in names if name not in without_version)
    return tuple(_Checker(known, without_version=without_version).check(value))


class _Checks:
    """The checkers of all sessions: sessions that know the same names share one, and what it has seen."""

    def __init__(self) -> None:
        self._checkers: dict[tuple[tuple[str, ...], tuple[str, ...]], _Checker] = {}
        self._any_names = _Checker(None)
        self._layers: set[int] = set()

    def session(self, session: Session, cells: Iterable[Cell]) -> Iterable[Problem]:
        """Yield what is wrong with the text of a session; another tool's is to be taken as it is."""
        if session.foreign is not None:
            return
        axes = tuple(axis.name for axis in session.axes)
        path = session.python is not None and not session.python.version
        planned = axes if path else (*axes, *_OF_PYTHON)
        without_version = _OF_PYTHON if path else ()
        known = tuple(dict.fromkeys((*planned, *_OF_CELLS)))
        checker = self._checkers.setdefault(
            (known, without_version), _Checker(known, without_version=without_version)
        )
        yield from _Checker(planned, only_planned=True, without_version=without_version).check(
            (session.needs, session.after)
        )
        for cell in cells:
            yield from checker.check((cell.settings, cell.steps, cell.keys))
        # What no cell on this machine takes is checked too; of what is inherited only the syntax, since a
        # session with other axes may override it.
        labels = [value.layer for axis in session.axes for value in axis.values if value.layer]
        blocks = [block.layer for block in (*session.when, *session.include)]
        for layer in (*session.layers[-1:], *labels, *blocks):
            yield from checker.check(layer.values)
        for layer in session.layers[:-1]:
            if id(layer) not in self._layers:
                self._layers.add(id(layer))
                yield from self._any_names.check(layer.values)


class _Checker:
    """Checks text in which certain names are known (None: any), each object once."""

    def __init__(
        self,
        known: tuple[str, ...] | None,
        *,
        only_planned: bool = False,
        without_version: tuple[str, ...] = (),
    ) -> None:
        self._known = known
        self._only_planned = only_planned
        self._without_version = without_version
        self._seen: set[int] = set()
        self._problems: list[Problem] = []

    def check(self, value: object) -> list[Problem]:
        """Return what is wrong with the value, less what was told before."""
        self._value(value)
        problems, self._problems = self._problems, []
        return problems

    def _value(self, value: object) -> None:
        if type(value) in _WITHOUT_BRACES or id(value) in self._seen or self._is_enough():
            return
        if isinstance(value, msgspec.Struct):
            self._seen.add(id(value))
        if isinstance(value, Template):
            self._template(value)
        elif isinstance(value, CommandText):
            self._command(value)
        elif isinstance(value, tuple):
            for item in value:
                self._value(item)
        elif isinstance(value, Mapping):
            for item in value.values():
                self._value(item)
        elif isinstance(value, msgspec.Struct):
            self._value(msgspec.structs.astuple(value))

    def _is_enough(self) -> bool:
        return len(self._problems) > MOST_PROBLEMS

    def _template(self, template: Template) -> None:
        try:
            parts = parse(template.text)
        except TemplateError as error:
            self._problems.append(explain(template, error))
        else:
            self._parts(template, parts, None)

    def _command(self, command: CommandText) -> None:
        words = 0
        for text in texts_of(command):
            template = shown(text, command.origin)
            try:
                found = words_of(text, line=not isinstance(command.run, tuple))
                for word in found:
                    self._parts(template, word.parts, word.posargs)
                    split(word.posargs.default if word.posargs else ())
                words += len(found)
            except TemplateError as error:
                self._problems.append(explain(template, error))
                words += 1
        if not words:
            self._problems.append(
                Problem("the command is empty", command.origin, "name a program, or remove it")
            )
        self._value((command.cwd, command.env, command.allow_external))

    def _parts(self, template: Template, parts: Parts, whole: Posargs | None) -> None:
        for part in walk(parts):
            error = self._wrong(part, whole)
            if error is not None:
                self._problems.append(explain(template, error))
                if self._is_enough():
                    return

    def _wrong(self, part: Part, whole: Posargs | None) -> TemplateError | None:
        if isinstance(part, Posargs) and part is not whole:
            return TemplateError(
                "{posargs} can only be a whole argument of a command",
                part.span,
                "make it an argument of its own; for literal braces write {{posargs}}",
            )
        if isinstance(part, Variable) and self._only_planned:
            return self._unplanned(part.span)
        if not isinstance(part, Name) or self._known is None or part.name in self._known:
            return None
        if part.name in self._without_version:
            return TemplateError(
                f"{{{part.name}}}: this session's Python is a path, which has no version while planning",
                part.span,
                "ask for a version, or write the text out",
            )
        if self._only_planned and part.name in _OF_CELLS:
            return self._unplanned(part.span)
        return unknown(part.name, part.span, near(part.name, (*self._known, "posargs", "env:NAME")))

    def _unplanned(self, span: Span) -> TemplateError:
        known = " ".join(f"{{{name}}}" for name in self._known or ())
        return TemplateError("this is not known while planning", span, f"needs and after may hold {known}")
