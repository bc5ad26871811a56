"""What the plugin says at the end of a run: the summary, the reports, and whether enough is covered."""

from pathlib import Path, PurePosixPath

from runner import Finish, Options, RunResult
from runner_coverage.child import Request, ask
from runner_coverage.options import Asked
from runner_coverage.record import FOLDER, RECORD
from runner_coverage.summary import Summary, is_below, lines

TOO_LITTLE = 1
"""The exit code of a run in which all passed, but too little is covered."""


def last_words(result: RunResult, options: Options, asked: Asked) -> Finish | None:
    """Combine what the cells of a run measured; nothing is said of a run that was cut short."""
    if options.install_only or result.outcome == "cancelled":
        return None
    records = tuple(
        str(Path(options.run_folder, name))
        for cell in result.cells
        for name in cell.artifacts
        if PurePosixPath(name).parts[-2:] == (FOLDER, RECORD)
    )
    wanted = bool(asked.reports or asked.fail_under)
    if not records:
        why = "no cell of this run measured anything"
        return Finish((f"coverage: {why}",), TOO_LITTLE if wanted else 0)
    answer = ask(Request(options.root, records, asked.reports))
    if answer.summary is None:
        return Finish(tuple(f"coverage: {each}" for each in answer.problems), TOO_LITTLE if wanted else 0)
    failed = failure(answer.summary, asked.fail_under)
    said = (*lines(answer.summary), *notes(answer.summary, answer.problems), *((failed,) if failed else ()))
    return Finish(said, TOO_LITTLE if failed or answer.problems else 0)


def notes(summary: Summary, problems: tuple[str, ...]) -> tuple[str, ...]:
    """Return what people should know besides the summary."""
    warnings = (f"coverage: warning: {warning}" for warning in summary.warnings)
    return (*warnings, *(f"coverage: {problem}" for problem in problems))


def failure(summary: Summary, asked: float | None) -> str:
    """Say that too little is covered; empty when it is enough. What is asked for beats the settings."""
    least = summary.fail_under if asked is None else asked
    if not is_below(summary.totals.percent, least, summary.precision):
        return ""
    source = "fail_under in coverage's settings" if asked is None else "--coverage-fail-under"
    return f"coverage: {summary.totals.shown} % is less than the {least:g} % that are asked for ({source})"
