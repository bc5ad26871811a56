from pathlib import Path

import pytest

from runner.env.requirements.local import local_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a b").mkdir()
    for name in ("pyproject.toml", "setup.py", "setup.cfg", "other.py"):
        (tmp_path / "a b" / name).touch()
    (tmp_path / "x-1-py3-none-any.whl").touch()
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "./a b",
        "a b/",
        "./a b[extra,other]",
        "sub @ ./a b ; python_version > '3'",
        "${PROJECT_ROOT}/a b",
        "file:./a%20b",
    ],
)
def test_of_a_folder_what_decides_its_metadata_counts(folder: Path, line: str) -> None:
    assert [file.name for file in local_files(line, folder)] == ["pyproject.toml", "setup.py", "setup.cfg"]


def test_an_address_of_a_folder_is_one(folder: Path) -> None:
    address = f"sub[extra] @ {(folder / 'a b').as_uri()} ; sys_platform == 'linux'"
    assert len(list(local_files(address, folder))) == 3


@pytest.mark.parametrize(
    "line",
    ["x-1-py3-none-any.whl", "x @ ./x-1-py3-none-any.whl", "./x-1-py3-none-any.whl --hash=sha256:0/1"],
)
def test_an_archive_counts_itself(folder: Path, line: str) -> None:
    assert list(local_files(line, folder)) == [folder / "x-1-py3-none-any.whl"]


@pytest.mark.parametrize(
    "line",
    [
        "alpha",
        "other",
        "x @ https://example.org/a/b",
        "git+ssh://git@example.org/a",
        "./nowhere",
        "~nobody-of-that-name/x",
        "file://[x/y",
        "alpha @ file://[x/y",
        "a; b == '/'",
    ],
)
def test_all_else_has_no_files(folder: Path, line: str) -> None:
    assert list(local_files(line, folder)) == []


def test_files_that_backends_read_dependencies_from_count(folder: Path) -> None:
    (folder / "a b" / "requirements").mkdir()
    for name in ("requirements.txt", "dev-requirements.txt", "requirements/base.txt", "notes.txt"):
        (folder / "a b" / name).touch()
    found = [str(file.relative_to(folder / "a b")) for file in local_files("./a b", folder)]
    assert found[3:] == ["dev-requirements.txt", "requirements/base.txt", "requirements.txt"]
