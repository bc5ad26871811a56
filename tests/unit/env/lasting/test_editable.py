"""When a project that is installed to be edited counts as the same."""

import os
import zipfile
from pathlib import Path

from msgspec.structs import replace

from runner.env.lasting.editable import digest, place_to_work
from runner.model.environment import Built
from runner.model.plan import EnvSpec
from runner.model.python import PythonSpec
from runner.testing import make_wheel

SPEC = EnvSpec(
    root="/", backend="virtualenv", installer="uv", python=PythonSpec(text="3.12"), package="wheel"
)


def built(folder: Path, text: str = "/src") -> Built:
    wheel = make_wheel(folder, "ours", modules={"ours.pth": text})
    return Built(path=str(wheel), sha256="", name="ours", version="1.0", kind="editable")


def at_another_time(made: Built, folder: Path) -> Built:
    """Pack the same files again, as a build tomorrow would."""
    folder.mkdir()
    other = folder / Path(made.path).name
    with zipfile.ZipFile(made.path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            more = b"Keywords: other\n" if name.endswith("METADATA") else b""
            after.writestr(zipfile.ZipInfo(name, (2030, 1, 2, 3, 4, 6)), before.read(name) + more)
    assert other.read_bytes() != Path(made.path).read_bytes()
    return replace(made, path=os.fspath(other), sha256="other", how="built in 1.0 s")


def test_the_same_files_are_the_same_project_whenever_they_were_packed(tmp_path: Path) -> None:
    made = built(tmp_path / "1")
    assert digest(made) == digest(at_another_time(made, tmp_path / "2"))


def test_other_files_or_dependencies_are_another_one(tmp_path: Path) -> None:
    made = built(tmp_path / "1")
    assert digest(made) != digest(built(tmp_path / "2", "/elsewhere"))
    assert digest(made) != digest(replace(made, dependencies=("left",)))


def test_a_place_to_work_has_what_can_be_edited_unless_the_session_says_what_it_wants() -> None:
    assert (place_to_work(SPEC).package, place_to_work(SPEC).link_mode) == ("editable", "copy")
    assert place_to_work(SPEC, editable=False).package == "wheel"
    given = replace(SPEC, package_file="dist/*.whl", link_mode="clone")
    assert place_to_work(given) == replace(given, link_mode="copy")
    with_pip = replace(SPEC, installer="pip", package="deps-only")
    assert place_to_work(with_pip) == replace(with_pip, link_mode="copy")
