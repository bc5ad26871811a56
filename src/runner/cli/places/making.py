"""Bringing the lasting environments of cells in step with their locks, and telling what came of it."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from runner.cli.options import Arguments
from runner.cli.places.cells import one_cell, place_here, ready_cells
from runner.cli.project import Project
from runner.cli.workshop import Supplies, setting_of, supplies_for
from runner.cli.world import World
from runner.env.deleting import delete
from runner.env.folders import prepare_work_dir
from runner.env.lasting.editable import place_to_work
from runner.env.lasting.keeping import InStep, Keeper
from runner.env.lasting.record import read_record
from runner.env.mutex import Mutexes
from runner.env.parts import Setting
from runner.env.workshop import LocalWorkshop
from runner.model.errors import Cancelled, CellError, ExitCode, Problem, RunnerError
from runner.model.nearest import enumerated
from runner.model.plan import EnvSpec, ReadyCell
from runner.model.plugins import Backend
from runner.model.ports import Stop
from runner.model.visible import visible
from runner.process import StopSwitch, signals_to
from runner.results import new_run_id, prune

T = TypeVar("T")

_FOREVER = float("inf")


class PlaceError(RunnerError):
    """An environment could not be made, entered or removed."""

    exit_code = ExitCode.ENVIRONMENT


class Stopped(RunnerError):  # noqa: N818 - somebody wanted it
    """A signal ended what was under way."""

    exit_code = ExitCode.INTERRUPTED


class Means(NamedTuple):
    """What it takes to make environments: how, the backends, and who makes them, while they are open."""

    setting: Setting
    backends: Mapping[str, Backend]
    workshop: LocalWorkshop


def notify(world: World, text: str) -> None:
    """Write a line to stderr, at once and without secrets."""
    world.stderr.write(visible(world.secrets.concealed(f"{text}\n")))
    world.stderr.flush()


def setting_for(
    arguments: Arguments, world: World, project: Project, supplies: Supplies, run_id: str
) -> Setting:
    """Return how lasting environments are made. A lock of any age serves, until it changes."""
    setting = setting_of(arguments, project, world, supplies, run_id=run_id, notify=partial(notify, world))
    policy = replace(setting.policy, max_age=_FOREVER)
    # Nobody asks for an environment to be skipped.
    return replace(setting, policy=policy, missing="error" if setting.missing == "skip" else setting.missing)


def supplies_of(
    arguments: Arguments, world: World, project: Project, cells: tuple[ReadyCell, ...]
) -> Supplies:
    """Return what the lasting environments of these cells are made with."""
    return supplies_for(arguments, project, world, cells, place_here(arguments, world, project))


@contextmanager
def opened_means(
    arguments: Arguments, world: World, project: Project, cells: tuple[ReadyCell, ...]
) -> Iterator[Means]:
    """Open what makes the environments of these cells. Raises RunnerError."""
    supplies = supplies_of(arguments, world, project, cells)
    setting = setting_for(arguments, world, project, supplies, new_run_id(world.clock.time()))
    prepare_work_dir(project.work_dir)
    with closing(LocalWorkshop(setting, supplies.backends.__getitem__)) as workshop:
        yield Means(setting, supplies.backends, workshop)
    prune(project.work_dir, world.clock.time(), delete)


def spec_of(cell: ReadyCell, arguments: Arguments) -> EnvSpec:
    """Return the spec of the cell's lasting environment.

    How the project is installed in one that is there, only `create` changes.
    """
    there = None if arguments.words[:1] == ("create",) else read_record(Path(cell.spec.folder))
    as_a_run = arguments.no_editable or (there is not None and there.has_wheel)
    return place_to_work(cell.spec, editable=not as_a_run)


def keeper_of(means: Means, arguments: Arguments, world: World, project: Project) -> Keeper:
    """Return who keeps the environments in step, as the options say."""
    conceal = world.secrets.concealer.text
    return Keeper(
        workshop=means.workshop,
        backends=means.backends.__getitem__,
        package=means.setting.package,
        mutexes=Mutexes(project.work_dir / "mutex", means.setting.notify, conceal),
        clock=world.clock,
        tell=(lambda _line: None) if arguments.quiet else means.setting.notify,
        again="--force" if arguments.force else "",
        upgrading=arguments.upgrade is not None,
    )


def entered(arguments: Arguments, world: World, project: Project) -> tuple[ReadyCell, InStep]:
    """Return the one cell that is meant, and its environment, in step; notices go to stderr."""
    cells = ready_cells(arguments, world, project, one_cell(arguments, project))
    (cell,) = cells
    with opened_means(arguments, world, project, cells) as means:
        keeper = keeper_of(means, arguments, world, project)
        try:
            step = until_stopped(lambda stop: keeper.in_step(spec_of(cell, arguments), stop))
        except CellError as error:
            raise PlaceError(f"{cell.id}: {error.message}") from error
    if step.made:
        notify(world, told(cell, step, arguments))
    tell_more(step, arguments, world)
    return cell, step


def told(cell: ReadyCell, step: InStep, arguments: Arguments) -> str:
    """Say in a line what became of the environment, and, with -v, how."""
    record = step.record
    python = f"Python {record.parts.python.version}, " if record.parts.python else ""
    count = len(record.packages)
    packages = f"{count} package{'s' * (count != 1)}"
    lines = (line for note in step.notes for line in note.splitlines())
    more = "".join(f"\n  {line}" for line in lines) if arguments.verbose else ""
    return f"{cell.id}: {step.how} ({python}{packages}){more}"


def tell_more(step: InStep, arguments: Arguments, world: World) -> None:
    """Tell on stderr what people must know beside that."""
    for line in step.warnings:
        notify(world, f"warning: {line}")
    if step.lost and not arguments.quiet:
        notify(
            world,
            f"note: installed by hand, and gone with the environment before: {enumerated(step.lost)}",
        )


def until_stopped(work: Callable[[Stop], T]) -> T:
    """Return what `work` does, in a thread that a signal stops. Raises Stopped, and what it raises."""
    inbox: SimpleQueue[str | None] = SimpleQueue()
    switch = StopSwitch()
    with ThreadPoolExecutor(1) as pool, signals_to(inbox.put):
        doing = pool.submit(work, switch)
        doing.add_done_callback(lambda _: inbox.put(None))
        while (signal := inbox.get()) is not None:
            switch.rise(2 if switch.level else 1, signal)
    try:
        return doing.result()
    except Cancelled as cancelled:
        raise Stopped(Problem(f"interrupted ({switch.signal})")) from cancelled
