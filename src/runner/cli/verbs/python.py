"""`runner python list`: the Pythons of this machine, which requests they serve, and why others are taken."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from runner.cli.formats import as_json, check_format, table
from runner.cli.options import Arguments
from runner.cli.place import make_place
from runner.cli.project import Project, found_here, load, tell
from runner.cli.workshop import backends_of, missing_python, offered_pythons
from runner.cli.world import World
from runner.env.backends.builtin import interpreter_cache
from runner.env.backends.powers import served
from runner.env.folders import check_cache, user_cache
from runner.env.installers.uvpython import UvPythons
from runner.env.interpreters.find import Interpreters
from runner.env.interpreters.survey import Surveyed, survey
from runner.model.errors import CellError, ExitCode, RunnerError, UsageError, first_line
from runner.model.nearest import enumerated
from runner.model.plan import ReadyCell, Selection
from runner.model.plugins import BringsInterpreter
from runner.model.python import Interpreter, Offer, PythonSpec
from runner.model.visible import visible
from runner.plan import render
from runner.process import StopSwitch
from runner.run.cell import runs_here


class _Asked(Struct, frozen=True):
    """A Python that cells ask for: the interpreter's path, or why there is none and how to get it."""

    python: str
    interpreter: str | None
    missing: str
    cells: tuple[str, ...]


class _Here(Struct, frozen=True):
    """The project here, and its cells that run on Pythons that runner itself finds, by Python and backend."""

    project: Project
    asking: Mapping[PythonSpec, Mapping[str, tuple[str, ...]]]
    offers: Mapping[PythonSpec, Offer]


def run(arguments: Arguments, world: World) -> int:
    """Print all Pythons that are here, and those that the config asks for and that are missing."""
    check_format(arguments)
    if len(arguments.words) > 1:
        raise UsageError(f"runner python list takes no words, and was given {arguments.words[1]!r}")
    here = _here(arguments, world)
    stop = StopSwitch()
    with closing(_interpreters(world, here)) as interpreters:
        pythons = survey(interpreters, world.environ, stop)
        asked = _asked(here, interpreters, stop)
    shown = _as_json if arguments.format == "json" else _as_text
    world.stdout.write(world.secrets.concealed(shown(pythons, asked, here)))
    return ExitCode.PASSED


def _here(arguments: Arguments, world: World) -> _Here | None:
    """Return the project here, if there is one; of one that cannot be read nothing is listed but that."""
    try:
        if found_here(arguments, world) is None:
            return None
        project = load(arguments, world)
        cells = _cells(arguments, world, project)
    except RunnerError as error:
        if arguments.config is not None:
            raise
        tell(
            arguments, world, f"what the config asks for is not listed: {first_line(str(error.problems[0]))}"
        )
        return None
    backends = backends_of(project.plugins, cells)
    asking: dict[PythonSpec, dict[str, tuple[str, ...]]] = {}
    for cell in cells:
        backend = cell.spec.backend
        if not isinstance(backends[backend], BringsInterpreter):
            asked = asking.setdefault(cell.spec.python, {})
            asked[backend] = (*asked.get(backend, ()), cell.id)
    return _Here(project, asking, offered_pythons(project.plugins, cells))


def _cells(arguments: Arguments, world: World, project: Project) -> tuple[ReadyCell, ...]:
    place = make_place(arguments, world, project, share=1, stream=world.stdout)
    cells = render(project.config, project.plan(Selection(select=("ALL",))), place)
    return tuple(cell for cell in cells if runs_here(cell, project.host.platform))


def _interpreters(world: World, here: _Here | None) -> Interpreters:
    """Return what finds Pythons as a run here would, but for downloads: those are only said."""
    root = Path(here.project.config.root) if here else world.cwd
    cache = user_cache(world.environ)
    check_cache(cache)
    missing = missing_python(here.project) if here else "error"
    downloads = UvPythons(
        environ=world.environ,
        root=root,
        processes=world.processes(),
        notify=lambda _line: None,
        offline=False,
        only_say=True,
    )
    return Interpreters(
        environ=world.environ,
        root=root,
        cache=interpreter_cache(cache),
        remember=interpreter_cache(cache),
        processes=world.processes(),
        missing=missing,
        downloads=downloads if missing == "download" else None,
        offers=here.offers if here else {},
    )


def _asked(here: _Here | None, interpreters: Interpreters, stop: StopSwitch) -> tuple[_Asked, ...]:
    """Return the answer to each request: one for all backends that get the same."""
    asked = []
    for spec, backends in here.asking.items() if here else ():
        answers: dict[tuple[str | None, str], tuple[str, ...]] = {}
        found = _found(interpreters, spec, stop)
        for backend, cells in backends.items():
            answer = _served(found, spec, backend)
            answers[answer] = (*answers.get(answer, ()), *cells)
        asked += [_Asked(spec.text, *answer, cells) for answer, cells in answers.items()]
    return tuple(asked)


def _found(interpreters: Interpreters, spec: PythonSpec, stop: StopSwitch) -> Interpreter | CellError:
    try:
        return interpreters.find(spec, stop)
    except CellError as error:
        return error


def _served(found: Interpreter | CellError, spec: PythonSpec, backend: str) -> tuple[str | None, str]:
    """Return the path of what is found if the backend can make environments of it, or else why not."""
    if isinstance(found, CellError):
        return None, found.message
    try:
        return served(found, spec, backend).executable, ""
    except CellError as error:
        return None, error.message


def _as_json(pythons: tuple[Surveyed, ...], asked: tuple[_Asked, ...], here: _Here | None) -> str:
    config = {"file": here.project.config.file, "asks": asked} if here else None
    return as_json({"pythons": pythons, "config": config})


def _as_text(pythons: tuple[Surveyed, ...], asked: tuple[_Asked, ...], here: _Here | None) -> str:
    head = ("python", "from", "taken for", "path", "why not")
    rows = [
        (_named(each), each.place, ", ".join(each.taken_for) or "-", each.path, each.reason)
        for each in pythons
    ]
    text = table(head, rows) if rows else "no Python was found\n"
    if here is None:
        return text
    file = Path(here.project.config.file).name
    missing = [each for each in asked if each.missing]
    if not missing:
        return visible(f"{text}\n{file} asks for {_listed(asked)}: all are here\n")
    blocks = [f"{each.missing}\nasked for by: {enumerated(each.cells)}\n" for each in missing]
    there = f"{file} asks for {_listed(asked)}; missing: {_listed(missing)}\n"
    return visible("\n".join((text, there, *blocks)))


def _listed(asked: "tuple[_Asked, ...] | list[_Asked]") -> str:
    return ", ".join(dict.fromkeys(each.python for each in asked)) or "no Python"


def _named(python: Surveyed) -> str:
    implementation = "" if python.implementation == "cpython" else f"{python.implementation} "
    return f"{implementation}{python.version}{'t' * python.free_threaded}" if python.version else "-"
