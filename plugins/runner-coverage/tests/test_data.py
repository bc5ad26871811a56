"""Joining files of data that coverage wrote."""

from pathlib import Path

import pytest
from coverage import CoverageData

from runner_coverage.data import Piece, join


def lines(path: Path, context: str | None, **files: list[int]) -> Path:
    data = CoverageData(basename=str(path))
    data.set_context(context)
    data.add_lines({f"/there/{name}.py": found for name, found in files.items()})
    data.write()
    return path


def arcs(path: Path, context: str | None, **files: list[tuple[int, int]]) -> Path:
    data = CoverageData(basename=str(path))
    data.set_context(context)
    data.add_arcs({f"/there/{name}.py": found for name, found in files.items()})
    data.write()
    return path


def home(path: str) -> str:
    return path.replace("/there/", "/here/")


def read(path: Path) -> CoverageData:
    data = CoverageData(basename=str(path))
    data.read()
    return data


def test_lines_of_all_cells_are_kept_in_contexts_that_name_them(tmp_path: Path) -> None:
    pieces = (
        Piece(lines(tmp_path / "1", "py38|test_a", a=[1, 2]), "py38", home),
        Piece(lines(tmp_path / "2", None, a=[2, 3]), "py313", home),
        Piece(lines(tmp_path / "3", "its own", b=[1]), "py313", home),
    )
    joined = join(pieces, tmp_path / "joined")
    assert (joined.pieces, joined.broken, joined.without_branches) == (3, (), ())
    found = read(tmp_path / "joined")
    contexts = found.contexts_by_lineno("/here/a.py")
    assert {line: sorted(names) for line, names in contexts.items()} == {
        1: ["py38|test_a"],
        2: ["py313", "py38|test_a"],
        3: ["py313"],
    }
    assert found.contexts_by_lineno("/here/b.py") == {1: ["py313"]}


def test_branches_are_kept_where_all_have_them(tmp_path: Path) -> None:
    pieces = (
        Piece(arcs(tmp_path / "1", "one", a=[(-1, 1), (1, -1)]), "one", home),
        Piece(arcs(tmp_path / "2", None, a=[(-1, 2)]), "two", home),
    )
    assert join(pieces, tmp_path / "joined").without_branches == ()
    found = read(tmp_path / "joined")
    assert found.has_arcs()
    assert sorted(found.arcs("/here/a.py") or ()) == [(-1, 1), (-1, 2), (1, -1)]


def test_a_cell_without_branches_leaves_lines_only_and_is_named(tmp_path: Path) -> None:
    pieces = (
        Piece(arcs(tmp_path / "1", "one", a=[(-1, 1), (1, -1)]), "one", home),
        Piece(lines(tmp_path / "2", None, a=[2]), "two", home),
    )
    assert join(pieces, tmp_path / "joined").without_branches == ("two",)
    found = read(tmp_path / "joined")
    assert not found.has_arcs()
    assert sorted(found.lines("/here/a.py") or ()) == [1, 2]


def test_files_in_which_nothing_ran_are_there_but_do_not_decide_about_branches(tmp_path: Path) -> None:
    pieces = (
        Piece(arcs(tmp_path / "1", "one", a=[(-1, 1)]), "one", home),
        Piece(lines(tmp_path / "2", None, b=[]), "two", home),
    )
    joined = join(pieces, tmp_path / "joined")
    assert (joined.pieces, joined.without_branches) == (1, ())
    assert read(tmp_path / "joined").measured_files() == {"/here/a.py", "/here/b.py"}


@pytest.mark.parametrize("text", [b"", b"nonsense", b"SQLite format 3\0 cut"])
def test_a_broken_file_is_named_and_the_others_count(tmp_path: Path, text: bytes) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(text)
    pieces = (Piece(broken, "py38", home), Piece(lines(tmp_path / "2", None, a=[1]), "py313", home))
    joined = join(pieces, tmp_path / "joined")
    assert joined.pieces == 1
    assert [each.piece.cell for each in joined.broken] == ["py38"]
    assert read(tmp_path / "joined").measured_files() == {"/here/a.py"}


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    joined = join((Piece(tmp_path / "gone", "py38", home),), tmp_path / "joined")
    assert (joined.pieces, len(joined.broken)) == (0, 1)
    assert not (tmp_path / "joined").exists()
    assert not (tmp_path / "gone").exists()
