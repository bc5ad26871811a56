"""Which file a command's program is, and whether it may run."""

import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.nearest import closest
from runner.model.plan import Command, ReadyCell

_PIP = "pip"


def find_program(cell: ReadyCell, command: Command, environment: Environment, outer_path: str) -> str:
    """Return the absolute path of the program that `command` names; `outer_path` is PATH without ours.

    Raises CellError when there is none, or when it is neither in the environment, nor inside root, nor
    allowed by a glob of `allow-external`; with backend "none", any program of PATH will do.
    """
    name = command.argv[0]
    if os.path.dirname(name):  # noqa: PTH120 - "./x" has a folder, which pathlib forgets
        return _at_path(cell, command, environment)
    found = _which(name, environment.programs, command.cwd)
    if found is not None:
        return found
    outside = _which(name, tuple(outer_path.split(os.pathsep)), command.cwd)
    allowed = cell.spec.backend == "none" or _is_allowed(cell, command, outside)
    if outside is not None and allowed:
        return outside
    raise CellError("command", _refusal(cell, command, environment, outside, allowed=allowed))


def _at_path(cell: ReadyCell, command: Command, environment: Environment) -> str:
    name = command.argv[0]
    path = os.path.normpath(os.path.join(command.cwd, name))  # noqa: PTH118 - no pathlib way to drop ".."
    ours = (cell.root, cell.env_dir, *environment.programs)
    inside = any(Path(path).is_relative_to(folder) for folder in ours)
    if not (inside or cell.spec.backend == "none" or _is_allowed(cell, command, path)):
        raise CellError(
            "command",
            f"{name} is a program outside of the project ({cell.root});"
            f" to use it, set {_allowing(cell, name)}",
        )
    if not Path(path).is_file():
        raise CellError("command", f"{name} was not found: there is no file {path}")
    if not os.access(path, os.X_OK):
        raise CellError("command", f"{name} is not executable: `chmod +x {path}` makes it so")
    return path


def _which(name: str, folders: tuple[str, ...], cwd: str) -> str | None:
    """Look in `folders`, those that are relative being meant from `cwd` as the command sees them."""
    absolute = (os.path.join(cwd, folder) for folder in folders if folder)  # noqa: PTH118 - on text, 100 times a cell
    return shutil.which(name, path=os.pathsep.join(absolute))


def _is_allowed(cell: ReadyCell, command: Command, path: str | None) -> bool:
    """Whether a glob matches the program's name as written, or the `path` that it leads to."""
    globs = (*cell.settings.allow_external, *command.allow_external)
    names = (command.argv[0], *([path] if path else []))
    return any(fnmatchcase(name, glob) for name in names for glob in globs)


def _allowing(cell: ReadyCell, name: str) -> str:
    """Return what to write to allow a program, in the words of the cell's config."""
    foreign = cell.cell.foreign
    return f'allow-external = ["{name}"]' if foreign is None else f"{foreign.allowing} = {name}"


def _refusal(
    cell: ReadyCell, command: Command, environment: Environment, outside: str | None, *, allowed: bool
) -> str:
    name = command.argv[0]
    if allowed:
        return f"{name} was not found, neither in the environment nor on PATH{_nearest(name, environment)}"
    if environment.python and name.startswith(_PIP) and name.removeprefix(_PIP).strip("0123456789.") == "":
        return f'{name} is not in the environment, which is bare; to have it, set seed = ["pip"]'
    if outside is not None:
        with_deps = "install it with deps, or, if it is no part of the environment,"
        advice = with_deps if environment.python else "to use it,"
        where = f"not in the environment, only outside of it ({outside})"
        return f"{name} is {where}: {advice} set {_allowing(cell, name)}"
    if Path(command.cwd, name).is_file():
        return f"{name} was not found in the environment; for the file in {command.cwd}, write ./{name}"
    if any(map(str.isspace, name)):
        return f"{name!r} was not found: it holds blanks; in a list, each argument stands by itself"
    deps = "; is its package in deps?" if environment.python else ""
    return f"{name} was not found in the environment{_nearest(name, environment)}{deps}"


def _nearest(name: str, environment: Environment) -> str:
    present: set[str] = set()
    for folder in environment.programs:
        if Path(folder).is_dir():
            present.update(path.name for path in Path(folder).iterdir())
    near = closest(name, sorted(present), most=3)
    return f" (nearest there: {', '.join(near)})" if near else ""
