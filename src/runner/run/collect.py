"""Asking the collectors what an attempt's output files say."""

import os
from pathlib import Path

import msgspec
from msgspec.structs import replace

from runner.model.encode import converted
from runner.model.plan import ReadyCell
from runner.model.plugins import Collector
from runner.model.results import Attempt, Collected, TestResult
from runner.model.unexpected import describe_guest
from runner.run.log import CellLog


def collect(
    collectors: tuple[tuple[str, Collector], ...],
    cell: ReadyCell,
    attempt: Attempt,
    folder: Path,
    log: CellLog,
) -> Collected:
    """Return what all collectors found together; one that raises becomes a warning that names its plugin."""
    found = [_ask(named, cell, attempt, folder, log) for named in collectors]
    return Collected(
        tests=tuple(_located(test, cell.root) for each in found for test in each.tests),
        attachments=tuple(path for each in found for path in each.attachments),
        warnings=tuple(line for each in found for line in each.warnings),
    )


def _ask(
    named: tuple[str, Collector], cell: ReadyCell, attempt: Attempt, folder: Path, log: CellLog
) -> Collected:
    plugin, collector = named
    try:
        found: object = collector.collect(cell, attempt, folder)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        log.note_unexpected(error)
        said = describe_guest(error, __file__)
        return Collected(warnings=(f"plugin {plugin}: its collector failed: {said}",))
    try:
        # A plugin may have put anything into it: what is not a result must not get into results.
        return converted(msgspec.to_builtins(found), Collected)
    except (msgspec.ValidationError, TypeError) as error:
        return Collected(warnings=(f"plugin {plugin}: its collector returned no Collected: {error}",))
    except Exception as error:  # noqa: BLE001 - what it returned may do anything when it is looked at
        said = log.note_unexpected(error)
        return Collected(warnings=(f"plugin {plugin}: its collector returned no Collected: {said}",))


def _located(test: TestResult, root: str) -> TestResult:
    """Return the test with its file relative to the cell's root, so that copies look like the project."""
    if test.file is None or not os.path.isabs(test.file):  # noqa: PTH117 - thousands of tests, text to text
        return test
    for base in (root, os.path.realpath(root)):
        if Path(test.file).is_relative_to(base):
            return replace(test, file=Path(test.file).relative_to(base).as_posix())
    return test
