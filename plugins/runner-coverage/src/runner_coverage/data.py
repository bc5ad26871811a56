"""Putting files of coverage data together, each known by its cell."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData
from coverage.exceptions import CoverageException


class Piece(NamedTuple):
    """A file of data, the cell that it is of, and where the files that it names are now."""

    path: Path
    cell: str
    local: Callable[[str], str]


class Broken(NamedTuple):
    """A file of data that cannot be used, and why."""

    piece: Piece
    reason: str


class Joined(NamedTuple):
    """What came of joining: `pieces` counts those in which anything ran.

    `without_branches` are cells that measured lines only while others measured branches, too: then only lines
    are kept.
    """

    pieces: int
    broken: tuple[Broken, ...] = ()
    without_branches: tuple[str, ...] = ()


def join(pieces: Iterable[Piece], target: Path) -> Joined:
    """Write what all pieces hold into the new file `target`, in contexts that begin with the cell's id.

    Nothing is written when nothing ran in any of them.
    """
    read: list[tuple[Piece, CoverageData]] = []
    broken: list[Broken] = []
    for piece in pieces:
        try:
            read.append((piece, _read(piece.path)))
        except (CoverageException, sqlite3.Error, OSError) as error:
            broken.append(Broken(piece, str(error)))
    ran = [(piece, data) for piece, data in read if any(map(data.lines, data.measured_files()))]
    if ran:
        without = _without_branches(ran)
        _write(read, ran, target, lines_only=bool(without))
        return Joined(len(ran), tuple(broken), without)
    return Joined(0, tuple(broken))


def _without_branches(ran: list[tuple[Piece, CoverageData]]) -> tuple[str, ...]:
    without = {piece.cell for piece, data in ran if not data.has_arcs()}
    return tuple(sorted(without)) if any(data.has_arcs() for _, data in ran) else ()


def _write(
    read: list[tuple[Piece, CoverageData]],
    ran: list[tuple[Piece, CoverageData]],
    target: Path,
    *,
    lines_only: bool,
) -> None:
    joined = CoverageData(basename=str(target))
    for piece, data in ran:
        if _is_named_after(piece.cell, data) and not lines_only:
            joined.update(data, piece.local)
        else:
            _copy(piece, data, joined, lines_only=lines_only)
    seen: dict[str, set[str]] = {}
    for piece, data in read:
        for file in data.measured_files():
            seen.setdefault(data.file_tracer(file) or "", set()).add(piece.local(file))
        data.close()
    for tracer, files in seen.items():
        joined.touch_files(sorted(files), tracer)
    joined.write()
    joined.close()


def _read(path: Path) -> CoverageData:
    if not path.is_file():  # else it would be made
        raise FileNotFoundError(f"there is no file {path}")
    if not path.stat().st_size:
        raise OSError(f"{path} is empty")
    data = CoverageData(basename=str(path))
    data.read()
    data.measured_contexts()  # asks the tables, which a file that was cut does not have
    return data


def _is_named_after(cell: str, data: CoverageData) -> bool:
    return all(context == cell or context.startswith(f"{cell}|") for context in data.measured_contexts())


def _copy(piece: Piece, data: CoverageData, joined: CoverageData, *, lines_only: bool) -> None:
    """Add data in the context of its cell: contexts within it are not kept."""
    joined.set_context(piece.cell)
    for file in data.measured_files():
        local = piece.local(file)
        if data.has_arcs() and not lines_only:
            joined.add_arcs({local: data.arcs(file) or []})
        else:
            joined.add_lines({local: data.lines(file) or []})
        if tracer := data.file_tracer(file):
            joined.add_file_tracers({local: tracer})
