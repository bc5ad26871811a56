"""The collector: one file of data for each cell, of all that its last attempt measured."""

import os
import re
import shutil
from pathlib import Path

from coverage.exceptions import CoverageException

from runner import Attempt, Collected, ReadyCell
from runner_coverage.cells import is_measured
from runner_coverage.data import Joined, Piece, join
from runner_coverage.record import DATA, FOLDER, Record, write_record

_STARTED = ".started"
_OF_A_PROCESS = re.compile(r"\.(?:pid)?\d+\.X\w+x(?:\.H\w+h)?$")
"""How the names of coverage's files end where each process has one: other cells' files begin alike."""

_NOTHING = (
    "coverage: nothing was measured in this cell; if none of the project's code runs in it, give its session "
    'the tag "no-coverage"'
)


class CoverageCollector:
    """Joins what the processes of an attempt measured, with what a `coverage run` of the cell's own did."""

    def __init__(self, root: str, data_file: str) -> None:
        self._root = root
        self._data_file = data_file

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        """Return the cell's data and record as attachments, and a warning for what cannot be used."""
        if not is_measured(cell.cell) or not any(step.phase == "command" for step in result.steps):
            return Collected()
        kept = Path(cell.env_dir, FOLDER)
        shutil.rmtree(kept, ignore_errors=True)  # there is one in an environment that is used again
        kept.mkdir()
        ours = folder / FOLDER
        pieces = (Piece(file, cell.id, str) for file in (*_files_in(ours), *self._own_files(cell, folder)))
        try:
            joined = join(pieces, kept / DATA)
        except CoverageException as error:
            return Collected(warnings=(f"coverage: the data of this cell cannot be joined: {error}",))
        finally:
            shutil.rmtree(ours, ignore_errors=True)
        warnings = _warnings(joined)
        if not joined.pieces:
            return Collected(warnings=warnings or (_NOTHING,))
        record = write_record(_record(cell, self._root), kept)
        return Collected(attachments=(str(kept / DATA), str(record)), warnings=warnings)

    def _own_files(self, cell: ReadyCell, folder: Path) -> list[Path]:
        """Return what a `coverage run` or pytest-cov among the cell's commands wrote in this attempt."""
        try:
            since = (folder / _STARTED).stat().st_mtime_ns
        except OSError:
            return []
        named = Path(cell.root, cell.variables.get("COVERAGE_FILE", self._data_file))
        beside = sorted(named.parent.glob(f"{named.name}.*"))
        files = (named, *(file for file in beside if _OF_A_PROCESS.search(file.name)))
        return [file for file in files if file.is_file() and file.stat().st_mtime_ns >= since]


def _files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _record(cell: ReadyCell, root: str) -> Record:
    roots = (cell.root, os.path.realpath(cell.root), root, os.path.realpath(root))
    return Record(
        cell=cell.id,
        factors={"session": cell.cell.session, **{at.axis: at.factor for at in cell.cell.point}},
        roots=tuple(dict.fromkeys(roots)),
        environment=os.path.realpath(cell.env_dir),
    )


def _warnings(joined: Joined) -> tuple[str, ...]:
    broken = tuple(
        f"coverage: data of this cell cannot be used: {each.reason}: {each.piece.path.name}"
        for each in joined.broken
    )
    mixed = "coverage: some of this cell's processes measured branches and some did not: only lines count"
    return (*broken, *((mixed,) if joined.without_branches else ()))
