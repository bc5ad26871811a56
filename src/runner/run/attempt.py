"""One attempt at a cell: every phase once, in an environment of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from runner.model.environment import Built, Environment, Lock, Reused
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, ReadyCell
from runner.model.results import ATTEMPT_STARTED, Attempt, Exited, TestResult
from runner.nofollow import new_file
from runner.run import junit
from runner.run.artifacts import keep_attachments
from runner.run.collect import collect
from runner.run.commands import PASSED, Batch, Bench, Verdict, deadline, run_batch
from runner.run.folders import make_folders
from runner.run.job import Tools
from runner.run.log import CellLog
from runner.run.progress import Ended, Progress


class Tried(Struct, frozen=True):
    """An attempt, and what of it goes into the cell's result. `ran`: it got as far as its commands."""

    attempt: Attempt
    progress: Progress
    ran: bool
    artifacts: tuple[str, ...] = ()


def try_once(cell: ReadyCell, number: int, tools: Tools, log: CellLog) -> Tried:
    """Make the environment, run the commands in it, and collect what they left."""
    progress = Progress(cell, number, tools, log)
    try:
        _prepare(progress)
        prepared = PASSED
    except Ended as ended:
        prepared = Verdict(ended.outcome, ended.reason)
    environment = progress.environment
    if environment is None:
        return Tried(_attempt(progress, prepared), progress, ran=False)
    if tools.job.install_only:
        _inspect(progress, environment)
        return Tried(_attempt(progress, prepared), progress, ran=False)
    bench = _bench(progress, environment)
    verdict = _commands(bench) if prepared == PASSED else prepared
    verdict = _teardown(bench, verdict)
    _inspect(progress, environment)
    if not progress.commands:
        return Tried(_attempt(progress, verdict), progress, ran=False)
    return _collected(bench, verdict)


def _bench(progress: Progress, environment: Environment) -> Bench:
    tools = progress.tools
    name = Path("junit", progress.cell.cell.folder, str(progress.number))
    kept = tools.job.folder / name
    folder = tools.job.scratch / name if tools.concealer else kept
    try:
        with new_file(folder / ATTEMPT_STARTED):
            pass
    except OSError as error:
        progress.warn(f"there is no place for test results: {folder}: {error.strerror}")
    return Bench(progress, environment, folder, kept, _package_variables(progress))


def _package_variables(progress: Progress) -> dict[str, str]:
    """Return the variable that names the file that was installed of the project, if the config wants one."""
    foreign, built = progress.cell.cell.foreign, progress.installed
    if foreign is None or foreign.package_variable is None or built is None:
        return {}
    return {foreign.package_variable: built.path}


def _prepare(progress: Progress) -> None:
    """Go through the phases up to the installed environment. Raises Ended."""
    cell, tools = progress.cell, progress.tools
    stop, workshop = tools.stop, tools.workshop
    progress.phase("create", lambda: _forget_coverage(cell, tools.job.root), busy=False)
    progress.spec = progress.phase(
        "python", lambda: workshop.interpreter(cell.spec, stop), detail=cell.spec.python.text
    )
    spec = progress.spec
    built = progress.phase(
        "package", lambda: workshop.package(spec, stop), busy=spec.package != "none", detail=spec.package
    )
    installs = _installs(spec)
    lock = progress.lock = progress.phase(
        "lock", lambda: workshop.lock(spec, built, stop), busy=installs and spec.installer == "uv"
    )
    kept = progress.phase("create", lambda: _kept(progress, built, lock), busy=False)
    for line in _explained(spec, built, lock, kept):
        progress.log.note(line)
    locks = (spec.backend_lock, lock)
    for line in (line for each in locks if each is not None for line in each.warnings):
        progress.log.note(line)
        progress.warn(line)
    environment = kept.environment or progress.phase(
        "create", lambda: _create(progress, spec), detail=spec.backend
    )
    progress.environment, progress.packages = environment, kept.packages
    if cell.settings.source == "copy":
        progress.phase("create", lambda: workshop.copy_source(Path(cell.root), stop), detail="source")
    if kept.environment is None:
        installation = progress.phase(
            "install", lambda: workshop.install(spec, environment, built, lock, stop), busy=installs
        )
        progress.packages = installation.packages
        for line in installation.notes:
            progress.log.note(line)
    progress.installed = built if spec.installs_project else None
    progress.phase("create", lambda: make_folders(cell), busy=False)


def _installs(spec: EnvSpec) -> bool:
    return bool(spec.package != "none" or spec.requirements or spec.groups or spec.seed)


def _kept(progress: Progress, built: Built | None, lock: Lock | None) -> Reused:
    """Return the environment that `--reuse` keeps: a retry always gets a fresh one."""
    if progress.number > 1:
        return Reused()
    return progress.tools.workshop.reuse(progress.spec, built, lock, progress.tools.stop)


def _explained(spec: EnvSpec, built: Built | None, lock: Lock | None, kept: Reused) -> Iterator[str]:
    """Say of everything whether it was reused or made, and why."""
    if spec.backend_lock is not None:
        yield f"{spec.backend} lock: {spec.backend_lock.how}"
    if built is not None:
        yield f"wheel: {built.how}"
        yield from built.notes
    if lock is not None:
        yield f"lock: {lock.how}"
        yield from lock.notes
    if kept.how:
        yield f"environment: {kept.how}"


def _create(progress: Progress, spec: EnvSpec) -> Environment:
    environment = progress.tools.workshop.create(spec, progress.tools.stop)
    progress.environment = environment
    for line in environment.notes:
        progress.log.note(line)
    return environment


def _forget_coverage(cell: ReadyCell, root: str) -> None:
    """Remove what the cell's last run measured, if the file is the one that runner itself chose.

    Raises CellError when it cannot be removed.
    """
    foreign = cell.cell.foreign
    if foreign is not None and not foreign.inherited.usual:  # then the file is the user's, whatever its name
        return
    name = f".coverage.{cell.id}"
    chosen = {os.path.join(folder, name) for folder in (root, cell.root)}  # noqa: PTH118 - as text, to compare
    file = cell.variables.get("COVERAGE_FILE", "")
    if file in chosen:
        try:
            Path(file).unlink(missing_ok=True)
        except OSError as error:
            raise CellError("create", f"{file} cannot be removed: {error.strerror}") from error


def _commands(bench: Bench) -> Verdict:
    """Run setup, and, if that passed, the commands: both count against one timeout."""
    cell, stop = bench.progress.cell, bench.progress.tools.stop
    until = deadline(bench.progress)
    setup = Batch(phase="setup", commands=cell.steps.setup, deadline=until, stop=stop, keep_going=False)
    verdict = run_batch(bench, setup)
    if verdict != PASSED:
        return verdict
    keep_going = cell.settings.keep_going
    commands = cell.steps.commands
    return run_batch(
        bench, Batch(phase="command", commands=commands, deadline=until, stop=stop, keep_going=keep_going)
    )


def _teardown(bench: Bench, before: Verdict) -> Verdict:
    """Run all of teardown, whatever fails; what went wrong before it weighs more."""
    cell, stop = bench.progress.cell, bench.progress.tools.late_stop
    until = deadline(bench.progress)
    after = run_batch(
        bench,
        Batch(phase="teardown", commands=cell.steps.teardown, deadline=until, stop=stop, keep_going=True),
    )
    return after if before == PASSED else before


def _inspect(progress: Progress, environment: Environment) -> None:
    """Look at what the steps did to the environment: whatever that finds, the verdict stands."""
    tools = progress.tools
    try:
        lines = tools.workshop.inspect(progress.spec, environment, progress.lock, tools.late_stop)
    except Exception as error:  # noqa: BLE001 - as above
        lines = (f"the environment could not be looked at: {progress.log.note_unexpected(error)}",)
    for line in lines:
        progress.warn(line)


def _collected(bench: Bench, verdict: Verdict) -> Tried:
    progress, tools = bench.progress, bench.progress.tools
    if not tools.collectors:
        _keep_results(bench)
        return Tried(_attempt(progress, verdict), progress, ran=True)
    since = progress.begin("collect", detail=", ".join(plugin for plugin, _ in tools.collectors))
    found = collect(tools.collectors, progress.cell, _attempt(progress, verdict), bench.folder, progress.log)
    _keep_results(bench)
    attached = tuple(_where_kept(path, bench) for path in found.attachments)
    kept = keep_attachments(attached, progress.cell, tools.job)
    progress.end("collect", since, Exited(0), ok=True)
    for line in (*found.warnings, *kept.warnings):
        progress.warn(line)
    return Tried(_attempt(progress, verdict, found.tests), progress, ran=True, artifacts=kept.artifacts)


def _keep_results(bench: Bench) -> None:
    """Keep the files with results, without secrets: whatever comes of that, the verdict stands."""
    if bench.folder == bench.kept:
        return
    try:
        junit.keep(bench.folder, bench.kept, bench.progress.tools.concealer)
    except OSError as error:
        bench.progress.warn(f"files with test results could not be kept in {bench.kept}: {error.strerror}")


def _where_kept(path: str, bench: Bench) -> str:
    inside = Path(path).is_relative_to(bench.folder)
    return str(bench.kept / Path(path).relative_to(bench.folder)) if inside else path


def _attempt(progress: Progress, verdict: Verdict, tests: tuple[TestResult, ...] = ()) -> Attempt:
    return Attempt(
        number=progress.number,
        outcome=verdict.outcome,
        duration=progress.seconds,
        reason=verdict.reason,
        steps=tuple(progress.steps),
        tests=tests,
    )
