"""The built-in collector: what test tools wrote as JUnit XML becomes test results."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from runner.model.plan import ReadyCell
from runner.model.results import ATTEMPT_STARTED, Attempt, Collected, TestResult
from runner.results.cases import test_result, worst_of_each
from runner.results.junit import Reading, read_junit

MOST_BYTES = 64 * 1024 * 1024
"""Read of one file; what comes after is left out with a warning."""

MOST_FILES = 1000
_CHUNK = 256 * 1024


class JUnitCollector:
    """Reads all JUnit XML in the attempt's folder, and the files that the `junit` setting names.

    Nothing that a file holds, or lacks, is an exception: what cannot be read is a warning.
    """

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:  # noqa: ARG002 - the Protocol's
        """Return each test once, the worst of its cases, in the order of the files' names."""
        if cell.settings.junit is False:
            return Collected()
        files = sorted(
            folder.glob("*.xml"), key=lambda file: (len(file.name), file.name)
        )  # 2.xml before 10.xml
        warnings: list[str] = []
        if isinstance(cell.settings.junit, str):
            named, about = _named_files(cell, cell.settings.junit, folder)
            files += [file for file in named if file not in files]
            warnings += about
        if len(files) > MOST_FILES:
            warnings.append(f"{len(files)} JUnit files: only the first {MOST_FILES} are read")
        tests: list[TestResult] = []
        for file in files[:MOST_FILES]:
            found, warning = _read(file, Path(cell.root))
            tests += found
            warnings += [warning] if warning else []
        return Collected(tests=worst_of_each(tests), warnings=tuple(warnings))


def _named_files(cell: ReadyCell, pattern: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Return the files that `pattern` names below the cell's root, less those older than the attempt."""
    root = Path(cell.root)
    path = Path(pattern)
    inside = path.relative_to(root) if path.is_absolute() and path.is_relative_to(root) else path
    try:
        matches = sorted(root.glob(str(inside))) if inside.parts else []
        found = [file for file in matches if file.is_file() and not _is_ours(file, cell)]
    except (ValueError, NotImplementedError, OSError) as error:
        return [], [f"junit = {pattern!r}: {error}"]
    if not found:
        return [], [f"junit = {pattern!r} matches no file below {root}"]
    since = _modified(folder / ATTEMPT_STARTED)
    fresh = [file for file in found if _modified(file) >= since]
    stale = len(found) - len(fresh)
    if stale:
        return fresh, [
            f"junit = {pattern!r}: {stale} of {len(found)} files are older than this attempt: not read"
        ]
    return fresh, []


def _is_ours(file: Path, cell: ReadyCell) -> bool:
    """Whether `file` is in the work-dir, and not the cell's own there: its environment, or its copy."""
    work_dir = Path(cell.env_dir).parent.parent
    own = (Path(cell.env_dir), Path(cell.root))
    return file.is_relative_to(work_dir) and not any(
        file.is_relative_to(folder) for folder in own if folder.is_relative_to(work_dir)
    )


def _modified(file: Path) -> int:
    """Return when the file was written last, in nanoseconds; 0 for one that is gone."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _read(file: Path, root: Path) -> tuple[tuple[TestResult, ...], str]:
    @cache
    def exists(relative: str) -> bool:
        return (root / relative).is_file()

    try:
        reading, size = _read_bounded(file)
    except OSError as error:
        return (), f"{file}: {error.strerror or error}: its tests are missing from the result"
    tests = tuple(test_result(case, root, exists) for case in reading.cases)
    if size == 0:
        return (), f"{file} is empty: the tool that should have written it was cut short"
    if size > MOST_BYTES:
        return tests, f"{file}: only its first {MOST_BYTES} bytes were read: {len(tests)} tests"
    if reading.problem:
        return tests, f"{file}: {reading.problem}; {len(tests)} tests before that were read"
    return tests, ""


def _read_bounded(file: Path) -> tuple[Reading, int]:
    """Return what the file holds and how many bytes were looked at: at most one more than `MOST_BYTES`."""
    size = 0

    def chunks() -> Iterator[bytes]:
        nonlocal size
        with file.open("rb") as stream:
            while size <= MOST_BYTES and (chunk := stream.read(min(_CHUNK, MOST_BYTES + 1 - size))):
                size += len(chunk)
                yield chunk

    return read_junit(chunks()), size
