"""The verb: combine what was measured before, also elsewhere."""

import sys
from pathlib import Path

from runner import Problem, UsageError, VerbRequest
from runner_coverage.child import Request, ask
from runner_coverage.last_words import TOO_LITTLE, failure, notes
from runner_coverage.options import asked, check_places
from runner_coverage.record import FOLDER, RECORD
from runner_coverage.summary import lines

_PATTERN = f"{FOLDER}/{RECORD}"


class CoverageVerb:
    """`runner coverage [PATHS]`."""

    name = "coverage"
    help = "combine the coverage of the last run, or of the runs in PATHS, and report"

    def run(self, request: VerbRequest) -> int:
        """Print the summary and write the reports; 1 when too little is covered."""
        if request.root is None or request.work_dir is None:
            raise UsageError("coverage: there is no project here, and its source is needed")
        wanted = asked(request.options)
        check_places(wanted.reports)
        records = _given(request.words) if request.words else _newest(Path(request.work_dir))
        answer = ask(Request(request.root, records, wanted.reports))
        if answer.summary is None:
            raise UsageError(*(f"coverage: {each}" for each in answer.problems))
        failed = failure(answer.summary, wanted.fail_under)
        for line in lines(answer.summary):
            request.out.write(f"{line}\n")
        for line in (*notes(answer.summary, answer.problems), *((failed,) if failed else ())):
            sys.stderr.write(f"{line}\n")
        return TOO_LITTLE if failed or answer.problems else 0


def _newest(work_dir: Path) -> tuple[str, ...]:
    """Return the records of the newest run that has any. Raises UsageError."""
    for run in sorted(work_dir.glob("runs/*"), key=lambda run: run.stat().st_mtime_ns, reverse=True):
        if found := _records(run):
            return found
    hint = "run cells with this plugin first, or name folders that hold such runs: runner coverage PATHS"
    raise UsageError(Problem("coverage: no run in this project measured anything", hint=hint))


def _given(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return all records in folders that are given, and those that are given. Raises UsageError."""
    found: dict[str, None] = {}
    for word in words:
        path = Path(word)
        here = (str(path.absolute()),) if path.is_file() else _records(path)
        if not here:
            hint = f"it takes folders with runs of runner, such as a downloaded .runner/runs, or {_PATTERN}"
            raise UsageError(Problem(f"coverage: there is nothing measured in {word}", hint=hint))
        found.update(dict.fromkeys(here))
    return tuple(found)


def _records(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(str(file.absolute()) for file in folder.rglob(_PATTERN)))
