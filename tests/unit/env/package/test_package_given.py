"""A wheel or an sdist given with --package is used instead of a build."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.process import StopSwitch
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Project


def test_a_given_wheel_is_taken_as_it_is(project: "Project", tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "dist", "demo", "2.0")
    project.given = str(wheel)
    built = project.builder().built(project.spec(project.python(), "editable"), StopSwitch())
    assert (built.path, built.version, built.kind) == (str(wheel), "2.0", "wheel")
    assert built.how == f"given: {wheel}"
    assert project.calls() == []


def test_a_given_wheel_that_does_not_suit_a_python_is_an_error_there_only(
    project: "Project", tmp_path: Path
) -> None:
    project.given = str(make_wheel(tmp_path / "dist", "demo", tag="cp311-cp311-any"))
    builder = project.builder()
    message = project.failure(builder, project.spec(project.python("3.12.1", ("cp312-cp312-any",)))).message
    assert "demo-1.0-cp311-cp311-any.whl does not suit CPython 3.12.1" in message
    assert (
        builder.built(project.spec(project.python("3.11.1", ("cp311-cp311-any",))), StopSwitch()).version
        == "1.0"
    )


def test_a_given_sdist_is_built_once(project: "Project", tmp_path: Path) -> None:
    sdist = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for name in ("pyproject.toml", "about.json", "_build"):
            archive.add(project.root / name, f"demo-1.0/{name}")
    (project.root / "pyproject.toml").unlink()
    project.given = str(sdist)
    builder = project.builder()
    assert builder.built(project.spec(project.python("3.11.7")), StopSwitch()) == builder.built(
        project.spec(project.python("3.12.1")), StopSwitch()
    )
    assert project.calls() == ["wheel"]


def test_a_given_pipe_is_not_waited_for(project: "Project", tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "demo-1.0-py3-none-any.whl")
    project.given = str(tmp_path / "demo-1.0-py3-none-any.whl")
    assert "Not a regular file" in project.failure(project.builder(), project.spec()).message


def damaged(content: bytes, place: int) -> bytes:
    """Return the content of an archive with compressed data that is none, from a place on."""
    return content[:place] + b"\xff" * 8 + content[place + 8 :]


def zipped(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def tarred(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
    return file.getvalue()


METADATA = "demo-1.0.dist-info/METADATA"
DAMAGED_ZIP = damaged(zipped(METADATA, "Name: demo\n" * 9), 30 + len(METADATA))
DAMAGED_TAR = damaged(
    gzip.compress(tarred("demo-1.0/big", "".join(map(str, range(99_999)))), mtime=0), 99_999
)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.whl", None, "No such file"),
        ("notes.txt", b"", "neither a wheel"),
        ("demo.whl", b"", "is not a wheel's name"),
        ("demo-1.0-py3-none-any.whl", b"not a zip", "is no wheel"),
        ("demo-1.0.tar.gz", b"not a tar", "cannot be unpacked"),
        ("demo-1.0-py3-none-any.whl", DAMAGED_ZIP, "is no wheel"),
        ("demo-1.0.tar.gz", DAMAGED_TAR, "cannot be unpacked"),
        ("", None, "Is a directory"),
    ],
    ids=["gone", "neither", "unnamed", "no zip", "no tar", "damaged zip", "damaged tar", "folder"],
)
def test_a_wrong_given_path_is_told(
    project: "Project", tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    project.given = str(tmp_path / name)
    assert expected in project.failure(project.builder(), project.spec()).message
