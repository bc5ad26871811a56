"""Importing plugins that a config names, and checking their names before pluggy sees them."""

import importlib
import importlib.util
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from runner.hooks import spec
from runner.model.errors import Interruption
from runner.model.nearest import closest
from runner.model.settings import FILE_PLUGIN
from runner.model.unexpected import words_of

HOOKS = tuple(sorted(name for name in vars(spec) if name.startswith("runner_")))


class Unusable(Exception):  # noqa: N818 - completes the sentence "plugin X is ..."
    """Why a plugin cannot be used, as the end of a sentence, and what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def is_file(name: str) -> bool:
    """Say whether a plugin's name in the config is the path of a file."""
    return name.endswith(".py") or "/" in name


def name_of(plugin: object, taken: Collection[str]) -> str:
    """Return the name of a module or class; of an object that of its class, counted where it is `taken`."""
    if isinstance(plugin, ModuleType | type):
        return plugin.__name__
    name = type(plugin).__name__
    same = sum(other.partition("-")[0] == name for other in taken)
    return f"{name}-{same + 1}" if same else name


def import_module(name: str) -> ModuleType:
    """Import a plugin by its module's name. Raises Unusable."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise Unusable(
                "cannot be imported: there is no such module in the environment of runner",
                f"install it beside runner, or name a file: ./{name}.py",
            ) from error
        raise Unusable(f"cannot be imported: {error}") from error
    except Interruption:
        raise
    except BaseException as error:
        raise Unusable(f"raised while it was imported: {words_of(error)}") from error


def import_file(path: Path) -> ModuleType:
    """Import a plugin from a file, under a module name of its own. Raises Unusable."""
    if not path.is_file():
        raise Unusable(f"cannot be imported: there is no file {path}")
    module_spec = importlib.util.spec_from_file_location(f"{FILE_PLUGIN}{path.stem}", path)
    if module_spec is None or module_spec.loader is None:
        raise Unusable(f"cannot be imported: {path} is not a Python file", "its name has to end in .py")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module  # where dataclasses and others look for what annotations name
    try:
        module_spec.loader.exec_module(module)
    except Interruption:
        raise
    except BaseException as error:
        del sys.modules[module_spec.name]
        line = error.__traceback__ and _last_line_in(error, path)
        where = f" (line {line})" if line else ""
        raise Unusable(f"raised while it was imported{where}: {words_of(error)}") from error
    return module


def _own_members(plugin: object) -> Iterator[tuple[str, object]]:
    """Yield what a plugin, a module or an object, defines itself, by name."""
    if isinstance(plugin, type):
        raise Unusable("is a class", f"give an instance of it: {plugin.__name__}()")
    if not isinstance(plugin, ModuleType):
        yield from ((name, getattr(plugin, name)) for name in dir(plugin) if not name.startswith("__"))
        return
    for name, value in vars(plugin).items():
        if getattr(value, "__module__", None) == plugin.__name__:
            yield name, value


def check_names(plugin: object) -> None:
    """Raise Unusable when a module or object misspells a hook, forgets to mark one, or fills none."""
    filled = False
    for name, value in _own_members(plugin):
        if not callable(value):
            continue
        mark: Mapping[str, object] | None = getattr(value, f"{spec.PROJECT}_impl", None)
        if mark is None and not name.startswith("runner_"):
            continue
        hook = str((mark and mark["specname"]) or name)
        if hook not in HOOKS:
            near = closest(hook, HOOKS)
            did_you_mean = f"did you mean {near[0]}?" if near else f"the hooks are {', '.join(HOOKS)}"
            raise Unusable(f"fills a hook that does not exist: {hook}", did_you_mean)
        if mark is None:
            raise Unusable(f"defines {name} without marking it", "put @runner.hookimpl above it")
        if mark["wrapper"] or mark["hookwrapper"]:
            raise Unusable(f"wraps {hook}: each plugin is asked alone, so there is nothing to wrap")
        filled = True
    if not filled:
        raise Unusable("fills no hook", f"the hooks are {', '.join(HOOKS)}; mark yours with @runner.hookimpl")


def _last_line_in(error: BaseException, path: Path) -> int | None:
    line, entry = None, error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == str(path):
            line = entry.tb_lineno
        entry = entry.tb_next
    return line
