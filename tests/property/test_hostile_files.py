"""Any bytes where runner itself reads an sdist, a wheel, a lock or a pyproject.toml: one error each."""

import gzip
import io
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.property.hostile import TOML_TOKENS, hostile_texts, mutated

from runner.env.package import sdist as sdist_module
from runner.env.package import wheelfile
from runner.env.package.buildsystem import BuildSystemError, read_build_system
from runner.env.package.declared import declared
from runner.env.package.sdist import SdistError, members_of, unpack
from runner.env.package.wheel import WheelError, excludes
from runner.env.package.wheelfile import read_wheel
from runner.env.requirements.groups import group_lines
from runner.env.requirements.pylock import allowed, checked, entries, pins, without_comments
from runner.env.requirements.wanted import wanted
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.python import Interpreter, PythonSpec

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"x", **attributes: object) -> Member:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


def packed(members: Iterable[Member], format_: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format_) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return stream.getvalue()


HONEST = packed([member("demo-1/pyproject.toml", b"[project]\n"), member("demo-1/demo/__init__.py")])
GNU = packed([member(f"demo-1/{'long' * 40}/x.py"), member("demo-1/b")], tarfile.GNU_FORMAT)
TAR_TOKENS = (
    "\x00" * 12,
    "-0000000001\x00",
    "77777777777\x00",
    "../../x\x00",
    "/etc/x\x00",
    "path=../x\n",
    "\x80" * 4,
)


def unpacked(tar: bytes) -> str:
    """Unpack, and check that nothing was written beside; return what was refused, if it was."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "demo-1.tar.gz")
        file.write_bytes(gzip.compress(tar, compresslevel=1))
        said = ""
        try:
            members_of(file)
        except SdistError as error:
            said = str(error)
        try:
            top = unpack(file, Path(folder, "unpacked"))
            assert top.parent == Path(folder, "unpacked")
        except SdistError as error:
            said = said or str(error)
        assert {path.name for path in Path(folder).iterdir()} <= {"demo-1.tar.gz", "unpacked"}
        return said.replace(folder, "")


@effort(80)
@given(mutated((HONEST, GNU), TAR_TOKENS))
def test_a_tar_that_was_cut_and_spliced_stays_in_its_folder(tar: bytes) -> None:
    unpacked(tar)


@effort(60)
@given(
    st.lists(
        st.tuples(hostile_texts, hostile_texts, st.sampled_from([b"0", b"1", b"2", b"3", b"5", b"L"])),
        max_size=4,
    )
)
def test_members_of_any_name_and_kind_stay_in_the_folder(found: list[tuple[str, str, bytes]]) -> None:
    unpacked(packed(member(f"demo-1/{name}", type=kind, linkname=link) for name, link, kind in found))
    unpacked(packed(member(name, type=kind, linkname=link) for name, link, kind in found))


@pytest.mark.parametrize(
    ("tar", "said"),
    [
        (packed([member("demo-1", b"", type=tarfile.SYMTYPE, linkname="x" * 300)]), "must hold one folder"),
        (packed([member("demo-1/x", pax_headers={"path": "demo-1/a\0b"})]), "cannot be unpacked"),
        (packed([member("demo-1/x", pax_headers={"mtime": "1e300"})]), ""),
        (packed([member("demo-1/x", pax_headers={"size": "-512"})]), "below zero"),
        (packed([member("demo-1/x", pax_headers={"size": "99999999999999"})]), "too large to unpack"),
        (packed([member("demo-1/" + "a/" * 2500 + "x")]), "cannot be unpacked"),
        (packed([member("demo-1/x", pax_headers={"comment": "x" * 2_000_000})]), "a header in it says"),
        (packed([member("demo-1/../../x")]), "not safe to unpack"),
        (
            packed([member("demo-1/a\n\x1b[2J", type=tarfile.CHRTYPE)]),
            "'demo-1/a\\n\\x1b[2J' is neither file",
        ),
        (
            packed([member("demo-1/l", b"", type=tarfile.SYMTYPE, linkname="/"), member("demo-1/l/x")]),
            "not safe",
        ),
    ],
    ids=["top", "nul", "year", "negative", "huge", "deep", "header", "dots", "device", "link"],
)
def test_hostile_members_are_refused(tar: bytes, said: str) -> None:
    assert said in unpacked(tar)


def test_more_than_fits_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdist_module, "MOST_BYTES", 10_000)
    monkeypatch.setattr(sdist_module, "MOST_MEMBERS", 20)
    assert "too large to unpack" in unpacked(packed([member("demo-1/zeros", bytes(20_000))]))
    assert "too large to unpack" in unpacked(packed([member(f"demo-1/{number}") for number in range(30)]))
    assert unpacked(packed([member("demo-1/zeros", bytes(9_000))])) == ""


METADATA = b"""Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.9\nProvides-Extra: a
Requires-Dist: six>=1; extra == "a"\nRequires-Dist: attrs\n\nWords.\n"""
PYTHON = Interpreter("/p", "cpython", "3.11.7", "", "", False, 1, 1, "linux", ("py3-none-any",))


def wheel(metadata: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("demo/__init__.py", "")
        archive.writestr("demo-1.0.dist-info/METADATA", metadata)
    return stream.getvalue()


def read(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "demo-1.0-py3-none-any.whl")
        file.write_bytes(data)
        try:
            found = read_wheel(file)
        except (WheelError, OSError) as error:
            return str(error)
        excludes(found.requires_python, PYTHON)
        assert (found.name, found.version) == ("demo", "1.0")
        return ""


WHEELS = tuple(
    wheel(METADATA, method)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
)
METADATA_TOKENS = (
    *(
        "Requires-Dist: ",
        "Requires-Python: ",
        "Requires-Python: >=" + "9" * 5000,
        "\n",
        "\r",
        "\x00",
        "\ufeff",
    ),
    *(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        "Requires-Dist: a; " + "(" * 2000,
        "\x1b[2J",
        "Name:",
    ),
)


@effort(150)
@given(mutated(WHEELS, ("PK\x01\x02", "PK\x05\x06", "\xff" * 8, "\x00" * 4)))
def test_a_wheel_that_was_cut_and_spliced_is_read_or_refused(data: bytes) -> None:
    read(data)


@effort(150)
@given(mutated((METADATA,), METADATA_TOKENS) | st.binary(max_size=100))
@example(b"Content-Type: message/rfc822\n\n" * 3000)
@example(b"Requires-Dist: a; " + b"(" * 3000 + b'python_version>"3"' + b")" * 3000 + b"\n")
def test_any_metadata_is_read_or_refused(metadata: bytes) -> None:
    read(wheel(metadata))


def test_metadata_that_fills_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "16,777,216 are read" in read(wheel(METADATA + bytes(17_000_000)))
    monkeypatch.setattr(wheelfile, "_LONGEST_METADATA", 1000)
    lying = bytearray(wheel(METADATA + bytes(5000)))
    at = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, at + 24, 100)
    assert "is no wheel" in read(bytes(lying))


def test_a_number_that_no_version_can_be_is_refused() -> None:
    assert "Requires-Python" in read(wheel(b"Requires-Python: >=" + b"9" * 5000 + b"\n"))


PYPROJECT = b"""[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"
[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.9"
dependencies = ["six", "a[b]>=1; python_version<'4'"]
[project.optional-dependencies]\nx = ["attrs"]
[dependency-groups]\ntest = ["pytest", { include-group = "more" }]\nmore = ["six"]\n"""
PYPROJECT_TOKENS = (
    *TOML_TOKENS,
    '"; "',
    "(" * 2000,
    ">=" + "9" * 5000,
    "\\n",
    "[dependency-groups]\n",
    "dynamic = []\n",
)


@effort(200)
@given(mutated((PYPROJECT,), PYPROJECT_TOKENS))
@example(PYPROJECT.replace(b'"six"', b'"six; ' + b"(" * 3000 + b'"'))
@example(PYPROJECT.replace(b'">=3.9"', b'">=' + b"9" * 5000 + b'"'))
@example(b"[build-system]\nrequires = " + b"[" * 100_000)
@example(b"[build-system]\nrequires = " + b"9" * 10_000)
@example(b"[build-system]\nrequires = ['\xff']")
def test_any_pyproject_is_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").write_bytes(data)
        declared(root, root / "made")
        with suppress(BuildSystemError):
            excludes(read_build_system(root).requires_python, PYTHON)
        with suppress(CellError):
            group_lines(root, ("test",))


def test_groups_that_multiply_are_read_once_each(tmp_path: Path) -> None:
    twice = "".join(
        f'g{at} = [{{ include-group = "g{at + 1}" }}, {{ include-group = "g{at + 1}" }}]\n'
        for at in range(60)
    )
    (tmp_path / "pyproject.toml").write_text(f'[dependency-groups]\n{twice}g60 = ["six"]\n')
    assert group_lines(tmp_path, ("g0",)) == ("six",)


def test_groups_in_each_other_too_deep_are_refused(tmp_path: Path) -> None:
    chain = "".join(f'g{at} = [{{ include-group = "g{at + 1}" }}]\n' for at in range(2000))
    (tmp_path / "pyproject.toml").write_text(f'[dependency-groups]\n{chain}g2000 = ["six"]\n')
    with pytest.raises(CellError, match="nested more than 100 deep"):
        group_lines(tmp_path, ("g0",))


def spec(root: Path, *lines: str) -> EnvSpec:
    return EnvSpec(
        root=str(root), backend="venv", installer="uv", python=PythonSpec("3.11"), requirements=lines
    )


def test_requirements_files_in_a_long_line_are_all_read(tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"r{number}.txt").write_text(f"-r r{number + 1}.txt\n")
    (tmp_path / "r1500.txt").write_text("-r r0.txt\nsix\n")
    assert len(wanted(spec(tmp_path, "-r r0.txt"), None).contents) == 1501


@effort(200)
@given(
    st.lists(
        hostile_texts
        | st.sampled_from(["-r", "-c ", "-e ", "--pre", "a @ ", " ; ", "#", "[x]", "${A}", "\\\n"])
    )
)
def test_any_requirement_is_wanted_or_refused(pieces: list[str]) -> None:
    line = "".join(pieces).replace("\0", "")
    with suppress(CellError):
        wanted(spec(Path(tempfile.gettempdir(), "not-there"), line), None)


def test_blanks_without_end_take_no_time_to_speak_of(tmp_path: Path) -> None:
    blanks = " " * 50_000
    assert wanted(spec(tmp_path, f"./a{blanks}x", f"a{blanks}b", f"a [x]{blanks}y"), None).lines


LOCK = b"""# comment\nlock-version = "1.0"\ncreated-by = "uv"\n\n[[packages]]\nname = "six"\nversion = "1.0"
wheels = [\n    { url = "file:///x/six.whl", hashes = { sha256 = "00ff" } },\n]\n
[[packages]]\nname = "demo"\ndirectory = { path = "../demo" }\n"""


@effort(200)
@given(
    mutated((LOCK,), (*TOML_TOKENS, "[[packages]]\n", 'name = "', "version", "hashes = {}", "directory = "))
)
@example(LOCK.replace(b'"six"', rb'"\q"'))
@example(b"packages = " + b"[" * 100_000)
@example(b"packages = " + b"9" * 10_000)
def test_any_lock_is_read_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    without_comments(text)
    try:
        checked(text)
    except ValueError:
        return
    assert len(pins(text)) == len(entries(text))
    with suppress(CellError):
        allowed(text, {"six": frozenset({"sha256:00ff"})})
