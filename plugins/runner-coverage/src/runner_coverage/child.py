"""Having coverage combine and report, in a process of its own.

Coverage counts on the current folder, on variables and on what warnings are shown: it gets its own of each.
"""

import os
import subprocess
import sys

import msgspec
from msgspec import Struct

from runner_coverage.options import Report
from runner_coverage.summary import Summary

_PROGRAM = "import sys; del sys.path[0]; from runner_coverage.worker import main; main()"
"""Without the current folder on the path: the project may have modules that are called like others."""


class Request(Struct, frozen=True):
    """What to report on: the project's folder, the records of the cells, and the reports to write."""

    root: str
    records: tuple[str, ...]
    reports: tuple[Report, ...] = ()


class Answer(Struct, frozen=True):
    """The summary, None when there is none; and what went wrong: why there is none, reports not written."""

    summary: Summary | None = None
    problems: tuple[str, ...] = ()


def ask(request: Request) -> Answer:
    """Return what came of it. Raises RuntimeError when the process fails."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        (sys.executable, "-c", _PROGRAM),
        input=msgspec.json.encode(request),
        capture_output=True,
        cwd=request.root,
        env=environ,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"combining ended with exit code {done.returncode}: {said[-1] if said else ''}")
    return msgspec.json.decode(done.stdout, type=Answer)  # noqa: TID251 - in one thread
