"""The end of a run: every cell in a table, the worst last, then the totals and what to do next."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct

from runner.model.events import RunFinished
from runner.model.results import CellResult, Outcome, TestResult
from runner.model.visible import line
from runner.report.cells import OUTCOME_WIDTH, bad_tests, counts, is_bad, remarks, tests_words, time_words
from runner.report.style import Style
from runner.report.words import command_line, duration, first_line, plural

MOST_PASSED = 40
"""Passed cells that get a row each; more are one row."""

MOST_ALIKE = 4
"""Skipped or cancelled cells of one reason that get a row each; more are one row."""

MOST_TESTS = 10
MOST_AGAIN = 4
"""Cells that the last line names to run again; of more, it names one."""

_ORDER: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "cancelled")


class _Row(Struct, frozen=True):
    first: CellResult
    id: str
    python: str
    tests: str
    time: str
    remarks: str


def table(results: Iterable[CellResult], style: Style, width: int | None) -> tuple[str, ...]:
    """Return one line a cell, aligned; lines are cut at `width` unless it is None."""
    rows = [row for group in _groups(results) for row in _rows(group)]
    columns = [
        (row.id, f"{row.first.outcome:<{OUTCOME_WIDTH}}", row.python, row.tests, row.time) for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    lines = []
    for row, (id_, outcome, *others, time) in zip(rows, columns, strict=True):
        padded = [id_.ljust(widths[0]), outcome]
        padded += [text.ljust(size) for text, size in zip(others, widths[2:], strict=False) if size]
        padded += [time.rjust(widths[-1])] if widths[-1] else []
        about = _cut(row.remarks, None if width is None else width - len("  ".join(padded)) - 2)
        padded[1] = style.outcome(row.first, outcome)
        lines.append("  ".join([*padded, about]).rstrip())
    return tuple(lines)


def totals(results: Iterable[CellResult], finished: RunFinished, style: Style) -> str:
    """Return `12 cells: 10 passed, 1 failed, 1 skipped in 8.1s`."""
    cells = tuple(results)
    outcomes = Counter(cell.outcome for cell in cells)
    flaky = sum(cell.flaky for cell in cells)
    allowed = Counter(cell.outcome for cell in cells if is_bad(cell) and cell.allowed)
    parts = []
    for outcome in _ORDER:
        notes = [f"{flaky} flaky"] if flaky and outcome == "passed" else []
        notes += [f"{allowed[outcome]} allowed"] if allowed[outcome] else []
        if outcomes[outcome]:
            parts.append(f"{outcomes[outcome]} {outcome}" + (f" ({', '.join(notes)})" if notes else ""))
    text = (
        f"{plural(len(cells), 'cell')}: {', '.join(parts) or 'nothing ran'} in {duration(finished.duration)}"
    )
    return style.paint(text, "bold", "green" if finished.exit_code == 0 else "red")


def failing_tests(results: Iterable[CellResult]) -> tuple[str, ...]:
    """Return each failing test once, with the number of cells it fails in: the most widespread last."""
    cells = tuple(results)
    found: defaultdict[str, list[TestResult]] = defaultdict(list)
    for cell in filter(counts, cells):
        for test in bad_tests(cell):
            found[test.id].append(test)
    ordered = sorted(found.items(), key=lambda item: len(item[1]))
    lines = [_failing_line(id_, tests, len(cells)) for id_, tests in ordered[-MOST_TESTS:]]
    more = len(ordered) - len(lines)
    return (*([f"and {plural(more, 'more test')}"] if more else []), *lines)


def why(finished: RunFinished) -> str:
    """Return what explains an exit code that the cells do not; empty when they do."""
    if finished.outcome == "skipped":
        return f"nothing was tested: every cell was skipped (exit code {finished.exit_code})"
    return ""


def next_step(results: Iterable[CellResult], more: tuple[str, ...]) -> str:
    """Return the command that runs what failed again, `more` words in it; empty when nothing counts."""
    failed = [cell.id for cell in sorted(filter(counts, results), key=_badness)]
    if not failed:
        return ""
    few = len(failed) <= MOST_AGAIN
    words = "to run it again" if len(failed) == 1 else "to run them again" if few else "to run one again"
    again = ",".join(failed) if few else failed[-1]
    return f"{words}: {command_line(('runner', *more, '-e', again))}"


def _failing_line(id_: str, tests: list[TestResult], cells: int) -> str:
    message = next(filter(None, (first_line(test.message) for test in tests)), "")
    words = f"{line(id_)} fails in {len(tests)} of {plural(cells, 'cell')}"
    return f"{words}: {message}" if message else words


def _badness(result: CellResult) -> int:
    if is_bad(result):
        return 4 if result.allowed else 5 + (result.outcome == "failed")
    return {"passed": int(result.flaky), "skipped": 2}.get(result.outcome, 3)


def _groups(results: Iterable[CellResult]) -> list[list[CellResult]]:
    """Put cells together that may share a row: those that passed, and those of one outcome and reason."""
    groups: dict[tuple[int, str, str], list[CellResult]] = {}
    for result in sorted(results, key=_badness):
        own = "" if result.outcome == "passed" and not result.flaky else result.id
        alike = "" if result.outcome in {"skipped", "cancelled"} else own
        reason = "" if result.outcome == "passed" else first_line(result.reason)
        groups.setdefault((_badness(result), alike, reason), []).append(result)
    return list(groups.values())


def _rows(group: list[CellResult]) -> list[_Row]:
    first = group[0]
    if len(group) > (MOST_PASSED if first.outcome == "passed" else MOST_ALIKE):
        about = "" if first.outcome == "passed" else remarks(first)
        return [_Row(first, plural(len(group), "cell"), "", "", "", about)]
    return [
        _Row(cell, line(cell.id), line(cell.python or ""), tests_words(cell), time_words(cell), remarks(cell))
        for cell in group
    ]


def _cut(text: str, width: int | None) -> str:
    least = 12  # less says nothing
    if width is None or len(text) <= max(width, least):
        return text
    return text[: max(width, least) - 3] + "..."
