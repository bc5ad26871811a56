"""An sdist is unpacked into its folder and nowhere else."""

import io
import tarfile
from pathlib import Path

import pytest

from runner.env.package.sdist import SdistError, members_of, unpack


def member(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = linkname
    info.mode = 0o755
    return info


def sdist_of(folder: Path, *members: tarfile.TarInfo) -> Path:
    path = folder / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for info in members:
            archive.addfile(info, io.BytesIO())
    return path


def test_an_sdist_is_its_one_folder(tmp_path: Path) -> None:
    sdist = sdist_of(
        tmp_path,
        member("demo-1.0/pyproject.toml"),
        member("demo-1.0/pkg/link", tarfile.SYMTYPE, "../pyproject.toml"),
        member("demo-1.0/pkg/hard", tarfile.LNKTYPE, "demo-1.0/pyproject.toml"),
    )
    tree = unpack(sdist, tmp_path / "out")
    assert tree == tmp_path / "out/demo-1.0"
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*")) == [
        "pkg",
        "pkg/hard",
        "pkg/link",
        "pyproject.toml",
    ]
    assert members_of(sdist) == ("pyproject.toml", "pkg/link", "pkg/hard")


@pytest.mark.parametrize(
    "evil",
    [
        [member("/absolute")],
        [member("../outside")],
        [member("demo-1.0/../../outside")],
        [member("demo-1.0/link", tarfile.SYMTYPE, "/etc/passwd")],
        [member("demo-1.0/link", tarfile.SYMTYPE, "../../outside")],
        [member("demo-1.0/hard", tarfile.LNKTYPE, "../outside")],
        [member("demo-1.0/here", tarfile.SYMTYPE, "."), member("demo-1.0/here/x")],
        [
            member("demo-1.0/here", tarfile.SYMTYPE, "."),
            member("demo-1.0/up", tarfile.SYMTYPE, "here/here/here/../../../../outside"),
        ],
        [member("demo-1.0/pipe", tarfile.FIFOTYPE)],
        [member("demo-1.0/device", tarfile.CHRTYPE)],
    ],
    ids=lambda evil: evil[-1].name + " " + evil[-1].linkname,
)
@pytest.mark.parametrize("filters", [True, False], ids=["with filters", "on an older Python"])
def test_what_would_leave_the_folder_is_refused_before_anything_is_written(
    tmp_path: Path, evil: list[tarfile.TarInfo], filters: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    sdist = sdist_of(tmp_path, member("demo-1.0/pyproject.toml"), *evil)
    with pytest.raises(SdistError, match="is not safe to unpack"):
        unpack(sdist, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("names", [["a/x", "b/x"], ["file"], []])
def test_an_archive_without_one_folder_is_no_sdist(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(SdistError, match="must hold one folder"):
        unpack(sdist_of(tmp_path, *map(member, names)), tmp_path / "out")


def test_a_cut_archive_is_an_error(tmp_path: Path) -> None:
    sdist = sdist_of(tmp_path, *(member(f"demo-1.0/{n}") for n in range(100)))
    sdist.write_bytes(sdist.read_bytes()[:200])
    with pytest.raises(SdistError, match="cannot be unpacked"):
        unpack(sdist, tmp_path / "out")
    with pytest.raises(SdistError, match="cannot be read"):
        members_of(sdist)
