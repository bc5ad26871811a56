"""`runner run`: plan, render, run, report; the one path from a command line to a verdict."""

import shutil
from collections.abc import Container
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from runner import __version__
from runner.cli.chosen import plan_to_run
from runner.cli.complaints import Complaints, outlet
from runner.cli.elsewhere import elsewhere_of
from runner.cli.options import Arguments
from runner.cli.outputs import run_options
from runner.cli.place import cpu_share, make_place, slots, wants_colour
from runner.cli.project import Project, load, selection, tell_notices
from runner.cli.teller import Teller
from runner.cli.workshop import (
    Supplies,
    logs_folder,
    runs_folder,
    scratch_folder,
    setting_of,
    supplies_for,
)
from runner.cli.world import World
from runner.env.deleting import delete
from runner.env.folders import prepare_work_dir
from runner.env.workshop import LocalWorkshop
from runner.hooks.manager import Plugins
from runner.model.errors import ConfigError, ExitCode, Interruption, RunnerError, UsageError
from runner.model.events import RunFinished
from runner.model.options import Options
from runner.model.plan import Place, Plan, ReadyCell
from runner.model.plugins import Collector, Stream, Warn
from runner.model.ports import Clock
from runner.model.results import RunResult
from runner.plan import render
from runner.process import StopSwitch, signals_to
from runner.report import Reporters
from runner.results import new_run_id, prune, read_durations, write_durations
from runner.run import Elsewhere, Job
from runner.run import run as run_cells

_MOST_IDS = 10
"""How many ids a run tries; in each second there are 65,536."""


class _Prepared(NamedTuple):
    """A run, planned and rendered: nothing was written yet."""

    project: Project
    job: Job
    supplies: Supplies
    elsewhere: Elsewhere | None
    options: Options


def run(arguments: Arguments, world: World) -> int:
    """Run the cells that the options select, and return the run's exit code."""
    stream = world.stderr if arguments.events == "-" else outlet(world)
    planned = _prepare(arguments, world, stream)
    prepare_work_dir(planned.project.work_dir)
    prepared = _with_folders(planned, world.clock)
    project, job = prepared.project, prepared.job
    complain = Complaints(world, job.folder, verbose=arguments.verbose > 0)
    try:
        collectors = project.plugins.collectors(prepared.options, complain)
        told = project.plugins.reporters(prepared.options, stream, complain)
    except (RunnerError, Interruption):
        shutil.rmtree(job.folder)
        shutil.rmtree(job.logs)
        raise
    reporters = Reporters(told, complain)
    patiently: Container[str] = ()
    try:
        teller = Teller(job.id, world.clock, reporters.put, world.secrets.concealer)
        try:
            _run_cells(prepared, arguments, world, teller, collectors)
        finally:
            _let_go(prepared.elsewhere, complain)
        finished = _finished(prepared, teller, complain)
        teller.tell(finished)
        if finished.outcome != "cancelled":
            patiently = project.plugins.built_in()
    finally:
        with signals_to(lambda _signal: reporters.hurry()):
            all_told = reporters.close(patiently=patiently)
    prune(project.work_dir, world.clock.time(), delete)
    if not all_told:
        # A reporter is stuck in a write that nobody reads: the interpreter's own end would wait for it, too.
        world.leave(finished.exit_code)
    return finished.exit_code


def _with_folders(prepared: _Prepared, clock: Clock) -> _Prepared:
    """Make the folders of the run, under another id where there are some of its own. Raises UsageError."""
    for _ in range(_MOST_IDS):
        if _make_folders(prepared.job.folder, prepared.job.logs):
            return prepared
        prepared = _renamed(prepared, new_run_id(clock.time()))
    runs = runs_folder(prepared.project, "")
    raise UsageError(f"{runs}: {_MOST_IDS} ids were tried for this run, and each is taken: start it again")


def _make_folders(*folders: str) -> bool:
    """Make all or none; return whether none was there before. Raises UsageError."""
    made: list[Path] = []
    for folder in map(Path, folders):
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            for empty in made:
                empty.rmdir()
            if isinstance(error, FileExistsError):
                return False
            raise UsageError(f"{folder} cannot be made: {error.strerror}") from error
        made.append(folder)
    return True


def _renamed(prepared: _Prepared, run_id: str) -> _Prepared:
    project = prepared.project
    folder = str(runs_folder(project, run_id))
    logs, scratch = str(logs_folder(project, run_id)), str(scratch_folder(project, run_id))
    return prepared._replace(
        job=replace(prepared.job, id=run_id, folder=folder, logs=logs, scratch=scratch),
        options=replace(prepared.options, run_folder=folder),
    )


def _rendered(
    project: Project, plan: Plan, place: Place, arguments: Arguments, world: World
) -> tuple[ReadyCell, ...]:
    try:
        return render(project.config, plan, place)
    except ConfigError:
        tell_notices(project, arguments, world)  # they may say why, and there will be no run to tell them
        raise


def _prepare(arguments: Arguments, world: World, stream: Stream) -> _Prepared:
    project = load(arguments, world)
    durations, broken = read_durations(project.work_dir / "durations.json")
    budget = slots(arguments, project)
    run_id = new_run_id(world.clock.time())
    folder = str(runs_folder(project, run_id))
    colour = wants_colour(arguments, world, stream)
    options = run_options(
        arguments, world, project.config.root, folder, colour=colour, of_plugins=project.of_plugins
    )
    plan, left_out = plan_to_run(project, selection(arguments), options, durations, budget)
    place = make_place(arguments, world, project, share=cpu_share(project, plan, budget), stream=stream)
    alone = len(plan.chosen) == 1
    ours = arguments.events != "-"  # else stdout is for events alone
    here = arguments.on is None
    passthrough = here and alone and ours and world.stdin.isatty() and world.stdout.isatty()
    job = Job(
        id=run_id,
        plan=plan,
        cells=_rendered(project, plan, place, arguments, world),
        slots=budget,
        fail_fast=arguments.fail_fast,
        limits=project.config.limits,
        passthrough=passthrough,
        live=not passthrough and (alone or budget == 1 or arguments.verbose > 0),
        install_only=arguments.install_only,
        root=project.config.root,
        folder=folder,
        logs=str(logs_folder(project, run_id)),
        scratch=str(scratch_folder(project, run_id)),
        version=__version__,
        platform=project.host.platform,
        timeout=project.config.run_timeout,
        notices=(
            *project.config.notices,
            *(project.config.remarks if arguments.verbose else ()),
            *broken,
            *left_out,
        ),
    )
    supplies = supplies_for(arguments, project, world, job.cells, place, elsewhere=not here)
    elsewhere = elsewhere_of(arguments, project, job.cells)
    return _Prepared(project, job, supplies, elsewhere, options)


def _run_cells(
    prepared: _Prepared,
    arguments: Arguments,
    world: World,
    teller: Teller,
    collectors: tuple[tuple[str, Collector], ...],
) -> None:
    project = prepared.project
    supplies, run_id = prepared.supplies, prepared.job.id
    setting = setting_of(arguments, project, world, supplies, run_id=run_id, notify=teller.notify)
    coming = () if prepared.elsewhere else tuple(cell.spec for cell in prepared.job.cells)
    workshop = LocalWorkshop(setting, prepared.supplies.backends.__getitem__, coming)
    with closing(workshop):
        run_cells(
            prepared.job,
            workshop=workshop,
            processes=setting.processes,
            collectors=collectors,
            clock=world.clock,
            switch=StopSwitch(),
            signals=signals_to,
            tell=teller.tell,
            concealer=world.secrets.concealer,
            elsewhere=prepared.elsewhere,
        )


def _let_go(elsewhere: Elsewhere | None, warn: Warn) -> None:
    """Close the executor, whatever that raises: no cell runs any more."""
    try:
        if elsewhere is not None:
            elsewhere.executor.close()
    except RunnerError as error:
        warn(str(error), error.__cause__)


def _finished(prepared: _Prepared, teller: Teller, warn: Warn) -> RunFinished:
    """Remember how long the cells took, and give the plugins their last words."""
    result = teller.result()
    ran = () if prepared.job.install_only else result.cells
    for warning in write_durations(prepared.project.work_dir / "durations.json", ran):
        teller.warn(warning)
    try:
        return _last_words(prepared.project.plugins, result, prepared.options, warn)
    except Interruption as signal:
        line = f"interrupted ({signal}) before the plugins had their last words"
        return RunFinished(
            outcome="cancelled", exit_code=ExitCode.INTERRUPTED, duration=result.duration, lines=(line,)
        )


def _last_words(plugins: Plugins, result: RunResult, options: Options, warn: Warn) -> RunFinished:
    """Ask the plugins for their last words: they add lines, and can turn a green run red, never back."""
    lines: list[str] = []
    outcome, code = result.outcome, result.exit_code
    for plugin, last in plugins.finish(result, options, warn):
        lines += last.lines
        if last.exit_code and code == ExitCode.PASSED:
            outcome, code = "failed", last.exit_code
            lines.append(f"exit code {code}: the plugin {plugin} asked for it")
    return RunFinished(outcome=outcome, exit_code=code, duration=result.duration, lines=tuple(lines))
