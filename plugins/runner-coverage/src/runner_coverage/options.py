"""The plugin's options: which reports to write, and how much has to be covered."""

import os
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from runner import Option, Options, Problem, UsageError

Kind = Literal["xml", "lcov", "html", "json", "markdown"]
_KINDS: tuple[Kind, ...] = get_args(Kind)

OPTIONS = (
    Option(
        ("--coverage-report",),
        "many",
        f"write the coverage of all cells: {', '.join(_KINDS)}",
        ("run", "coverage"),
        "KIND=PATH",
    ),
    Option(("--coverage-fail-under",), "text", "fail below this percentage", ("run", "coverage"), "N"),
)


class Report(Struct, frozen=True):
    """A report to be written; `path` is absolute: a file, or for html a folder."""

    kind: Kind
    path: str


class Asked(Struct, frozen=True):
    """What the command line asks for. `fail_under` is None when it does not say."""

    reports: tuple[Report, ...] = ()
    fail_under: float | None = None


def asked(options: Options) -> Asked:
    """Read the options; paths start at the project's folder. Raises UsageError."""
    reports = options.of_plugins.get("coverage_report")
    least = options.of_plugins.get("coverage_fail_under")
    texts = reports if isinstance(reports, tuple) else ()
    return Asked(
        tuple(_report(text, Path(options.root)) for text in texts),
        _percentage(least) if isinstance(least, str) else None,
    )


def check_places(reports: tuple[Report, ...]) -> None:
    """Raise UsageError for a report that could not be written: nobody wants to learn that after the tests."""
    for report in reports:
        path = Path(report.path)
        if report.kind == "html":
            wrong = "it is a file, and html is a folder" if path.is_file() else ""
        else:
            wrong = "it is a folder" if path.is_dir() else ""
        above = next(folder for folder in path.parents if folder.exists())
        if not wrong and not (above.is_dir() and os.access(above, os.W_OK)):
            wrong = f"nothing can be written into {above}"
        if wrong:
            raise UsageError(f"--coverage-report {report.kind}={report.path}: {wrong}")


def _report(text: str, root: Path) -> Report:
    kind, equals, path = text.partition("=")
    known = next((each for each in _KINDS if each == kind), None)
    if known is None or not equals or not path:
        hint = f"KIND is one of {', '.join(_KINDS)}"
        raise UsageError(Problem(f"--coverage-report {text}: expected KIND=PATH", hint=hint))
    return Report(known, str(root / path))


def _percentage(text: str) -> float:
    try:
        least = float(text)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 100:  # noqa: PLR2004 - percent; also false for nan
        raise UsageError(f"--coverage-fail-under {text}: expected a number from 0 to 100")
    return least
