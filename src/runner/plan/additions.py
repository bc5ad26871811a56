"""What plugins add to the cells of a plan. Pure."""

import os
from collections.abc import Mapping

from msgspec.structs import replace

from runner.model.errors import ConfigError, Problem
from runner.model.globs import matches_glob
from runner.model.plan import Addition, Cell, Plan
from runner.model.text import Literal, Origin, Template, Text
from runner.plan.check import check_added

_PYTHONPATH = "PYTHONPATH"

Additions = tuple[tuple[str, Addition], ...]
"""What plugins add to one cell, by plugin name."""


def with_additions(plan: Plan, added: Mapping[str, Additions]) -> Plan:
    """Return the plan with what plugins add to its cells, by id.

    Raises ConfigError with all that cannot be: a variable that is set twice, requirements where nothing is
    installed, and text that is wrong.
    """
    problems: dict[Problem, str] = {}
    cells = tuple(_Adder(cell, problems).with_all(added.get(cell.id, ())) for cell in plan.cells)
    if problems:
        raise ConfigError(
            *(replace(problem, message=f"{problem.message}, for {id_}") for problem, id_ in problems.items())
        )
    return replace(plan, cells=cells)


class _Adder:
    """Adds to one cell. `problems` are told with the first cell that has them: many cells may."""

    def __init__(self, cell: Cell, problems: dict[Problem, str]) -> None:
        self._cell = cell
        self._problems = problems
        self._deps = cell.settings.deps
        self._env = dict(cell.settings.env)
        self._sources = dict(cell.sources)
        self._folders: tuple[str, ...] = ()
        self._setters = dict.fromkeys(self._env, "the config")

    def with_all(self, additions: Additions) -> Cell:
        for plugin, addition in additions:
            self._add(plugin, addition)
        if not additions:
            return self._cell
        if self._folders:
            self._env[_PYTHONPATH] = self._python_path()
        settings = replace(self._cell.settings, deps=self._deps, env=self._env)
        return replace(self._cell, settings=settings, sources=self._sources)

    def _add(self, plugin: str, addition: Addition) -> None:
        at = self._cell.origin
        origin = replace(at, key=f"{at.key}: plugin {plugin}")
        deps = tuple(Template(text, origin) for text in addition.deps)
        env = {name: Template(text, origin) for name, text in addition.env.items()}
        folders = tuple(Template(text, origin) for text in addition.python_path)
        for problem in check_added(self._cell, (deps, env, folders)):
            self._tell(problem)
        if deps:
            self._add_deps(plugin, deps, origin)
        for name, text in env.items():
            self._set(plugin, name, text)
        if folders:
            self._name_source("env", plugin, self._env)
            self._folders += addition.python_path

    def _add_deps(self, plugin: str, deps: tuple[Text, ...], origin: Origin) -> None:
        if self._cell.settings.backend == Literal("none"):
            message = 'it adds requirements, and backend = "none" installs nothing'
            self._tell(Problem(message, origin, f"choose another backend, or --no-plugin {plugin}"))
            return
        self._name_source("deps", plugin, self._deps)
        self._deps += deps

    def _set(self, plugin: str, name: str, text: Template) -> None:
        if name not in self._env:
            self._name_source("env", plugin, self._env)
            self._env[name] = text
            self._setters[name] = f"the plugin {plugin}"
        elif not _is_same(self._env[name], text):
            message = f"{self._setters[name]} sets the variable {name} to something else"
            hint = f"set it in one place, or switch one off: --no-plugin {plugin}"
            self._tell(Problem(message, text.origin, hint))

    def _python_path(self) -> Template:
        """Return the folders that plugins add, and behind them what is on PYTHONPATH without them."""
        added = os.pathsep.join(self._folders)
        before = self._env.get(_PYTHONPATH)
        origin = replace(self._cell.origin, key=f"{self._cell.origin.key}: env.{_PYTHONPATH}")
        if isinstance(before, Template):
            return replace(before, text=f"{added}{os.pathsep}{before.text}")
        if isinstance(before, Literal):
            return Template(f"{added}{os.pathsep}{_escaped(before.text)}", origin)
        if before is None and any(
            matches_glob(_PYTHONPATH, glob.text) for glob in self._cell.settings.pass_env
        ):
            # One folder twice does no harm; an empty entry would be the current folder.
            return Template(f"{added}{os.pathsep}{{env:{_PYTHONPATH}:{self._folders[0]}}}", origin)
        return Template(added, origin)

    def _name_source(self, key: str, plugin: str, below: object) -> None:
        """Name the plugin among the layers that a setting came from."""
        before = self._sources[key] if below else ()
        self._sources[key] = tuple(dict.fromkeys((*before, f"plugin {plugin}")))

    def _tell(self, problem: Problem) -> None:
        self._problems.setdefault(problem, self._cell.id)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _is_same(one: Text | bool, other: Template) -> bool:
    return not isinstance(one, bool) and one.text == other.text
