"""The harness's wheels are wheels: what installers and standards expect of them."""

import base64
import csv
import hashlib
import io
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from runner.testing import Index, make_wheel


def member(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode()


def test_a_wheel_is_named_as_the_standard_says(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "my-needle", "1.2", tag="cp311-cp311-linux_x86_64")
    name, version, _, tags = parse_wheel_filename(wheel.name)
    assert (name, str(version)) == ("my-needle", "1.2")
    assert {str(tag) for tag in tags} == {"cp311-cp311-linux_x86_64"}


def test_its_metadata_has_requirements_and_extras(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "needle", requires=("thread>=2",), extras={"eye": ("lens",)})
    metadata = Parser().parsestr(member(wheel, "needle-1.0.dist-info/METADATA"))
    assert metadata["Name"] == "needle"
    assert metadata.get_all("Requires-Dist") == ["thread>=2", "lens; extra == 'eye'"]
    assert metadata.get_all("Provides-Extra") == ["eye"]


def test_its_record_holds_every_file_with_its_hash(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "needle", scripts={"sew": "needle:main"})
    record = list(csv.reader(io.StringIO(member(wheel, "needle-1.0.dist-info/RECORD"))))
    with zipfile.ZipFile(wheel) as archive:
        assert sorted(line[0] for line in record) == sorted(archive.namelist())
        for name, digest, size in record:
            if not name.endswith("RECORD"):
                content = archive.read(name)
                expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_its_scripts_are_entry_points(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path, "needle", scripts={"sew": "needle:main"}, entry_points={"runner": {"n": "needle"}}
    )
    text = member(wheel, "needle-1.0.dist-info/entry_points.txt")
    assert text.split("\n") == ["[runner]", "n = needle", "", "[console_scripts]", "sew = needle:main", ""]


def test_an_equal_wheel_has_equal_bytes(tmp_path: Path) -> None:
    first, second = make_wheel(tmp_path / "a", "needle"), make_wheel(tmp_path / "b", "needle")
    assert first.read_bytes() == second.read_bytes()


def test_an_installed_distribution_is_repacked_with_all_it_needs(tmp_path: Path) -> None:
    index = Index(tmp_path)
    index.add_installed("pytest")
    names = {parse_wheel_filename(path.name)[0] for path in tmp_path.glob("*.whl")}
    assert {"pytest", "pluggy", "iniconfig", "packaging"} <= names


def test_a_distribution_that_is_not_installed_cannot_be_repacked(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        Index(tmp_path).add_installed("not-there-at-all")
