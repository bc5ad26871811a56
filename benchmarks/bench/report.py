"""Results as text for a terminal and as Markdown for the pages. Pure: from results to strings."""

from collections.abc import Sequence

from bench.model import BenchmarkError, CaseResult, Results, Sample, Series, TargetResult
from bench.targets import duration

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"

Row = tuple[str, ...]

_TARGETS: Row = ("work", "against", "runner", "the other", "ratio", "target", "met")
_CASE: Row = (
    "who (runs)",
    "median",
    "least",
    "most",
    "through runner's",
    "processor time",
    "largest process",
    "runs before",
)
_VERDICTS = {True: "yes", False: "no", None: ""}


def target_text(targets: Sequence[TargetResult]) -> str:
    """Return the table of targets for a terminal."""
    return _text((_TARGETS, *map(_target, targets)))


def case_text(case: CaseResult) -> str:
    """Return the table of a case for a terminal."""
    return f"{case['title']}\n{_text((_CASE, *map(_line, case['series'])))}"


def readme_block(results: Results) -> str:
    """Return what stands in the README: the targets, the machine and the versions."""
    return "\n\n".join((_markdown((_TARGETS, *map(_target, results["targets"]))), _where(results)))


def page_block(results: Results) -> str:
    """Return what stands on the page about speed: every case, and where it was measured."""
    tables = (
        f"### {case['title']}\n\n{_markdown((_CASE, *map(_line, case['series'])))}"
        for case in results["cases"]
    )
    return "\n\n".join((_where(results), *tables))


def inserted(page: str, block: str, name: str) -> str:
    """Return the page with the block between its markers. Raises BenchmarkError when they are not there."""
    before, begin, rest = page.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchmarkError(
            f"{name}: the lines {BEGIN} and {END} are missing; put them where the table belongs"
        )
    return f"{before}{begin}\n{block}\n\n{end}{after}"


def _target(target: TargetResult) -> Row:
    words = (
        target["work"],
        target["against"],
        target["runner"],
        target["other"],
        target["value"],
        target["bound"],
    )
    return (*words, _VERDICTS[target["met"]])


def _line(series: Series) -> Row:
    seconds = [sample["seconds"] for sample in series["samples"]]
    middle = _median_sample(series)
    return (
        f"{series['title']} ({len(seconds)})",
        duration(series["median"]),
        duration(min(seconds)),
        duration(max(seconds)),
        "" if series["ratio"] is None else f"{series['ratio']:.2f}x",
        duration(middle["cpu_seconds"]),
        f"{middle['peak_kib'] / 1024:.0f} MiB",
        ", ".join(duration(sample["seconds"]) for sample in series["warm_up"]),
    )


def _median_sample(series: Series) -> Sample:
    """Return the run whose time is the median, or next to it."""
    return min(series["samples"], key=lambda sample: abs(sample["seconds"] - series["median"]))


def _where(results: Results) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return (
        f"Measured on {results['date']}: {machine['cpus']} CPUs ({machine['model']}),"
        f" {machine['memory_gib']} GiB, {machine['system']}; tools on Python {machine['python']}, cells on"
        f" {', '.join(results['pythons'])}; {versions}."
        f" Medians of rounds in which all tools take turns, {results['jobs']} cells at a time."
    )


def _text(rows: Sequence[Row]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _markdown(rows: Sequence[Row]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body))
