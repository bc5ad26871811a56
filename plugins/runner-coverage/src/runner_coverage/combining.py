"""Combining the data of all cells into one, with every path that of a file of this project."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import coverage

from runner_coverage.data import Joined, Piece, join
from runner_coverage.places import is_foreign, local_path
from runner_coverage.record import Measured, Record, read_record
from runner_coverage.settings import Settings, read_settings
from runner_coverage.sources import import_roots


class NoData(Exception):  # noqa: N818 - says what happened
    """There is nothing to report on; the text says why."""


class Combined(NamedTuple):
    """The data of all cells: `coverage` has it, `files` are those that count, as their paths are in it."""

    coverage: coverage.Coverage
    files: tuple[str, ...]
    settings: Settings
    records: tuple[Record, ...]
    warnings: tuple[str, ...]


def combine(root: str, records: Iterable[str], folder: str) -> Combined:
    """Combine the data beside these records, with `folder` to work in. The current folder is the project's.

    Raises NoData and SettingsError.
    """
    settings = read_settings(Path(root))
    cells, warnings = _read(records)
    joined = _join(cells, settings, root, Path(folder, "joined"))
    warnings += _warnings(joined)
    if not joined.pieces:
        raise NoData("; ".join(warnings) or "the cells left no data")
    combined = coverage.Coverage(
        data_file=str(Path(folder, "combined")), config_file=str(settings.file) if settings.file else False
    )
    combined.combine([str(Path(folder, "joined"))], keep=True)  # once more, for the user's own `[paths]`
    broken = {str(each.piece.path) for each in joined.broken}
    known = tuple(cell.record for cell in cells if cell.data not in broken)
    files = _files_that_count(combined.get_data().measured_files(), settings, root, known)
    if not files:
        raise NoData("; ".join((_what_counts(settings), *warnings)))
    return Combined(combined, files, settings, known, tuple(warnings))


def _read(records: Iterable[str]) -> tuple[list[Measured], list[str]]:
    cells: list[Measured] = []
    warnings: list[str] = []
    for file in records:
        try:
            cells.append(read_record(Path(file)))
        except (OSError, ValueError) as error:
            warnings.append(f"{file} cannot be used: {error}")
    return cells, warnings


def _join(cells: list[Measured], settings: Settings, root: str, target: Path) -> Joined:
    roots = import_roots(Path(root), settings.sources)

    def piece(cell: Measured) -> Piece:
        def local(path: str) -> str:
            return local_path(path, cell.record, root, roots, os.path.isfile)

        return Piece(Path(cell.data), cell.record.cell, local)

    return join(map(piece, cells), target)


def _warnings(joined: Joined) -> list[str]:
    broken = [f"{each.piece.cell}: its data cannot be used: {each.reason}" for each in joined.broken]
    if joined.without_branches:
        cells = ", ".join(joined.without_branches)
        broken.append(f"branches are not counted: these cells measured lines only: {cells}")
    return broken


def _what_counts(settings: Settings) -> str:
    places = (*settings.sources.folders, *settings.sources.names)
    what = f"of {', '.join(places)} " if places else ""
    return f"no file {what}was run in this project; `source` in coverage's own settings says what counts"


def _files_that_count(
    measured: Iterable[str], settings: Settings, root: str, records: tuple[Record, ...]
) -> tuple[str, ...]:
    """Return the files that are this project's, and below the folders that count."""
    folders = [Path(root, folder) for folder in settings.sources.folders] if settings.sources.strict else []
    environments = tuple(record.environment for record in records)
    paths = {file: Path(root, file) for file in sorted(measured)}
    return tuple(
        file
        for file, path in paths.items()
        if path.is_file()
        and not is_foreign(str(path), root, environments)
        and (not folders or any(path.is_relative_to(folder) for folder in folders))
    )
