"""One attempt at a cell: every phase once, in an environment of its own."""

import os
from pathlib import Path

from msgspec import Struct

from runner.model.environment import Environment
from runner.model.plan import EnvSpec, ReadyCell
from runner.model.results import Attempt, Exited, TestResult
from runner.run import junit
from runner.run.collect import collect
from runner.run.commands import PASSED, Bench, Row, Verdict, deadline, run_row
from runner.run.job import Tools
from runner.run.keep import keep_attachments
from runner.run.log import CellLog
from runner.run.record import Ended, Record


class Tried(Struct, frozen=True):
    """An attempt, and what of it goes into the cell's result. `ran`: it got as far as its commands."""

    attempt: Attempt
    record: Record
    ran: bool
    artifacts: tuple[str, ...] = ()


def try_once(cell: ReadyCell, number: int, tools: Tools, log: CellLog) -> Tried:
    """Make the environment, run the commands in it, and collect what they left."""
    record = Record(cell, number, tools, log)
    try:
        _prepare(record)
        prepared = PASSED
    except Ended as ended:
        prepared = Verdict(ended.outcome, ended.reason)
    environment = record.environment
    if environment is None or tools.job.install_only:
        return Tried(_attempt(record, prepared), record, ran=False)
    folder = Path(tools.job.folder, "junit", cell.cell.folder, str(number))
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(record, environment, folder, junit.project_option(Path(cell.root)))
    verdict = _commands(bench) if prepared == PASSED else prepared
    verdict = _teardown(bench, verdict)
    if not record.commands:
        return Tried(_attempt(record, verdict), record, ran=False)
    return _collected(bench, verdict)


def _prepare(record: Record) -> None:
    """Go through the phases up to the installed environment. Raises Ended."""
    cell, tools = record.cell, record.tools
    stop, workshop = tools.stop, tools.workshop
    _forget_coverage(cell, tools.job.root)
    record.spec = record.phase(
        "python", lambda: workshop.interpreter(cell.spec, stop), detail=cell.spec.python.text
    )
    spec = record.spec
    built = record.phase(
        "package", lambda: workshop.package(spec, stop), busy=spec.package != "none", detail=spec.package
    )
    installs = _installs(spec)
    lock = record.phase(
        "lock", lambda: workshop.lock(spec, built, stop), busy=installs and spec.installer == "uv"
    )
    for made in (built, lock):
        for line in made.notes if made else ():
            record.log.note(line)
    environment = record.phase("create", lambda: _create(record, spec), detail=spec.backend)
    if cell.settings.source == "copy":
        record.phase("create", lambda: workshop.copy_source(Path(cell.root), stop), detail="source")
    record.packages = record.phase(
        "install", lambda: workshop.install(spec, environment, built, lock, stop), busy=installs
    )


def _installs(spec: EnvSpec) -> bool:
    return bool(spec.package != "none" or spec.requirements or spec.groups or spec.seed)


def _create(record: Record, spec: EnvSpec) -> Environment:
    cell = record.cell
    environment = record.tools.workshop.create(spec, Path(cell.env_dir), record.tools.stop)
    record.environment = environment
    Path(cell.tmp).mkdir(parents=True, exist_ok=True)
    return environment


def _forget_coverage(cell: ReadyCell, root: str) -> None:
    """Remove what the cell's last run measured, if the file is the one that runner itself chose."""
    name = f".coverage.{cell.id}"
    chosen = {os.path.join(folder, name) for folder in (root, cell.root)}  # noqa: PTH118 - as text, to compare
    file = cell.variables.get("COVERAGE_FILE", "")
    if file in chosen:
        Path(file).unlink(missing_ok=True)


def _commands(bench: Bench) -> Verdict:
    """Run setup, and, if that passed, the commands: both count against one timeout."""
    cell, stop = bench.record.cell, bench.record.tools.stop
    until = deadline(bench.record)
    setup = Row(phase="setup", commands=cell.steps.setup, deadline=until, stop=stop, keep_going=False)
    verdict = run_row(bench, setup)
    if verdict != PASSED:
        return verdict
    keep_going = cell.settings.keep_going
    commands = cell.steps.commands
    return run_row(
        bench, Row(phase="command", commands=commands, deadline=until, stop=stop, keep_going=keep_going)
    )


def _teardown(bench: Bench, before: Verdict) -> Verdict:
    """Run all of teardown, whatever fails; what went wrong before it weighs more."""
    cell, stop = bench.record.cell, bench.record.tools.late_stop
    until = deadline(bench.record)
    after = run_row(
        bench, Row(phase="teardown", commands=cell.steps.teardown, deadline=until, stop=stop, keep_going=True)
    )
    return after if before == PASSED else before


def _collected(bench: Bench, verdict: Verdict) -> Tried:
    record, tools = bench.record, bench.record.tools
    if not tools.collectors:
        return Tried(_attempt(record, verdict), record, ran=True)
    since = record.begin("collect")
    found = collect(tools.collectors, record.cell, _attempt(record, verdict), bench.folder, record.log)
    kept = keep_attachments(found.attachments, record.cell, tools.job)
    record.end("collect", since, Exited(0), ok=True)
    for line in (*found.warnings, *kept.warnings):
        record.warn(line)
    return Tried(_attempt(record, verdict, found.tests), record, ran=True, artifacts=kept.artifacts)


def _attempt(record: Record, verdict: Verdict, tests: tuple[TestResult, ...] = ()) -> Attempt:
    return Attempt(
        number=record.number,
        outcome=verdict.outcome,
        duration=record.seconds,
        reason=verdict.reason,
        steps=tuple(record.steps),
        tests=tests,
    )
