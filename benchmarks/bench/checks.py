"""Whether the work was really done: every run of every tool is looked at."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.model import BenchmarkError, Evidence

_CLOCK = 0.05
"""File times lag behind the clock by up to a tick, in seconds."""

Check = Callable[[Evidence], None]


def anything(evidence: Evidence) -> None:
    """Ask for some output."""
    if not evidence.output.strip():
        raise BenchmarkError("it printed nothing")


def listed(cells: int) -> Check:
    """Ask for a list of so many cells."""

    def check(evidence: Evidence) -> None:
        found = len(re.findall(evidence.contender.listed, evidence.output))
        if found != cells:
            raise BenchmarkError(f"it listed {found} cells instead of {cells}")

    return check


def configured(cells: int) -> Check:
    """Ask for the settings of so many environments."""

    def check(evidence: Evidence) -> None:
        found = evidence.output.count('"TOX_ENV_NAME"')
        if found < cells:
            raise BenchmarkError(f"it showed the settings of {found} environments instead of {cells}")

    return check


def children(count: int) -> Check:
    """Ask for so many children that ran to their end."""

    def check(evidence: Evidence) -> None:
        if len(evidence.lines) != count:
            raise BenchmarkError(f"{len(evidence.lines)} of {count} cells ran their command")

    return check


def environments(pythons: Sequence[str]) -> Check:
    """Ask for one environment for each Python, new or kept as asked, with the source as it is."""

    def check(evidence: Evidence) -> None:
        lines = [line.split(" ", 2) for line in evidence.lines]
        ran = Counter(python for python, _, _ in lines)
        if ran != Counter(pythons):
            raise BenchmarkError(
                f"the command ran on {dict(ran)} instead of once on each of {', '.join(pythons)}"
            )
        for python, stamp, folder in lines:
            if stamp != evidence.stamp:
                raise BenchmarkError(
                    f"Python {python} saw state {stamp} of the source, which is now at {evidence.stamp}"
                )
            _check_age(evidence, Path(folder))

    return check


def large(python: str, packages: int) -> Check:
    """Ask for one environment, as above, in which at least so many packages are installed."""
    made = environments([python])

    def check(evidence: Evidence) -> None:
        made(evidence)
        folder = Path(evidence.lines[0].split(" ", 2)[2])
        found = len(list(folder.glob("lib/python*/site-packages/*.dist-info")))
        if found < packages:
            raise BenchmarkError(f"the environment holds {found} packages, and is to hold {packages} or more")

    return check


def _check_age(evidence: Evidence, folder: Path) -> None:
    marker = folder / "pyvenv.cfg"
    if not marker.is_file():
        raise BenchmarkError("the command ran outside of an environment")
    fresh = marker.stat().st_mtime >= evidence.started - _CLOCK
    if fresh and evidence.contender.keeps and not evidence.first:
        raise BenchmarkError("it made an environment that it was to keep")
    if not fresh and not evidence.contender.keeps:
        raise BenchmarkError("it kept an environment that it was to make")
