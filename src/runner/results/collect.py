"""The built-in collector: what test tools wrote as JUnit XML becomes test results."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from msgspec.structs import replace

from runner.model.plan import ReadyCell
from runner.model.results import ATTEMPT_STARTED, Attempt, Collected, TestResult
from runner.results.cases import Look, test_result, unfinished, worst_of_each
from runner.results.junit import Case, Reading, read_junit

MOST_BYTES = 64 * 1024 * 1024
"""Read of one file; what comes after is left out with a warning."""

MOST_FILES = 1000
MOST_LOOKS = 100_000
"""Paths that are looked at to find the modules of one file's tests."""

_CHUNK = 4 * 1024 * 1024
"""Bytes at a time. Older parsers begin a token that is not whole yet anew with each chunk."""


class JUnitCollector:
    """Reads all JUnit XML in the attempt's folder, and the files that the `junit` setting names.

    Nothing that a file holds, or lacks, is an exception: what cannot be read is a warning. `conceal` takes
    secrets out of texts before they are cut: half of one would not be known as one.
    """

    def __init__(self, conceal: Callable[[str], str] = str) -> None:
        self._conceal = conceal

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        """Return each test once, the worst of its cases, in the order of the files' names."""
        if cell.settings.junit is False:
            return Collected()
        # 2.xml before 10.xml
        files = sorted(folder.glob("*.xml"), key=lambda file: (len(file.name), file.name))
        warnings: list[str] = []
        if isinstance(cell.settings.junit, str):
            named, about = _named_files(cell, cell.settings.junit, folder)
            files += [file for file in named if file not in files]
            warnings += about
        if len(files) > MOST_FILES:
            warnings.append(f"{len(files)} JUnit files: only the first {MOST_FILES} are read")
        tests: list[TestResult] = []
        for file in files[:MOST_FILES]:
            found, warning = _read(file, Path(cell.root), self._conceal, whole=result.outcome == "passed")
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


def _read(
    file: Path, root: Path, conceal: Callable[[str], str], *, whole: bool
) -> tuple[tuple[TestResult, ...], str]:
    """Return the tests in a file, and what is wrong with it; not `whole`: its tool may have been stopped."""
    try:
        reading, size = _read_bounded(file)
    except OSError as error:
        return (), f"{file}: {error.strerror or error}: its tests are missing from the result"
    look = looking(root)
    tests = tuple(test_result(_without_secrets(case, conceal), root, look) for case in reading.cases)
    if size == 0:
        return (), f"{file} is empty: the tool that should have written it was cut short"
    if size > MOST_BYTES:
        return tests, f"{file}: only its first {MOST_BYTES} bytes were read: {len(tests)} tests"
    if reading.problem:
        return tests, f"{file}: {reading.problem}; {len(tests)} tests before that were read"
    if not whole and (open_ := unfinished(reading.cases)):
        return tests, f"{file}: tests that had not ended when pytest was interrupted count as passed: {open_}"
    return tests, ""


def _without_secrets(case: Case, conceal: Callable[[str], str]) -> Case:
    """Return the case with what was secret in its texts replaced; by its names it is told from others yet."""
    return replace(case, summary=conceal(case.summary), text=conceal(case.text))


def looking(root: Path) -> Look:
    """Return what looks at paths below `root`, each once, and finds nothing any more after MOST_LOOKS."""
    seen: dict[str, Literal["file", "folder", ""]] = {}

    def look(relative: str) -> Literal["file", "folder", ""]:
        if relative not in seen:
            if len(seen) == MOST_LOOKS or relative.startswith("/"):
                return ""
            path = os.path.join(root, relative)  # noqa: PTH118 - Path raises for a name that is too long
            seen[relative] = "file" if os.path.isfile(path) else "folder" if os.path.isdir(path) else ""  # noqa: PTH112, PTH113 - as above
        return seen[relative]

    return look


def _read_bounded(file: Path) -> tuple[Reading, int]:
    """Return what the file holds and how many bytes were looked at: at most one more than `MOST_BYTES`."""
    size = 0

    def chunks() -> Iterator[bytes]:
        nonlocal size
        with _opened(file) as stream:
            while size <= MOST_BYTES and (chunk := stream.read(min(_CHUNK, MOST_BYTES + 1 - size))):
                size += len(chunk)
                yield chunk

    return read_junit(chunks()), size


def _opened(file: Path) -> BinaryIO:
    """Open a regular file: nobody may ever write to a pipe. Raises OSError."""
    stream = open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))  # noqa: SIM115 - Path.open takes no opener; whoever asked closes it
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "is no regular file")
    return stream
