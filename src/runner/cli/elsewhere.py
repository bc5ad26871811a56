"""From `--on URL` to where cells run, and what each is worth to a runner there."""

import os
from collections.abc import Sequence

from runner.cli.builtin import FILES
from runner.cli.options import Arguments
from runner.cli.project import Project
from runner.model.errors import Problem, UsageError
from runner.model.plan import Cell, ReadyCell, Work
from runner.model.python import PythonSpec, parse_python
from runner.plan.filling import takes_posargs
from runner.plan.points import same_python
from runner.run import Elsewhere


def elsewhere_of(arguments: Arguments, project: Project, cells: tuple[ReadyCell, ...]) -> Elsewhere | None:
    """Return where the cells run by `--on`, None without it. Raises UsageError and PluginError."""
    url = arguments.on
    if url is None:
        return None
    if arguments.package is not None:
        raise UsageError("--on does not go with --package, whose file is only here")
    executor = project.plugins.executor(url)
    if executor is None:
        scheme = url.partition(":")[0]
        hint = "executors come with plugins: `runner plugins` shows which are active"
        raise UsageError(Problem(f"--on {url}: no plugin runs cells on {scheme!r}", hint=hint))
    works = {cell.id: work_of(cell, arguments, project) for cell in cells}
    return Elsewhere(plugin=executor.plugin, executor=executor, works=works)


def work_of(cell: ReadyCell, arguments: Arguments, project: Project) -> Work:
    """Return what a runner elsewhere is told, so that it runs this cell as it would run here."""
    root = project.config.root
    config = os.path.relpath(project.config.file, root)
    words = ("-c", config, "-e", cell.id, "--no-needs", *_handed_on(arguments, cell.cell.python))
    posargs = _posargs(cell.cell, arguments)
    return Work(cell=cell.id, root=root, config=config, arguments=(*words, "--events", "-", *posargs))


def _posargs(cell: Cell, arguments: Arguments) -> tuple[str, ...]:
    """Return what stands after `--` if the cell takes it: arguments that no command takes are an error."""
    taken = takes_posargs(cell.steps) or (cell.foreign is not None and cell.foreign.posargs)
    if arguments.posargs is None or (arguments.posargs and not taken):
        return ()
    return ("--", *arguments.posargs)


def _handed_on(arguments: Arguments, python: PythonSpec) -> tuple[str, ...]:
    """Return the options that what comes of the cell depends on; values stand in one word with their flag.

    `-p` may have added the cell to the config, and would leave out one that is there as others need it.
    """
    asked = filter(None, map(parse_python, arguments.pythons))
    texts: dict[str, Sequence[str | None]] = {
        "--python": [",".join(arguments.pythons)] if any(same_python(python, one) for one in asked) else [],
        "--retries": [arguments.retries],
        "--timeout": [arguments.timeout],
        "--with": arguments.with_,
        "--upgrade": [] if arguments.upgrade is None else arguments.upgrade or [""],
        "--no-plugin": [name for name in arguments.no_plugin if name != FILES],  # it tells the events
    }
    flags = {
        "--install-only": arguments.install_only,
        "--reuse": arguments.reuse,
        "--locked": arguments.locked,
        "--offline": arguments.offline,
    }
    return (
        *(f"{flag}={text}" for flag, values in texts.items() for text in values if text is not None),
        *(flag for flag, given in flags.items() if given),
    )
