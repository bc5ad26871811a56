"""The process in which coverage combines and reports: the current folder is the project's.

It reads a `Request` from stdin and writes an `Answer` to stdout, both as JSON.
"""

import os
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from coverage.exceptions import CoverageException
from msgspec.structs import replace

from runner_coverage.child import Answer, Request
from runner_coverage.combining import NoData, combine
from runner_coverage.reporting import summarize, write
from runner_coverage.settings import SettingsError


def main() -> None:
    """Answer the request on stdin."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)  # noqa: TID251 - in one thread
    with redirect_stdout(sys.stderr), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = _answer(request)
    told = dict.fromkeys(str(warning.message).partition("; see ")[0] for warning in caught)
    if answer.summary is not None:
        known = answer.summary.warnings
        answer = replace(answer, summary=replace(answer.summary, warnings=(*known, *told)))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _answer(request: Request) -> Answer:
    with TemporaryDirectory(prefix="runner-coverage-") as folder:
        try:
            combined = combine(os.path.realpath(request.root), request.records, folder)
            summary = summarize(combined, Path(folder))
        except ImportError as error:
            return Answer(problems=(f"{error}: coverage's plugins have to be installed beside runner, too",))
        except (NoData, SettingsError, CoverageException) as error:
            return Answer(problems=(str(error),))
        problems: list[str] = []
        for report in request.reports:
            try:
                write(report, combined, summary)
            except (OSError, CoverageException) as error:
                problems.append(f"the {report.kind} report {report.path} could not be written: {error}")
        combined.coverage.get_data().close()
        return Answer(summary, tuple(problems))
