"""What came of measuring, for people: a total, the files that lack something, and the insights. Pure."""

from collections.abc import Iterable
from itertools import islice

from msgspec import Struct

from runner_coverage.insight import Insight

MOST_FILES = 10
MOST_INSIGHTS = 10

_ALL = 100


class Totals(Struct, frozen=True, kw_only=True):
    """How much is covered, in numbers and in percent, which `shown` is for people.

    `missing` are statements that no cell reaches; `partial`, branches that go one way only.
    """

    statements: int
    missing: int
    partial: int
    percent: float
    shown: str


class FileTotal(Struct, frozen=True, kw_only=True):
    """One file; `missing_lines` are ranges for people."""

    file: str
    missing_lines: str
    totals: Totals


class Summary(Struct, frozen=True, kw_only=True):
    """What all cells reach together. `fail_under` and `precision` are the user's own settings of coverage."""

    cells: tuple[str, ...]
    totals: Totals
    files: tuple[FileTotal, ...]
    insights: tuple[Insight, ...]
    fail_under: float
    precision: int
    warnings: tuple[str, ...] = ()


def lines(summary: Summary) -> tuple[str, ...]:
    """Return the lines of a run's summary."""
    return (_total_line(summary), *_table(summary.files), *_insight_lines(summary.insights))


def is_below(percent: float, least: float, precision: int) -> bool:
    """Compare as coverage does: rounded to the precision, and 100 means all."""
    if least == _ALL:
        return percent < least
    digits = max(precision, len(f"{least:.10f}".rstrip("0").partition(".")[2]))
    return round(percent, digits) < least


def markdown(summary: Summary) -> str:
    """Return the whole summary as Markdown."""
    parts = [
        f"# Coverage: {summary.totals.shown} %",
        f"Measured in {', '.join(f'`{cell}`' for cell in summary.cells)}.",
        "\n".join(_rows(summary)),
    ]
    if summary.insights:
        parts.append("## Lines that only some cells reach")
        parts.append("\n".join(f"- `{each.file}:{each.lines}` {each.words}" for each in summary.insights))
    return "\n\n".join(parts) + "\n"


def _rows(summary: Summary) -> Iterable[str]:
    yield "| file | statements | missing | covered | lines |"
    yield "|---|--:|--:|--:|---|"
    for each in summary.files:
        yield _row(each.file.replace("|", "\\|"), each.totals, each.missing_lines)
    yield _row("**total**", summary.totals, "")


def _row(name: str, totals: Totals, lines: str) -> str:
    return f"| {name} | {totals.statements} | {totals.missing} | {totals.shown} % | {lines} |"


def _total_line(summary: Summary) -> str:
    totals = summary.totals
    branches = f", {_counted(totals.partial, 'branch', 'branches')} only one way" if totals.partial else ""
    statements = _counted(totals.statements, "statement")
    missing = (
        f"{totals.missing} of {statements} not reached" if totals.missing else f"{statements}, all reached"
    )
    files, cells = _counted(len(summary.files), "file"), _counted(len(summary.cells), "cell")
    return f"coverage: {totals.shown} % of {files} in {cells}; {missing}{branches}"


def _table(files: tuple[FileTotal, ...]) -> Iterable[str]:
    lacking = [each for each in files if each.totals.percent < _ALL]
    lacking.sort(key=lambda each: -each.totals.missing)
    shown = lacking[:MOST_FILES]
    width = max((len(each.file) for each in shown), default=0)
    digits = max((len(each.totals.shown) for each in shown), default=0)
    for each in shown:
        yield f"  {each.file:<{width}}  {each.totals.shown:>{digits}} %  {each.missing_lines}".rstrip()
    if len(lacking) > len(shown):
        yield f"  and {len(lacking) - len(shown)} more files below 100 %"


def _insight_lines(insights: tuple[Insight, ...]) -> Iterable[str]:
    yield from (f"  {insight}" for insight in islice(insights, MOST_INSIGHTS))
    if len(insights) > MOST_INSIGHTS:
        more = len(insights) - MOST_INSIGHTS
        yield f"  and {more} more such lines: --coverage-report markdown=PATH has all"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
