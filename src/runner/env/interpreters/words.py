"""What people are told of a Python that cannot be had."""

from collections.abc import Mapping

from runner.env.interpreters.candidates import Install, manager_roots, path_folders, versions
from runner.model.errors import CellError
from runner.model.python import OLDEST, PythonSpec, dotted


class NotInstalled(CellError):  # noqa: N818 - says what happened
    """No Python that a request asks for is installed; `asked` are what could be downloaded instead."""

    def __init__(self, message: str, asked: tuple[PythonSpec, ...], *, skip: bool) -> None:
        super().__init__("python", message, skip=skip)
        self.asked = asked

    def again(self) -> CellError:
        """Return the error for the next cell, which may ask for a download, too."""
        told = super().again()
        return told if told is self else NotInstalled(told.message, self.asked, skip=bool(told.skip))


def too_old(text: str, path: str, *, skip: bool = False) -> CellError:
    """Return the error about a Python that no environment can be made of; `path` is where one is, or ""."""
    python = path or f"/path/to/python{text}"
    why = f"virtualenv, uv and pip serve Python {dotted(OLDEST)} and newer"
    how = f'backend = "none" runs commands on it as it is, with its path: python = "{python}"'
    return CellError("python", f"Python {text} cannot be used: {why}\n{how}", skip=skip)


def not_installed(
    spec: PythonSpec, environ: Mapping[str, str], installs: tuple[Install, ...], *, skip: bool
) -> NotInstalled:
    """Return the error about a request that nothing answers to: where we looked, and how to get it."""
    roots = [str(root) for root in manager_roots(environ).values() if root.is_dir()]
    folders = len(path_folders(environ))
    searched = ", ".join([f"{folders} folder{'s' * (folders != 1)} on PATH", *roots, "the system's"])
    there = ", ".join(versions(installs, spec.implementation)) or "none"
    ways = (*ways_to_get(spec, environ), f"`uv python install {spec.text}`")
    lines = (
        f"Python {spec.text} is not installed",
        f"looked in: {searched}",
        f"found there: {there}",
        f"to get it: {' or '.join(ways)}",
    )
    return NotInstalled("\n".join(lines), (spec,), skip=skip)


def ways_to_get(spec: PythonSpec, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the commands, in backticks, by which the managers that are here may get a Python."""
    commands = {"pyenv": f"`pyenv install {spec.text}`", "mise": f"`mise install python@{spec.text}`"}
    roots = manager_roots(environ)
    return tuple(command for name, command in commands.items() if roots[name].parent.is_dir())
