"""`runner lock`: write the locks of cells into `locks/`, to be committed, or check those that are there."""

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from msgspec import Struct
from msgspec.structs import replace

from runner.cli.chosen import settled
from runner.cli.options import Arguments
from runner.cli.place import cpu_share, make_place, slots
from runner.cli.project import Project, load, selection
from runner.cli.workshop import setting_of, supplies_for
from runner.cli.world import World
from runner.env.deleting import delete
from runner.env.folders import prepare_work_dir
from runner.env.locks.committed import strays
from runner.env.locks.standing import Change, Committed
from runner.env.requirements.pylock import committed_path
from runner.env.workshop import LocalWorkshop
from runner.model.errors import Cancelled, CellError, ConfigError, ExitCode, Problem
from runner.model.lock_files import updated_by
from runner.model.plan import Plan, ReadyCell, Selection
from runner.model.visible import visible
from runner.plan import render
from runner.process import StopSwitch, signals_to
from runner.results import new_run_id, prune
from runner.run.cell import runs_here

_WORDS: dict[Change, str] = {
    "written": "written",
    "updated": "updated",
    "unchanged": "unchanged",
    "fresh": "is fresh",
    "missing": "is missing: `runner lock` writes it",
    "stale": "is stale: `runner lock` updates it",
    "nothing": "is not needed",
}

_WRONG: tuple[Change, ...] = ("missing", "stale")

Work = Callable[[ReadyCell], "_Done"]
Say = Callable[[str, ExitCode], None]


class _Done(Struct, frozen=True):
    """What came of one cell: a text for people, the exit code that it asks for, what its lock does not have.

    `absent` are packages to upgrade; None says that there is no lock.
    """

    text: str
    code: ExitCode = ExitCode.PASSED
    absent: frozenset[str] | None = None


def run(arguments: Arguments, world: World) -> int:
    """Lock every cell that the options select, all without `-e`, and say what changed."""
    project = load(arguments, world)
    plan = settled(project, project.plan(_selection(arguments)))
    _refuse_shared_files(project, plan)
    budget = slots(arguments, project)
    place = make_place(arguments, world, project, share=cpu_share(project, plan, budget), stream=world.stdout)
    cells = render(project.config, plan, place)
    supplies = supplies_for(arguments, project, world, cells, place)
    prepare_work_dir(project.work_dir)
    run_id = new_run_id(world.clock.time())
    notify = partial(_notify, world=world)
    setting = setting_of(arguments, project, world, supplies, run_id=run_id, notify=notify)
    switch = StopSwitch()
    say = partial(_say, world=world, quiet=arguments.quiet)
    with closing(LocalWorkshop(setting, supplies.backends.__getitem__)) as workshop:
        done = _each(cells, _worker(arguments, workshop, switch, project.host.platform), budget, switch, say)
    if _selects_all(arguments) and not switch.level:
        expected = {path for cell in cells for path in workshop.committed_paths(cell.spec)}
        done += _strays(arguments, project, expected, say)
    _name_unknown(arguments, done, world)
    prune(project.work_dir, world.clock.time(), delete)
    return ExitCode.INTERRUPTED if switch.level else _verdict(done)


def _selection(arguments: Arguments) -> Selection:
    asked = selection(arguments)
    return replace(asked, select=asked.select or ("ALL",), no_needs=True)


def _refuse_shared_files(project: Project, plan: Plan) -> None:
    """Raise ConfigError for cells of the config whose locks would be one file."""
    owners: dict[Path, str] = {}
    for cell in plan.cells:
        path = committed_path(project.config.root, cell.id)
        if owners.setdefault(path, cell.id) != cell.id:
            raise ConfigError(
                Problem(
                    f"the cells {owners[path]} and {cell.id} would share the lock {path.name}, since names of"
                    " locks have no dots",
                    origin=cell.origin,
                    hint="give one of them another label, or its session another name",
                )
            )


def _selects_all(arguments: Arguments) -> bool:
    return not (arguments.select or arguments.skip or arguments.tags or arguments.pythons)


def _worker(arguments: Arguments, workshop: LocalWorkshop, switch: StopSwitch, platform: str) -> Work:
    check = arguments.check

    def work(cell: ReadyCell) -> _Done:
        if not runs_here(cell, platform):
            where = ", ".join(cell.cell.platforms)
            return _Done(f"skipped: runs on {where}, and this is {platform}", ExitCode.NOTHING)
        try:
            below = (workshop.check_backend_lock if check else workshop.commit_backend_lock)(
                cell.spec, switch
            )
            if below is not None and below.change in _WRONG:
                return _told((below,), cell.spec.root)  # what comes on top follows from it
            spec = workshop.interpreter(cell.spec, switch)
            built = workshop.package(spec, switch)
            lock = (workshop.check_lock if check else workshop.commit_lock)(spec, built, switch)
            return _told((below, lock), spec.root, spec.lock_from)
        except CellError as error:
            if error.skip:
                return _Done(f"skipped: {error.message.splitlines()[0]}", ExitCode.NOTHING)
            return _Done(f"error: {error.message}", ExitCode.ENVIRONMENT)
        except Cancelled:
            return _Done("cancelled", ExitCode.INTERRUPTED)

    return work


def _each(cells: tuple[ReadyCell, ...], work: Work, budget: int, switch: StopSwitch, say: Say) -> list[_Done]:
    """Work on all cells, as many at a time as the budget allows; print what came of each, in order."""
    inbox: SimpleQueue[str | tuple[str, _Done | BaseException]] = SimpleQueue()

    def send(cell: ReadyCell) -> None:
        try:
            inbox.put((cell.id, work(cell)))
        except BaseException as error:  # noqa: BLE001 - raised again on the main thread
            inbox.put((cell.id, error))

    done: dict[str, _Done] = {}
    with ThreadPoolExecutor(budget) as pool, signals_to(inbox.put):
        for cell in cells:
            pool.submit(send, cell)
        for cell in cells:
            while cell.id not in done:
                mail = inbox.get()
                if isinstance(mail, str):
                    switch.rise(2 if switch.level else 1, mail)
                elif isinstance(mail[1], BaseException):
                    switch.rise(2)
                    raise mail[1]
                else:
                    done[mail[0]] = mail[1]
            say(f"{cell.id}: {done[cell.id].text}", done[cell.id].code)
    return list(done.values())


def _told(locks: tuple[Committed | None, ...], root: str, given: str | None = None) -> _Done:
    """Return what came of the locks of one cell: its backend's, if that has one, and what comes on top.

    `given` is a lock file of another tool that the cell is installed from.
    """
    there = [lock for lock in locks if lock is not None and lock.change != "nothing"]
    if not there:
        where = f": its versions come from {given} ({updated_by(given)} moves them)" if given else ""
        return _Done(f"nothing to lock{where}")
    texts = []
    for lock in there:
        more = "".join(f"\n  {line}" for line in lock.differences)
        texts.append(f"{os.path.relpath(lock.path, root)} {_WORDS[lock.change]}{more}")
    code = ExitCode.FAILED if any(lock.change in _WRONG for lock in there) else ExitCode.PASSED
    absent = frozenset[str].intersection(*(frozenset(lock.absent) for lock in there))
    return _Done("\n  ".join(texts), code, absent)


def _strays(arguments: Arguments, project: Project, expected: Collection[Path], say: Say) -> list[_Done]:
    """Remove locks of cells that are no more; with `--check`, only name them."""
    done: list[_Done] = []
    for file in strays(project.config.root, expected):
        if arguments.check:
            done.append(_Done(f"{file.name} belongs to no cell: `runner lock` removes it", ExitCode.FAILED))
        else:
            done.append(_removed(file))
        say(done[-1].text, done[-1].code)
    return done


def _removed(file: Path) -> _Done:
    try:
        file.unlink()
    except OSError as error:
        text = f"error: {file} belongs to no cell and cannot be removed: {error.strerror}"
        return _Done(text, ExitCode.ENVIRONMENT)
    return _Done(f"{file.name} removed: it belongs to no cell")


def _name_unknown(arguments: Arguments, done: list[_Done], world: World) -> None:
    """Say which of the packages to upgrade are in none of the locks."""
    locks = [each.absent for each in done if each.absent is not None]
    for name in sorted(frozenset.intersection(*locks)) if locks and arguments.upgrade else ():
        _notify(f"warning: --upgrade {name}: none of these locks has that package", world=world)


def _notify(text: str, *, world: World) -> None:
    print(visible(world.secrets.concealed(text)), file=world.stderr, flush=True)


def _say(text: str, code: ExitCode, *, world: World, quiet: bool) -> None:
    if not quiet or code not in {ExitCode.PASSED, ExitCode.NOTHING}:
        print(visible(world.secrets.concealed(text)), file=world.stdout, flush=True)


def _verdict(done: list[_Done]) -> ExitCode:
    codes = {each.code for each in done}
    worst = (ExitCode.FAILED, ExitCode.ENVIRONMENT, ExitCode.PASSED, ExitCode.NOTHING)
    return next((code for code in worst if code in codes), ExitCode.PASSED)
