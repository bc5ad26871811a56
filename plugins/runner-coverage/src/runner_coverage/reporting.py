"""Reports on the combined data, by coverage, and the summary of them.

Coverage shows paths from the current folder, which has to be the project's: `worker` sees to that.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypedDict

import msgspec
from coverage.exceptions import NoDataError
from msgspec import Struct

from runner_coverage.combining import Combined, NoData
from runner_coverage.insight import Reach, insights, ranges
from runner_coverage.options import Kind, Report
from runner_coverage.record import Record
from runner_coverage.summary import FileTotal, Summary, Totals, markdown


class _Numbers(Struct):
    """The numbers of coverage's JSON report."""

    num_statements: int
    missing_lines: int
    percent_covered: float
    percent_covered_display: str
    num_partial_branches: int = 0


class _File(Struct):
    summary: _Numbers
    missing_lines: tuple[int, ...]


class _Told(Struct):
    totals: _Numbers
    files: dict[str, _File]


class _Which(TypedDict):
    """What every report is about."""

    morfs: list[str]
    omit: list[str]
    include: list[str]
    ignore_errors: bool


def summarize(combined: Combined, folder: Path) -> Summary:
    """Return the summary of the data; `folder` is there to work in. Raises NoData."""
    file = folder / "report.json"
    try:
        _write("json", file, combined)
    except NoDataError as error:
        raise NoData(f"coverage's `include` and `omit` leave nothing: {error}") from error
    told = msgspec.json.decode(file.read_bytes(), type=_Told)  # noqa: TID251 - in one thread
    statements = {name: tuple(combined.coverage.analysis2(name)[1]) for name in told.files}
    factors = _factors(combined.records)
    return Summary(
        cells=tuple(factors),
        totals=_totals(told.totals),
        files=tuple(_file_total(name, each, statements[name]) for name, each in told.files.items()),
        insights=insights(_reaches(combined, statements), factors),
        fail_under=_number(combined, "report:fail_under"),
        precision=int(_number(combined, "report:precision")),
        warnings=combined.warnings,
    )


def write(report: Report, combined: Combined, summary: Summary) -> None:
    """Write one report. Raises OSError and CoverageException."""
    target = Path(report.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if report.kind == "markdown":
        target.write_text(markdown(summary), "utf-8")
        return
    _write(report.kind, target, combined)
    if report.kind == "json":
        told: dict[str, object] = json.loads(target.read_text("utf-8"))
        told["runner"] = {"cells": summary.cells, "insights": msgspec.to_builtins(summary.insights)}
        target.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _write(kind: Kind, target: Path, combined: Combined) -> None:
    known = combined.coverage
    which = _Which(
        morfs=list(combined.files),
        omit=[*combined.settings.omit, *_listed(combined, "report:omit")],
        include=[*_listed(combined, "report:include")] or [*combined.settings.include],
        ignore_errors=True,  # such as code that only a newer Python can read: coverage warns
    )
    if kind == "html":
        known.html_report(directory=str(target), show_contexts=True, **which)
    elif kind == "xml":
        known.xml_report(outfile=str(target), **which)
    elif kind == "lcov":
        known.lcov_report(outfile=str(target), **which)
    else:
        known.json_report(outfile=str(target), **which)


def _listed(combined: Combined, option: str) -> Iterator[str]:
    value = combined.coverage.get_option(option)
    yield from map(str, value) if isinstance(value, list) else ()


def _number(combined: Combined, option: str) -> float:
    value = combined.coverage.get_option(option)
    return float(value) if isinstance(value, int | float) else 0.0


def _totals(numbers: _Numbers) -> Totals:
    return Totals(
        statements=numbers.num_statements,
        missing=numbers.missing_lines,
        partial=numbers.num_partial_branches,
        percent=numbers.percent_covered,
        shown=numbers.percent_covered_display,
    )


def _file_total(name: str, told: _File, statements: tuple[int, ...]) -> FileTotal:
    return FileTotal(
        file=Path(name).as_posix(),
        missing_lines=ranges(told.missing_lines, statements),
        totals=_totals(told.summary),
    )


def _factors(records: Iterable[Record]) -> Mapping[str, Mapping[str, str]]:
    return {record.cell: record.factors for record in sorted(records, key=lambda each: each.cell)}


def _reaches(combined: Combined, statements: Mapping[str, tuple[int, ...]]) -> Iterator[Reach]:
    data = combined.coverage.get_data()
    measured = {os.path.realpath(file): file for file in combined.files}
    for name, found in statements.items():
        contexts = data.contexts_by_lineno(measured[os.path.realpath(name)])
        cells = {line: frozenset(map(_cell_of, inner)) for line, inner in contexts.items()}
        yield Reach(Path(name).as_posix(), found, cells)


def _cell_of(context: str) -> str:
    return context.partition("|")[0]
