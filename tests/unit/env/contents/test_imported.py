"""What is remembered of imports can be broken or hostile: it names modules, and nothing leads elsewhere."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from runner.env.contents.imported import Imported, imported_in

if TYPE_CHECKING:
    from tests.unit.env.contents.conftest import Desk


@pytest.mark.parametrize("text", [b"", b"{", b"{}", b"[1]", b'"x"', b"\xff\xfe", b"\0\0", b'["\xff"]'])
def test_a_broken_file_is_nothing_and_is_made_anew(desk: "Desk", text: bytes) -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    desk.imported_file().write_bytes(text)
    assert desk.fill(desk.environment("demo"), lock) == ""
    desk.learn(lock)
    assert desk.fill(desk.environment("demo"), lock) == "compiled 2 files"
    desk.imported_file().write_bytes(text)
    assert desk.fill(desk.environment("demo"), lock) == "reused (2 files)"


def test_no_path_leads_out_of_site_packages(desk: "Desk", tmp_path: Path) -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    tag = next(name for name in learned(desk) if "core" in name).split(".", 1)[1]
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("")
    environment = desk.environment("demo")
    site = Path(str(environment.site))
    (site / "link").symlink_to(outside)
    up = os.path.relpath(outside, site)
    hostile = (
        *(f"{up}/__pycache__/x.{tag}", f"{outside}/__pycache__/x.{tag}", f"link/__pycache__/x.{tag}"),
        *(f"demo/../{up}/__pycache__/x.{tag}", f"demo/__pycache__/core\n{outside}/x.{tag}"),
        *(f"./demo/__pycache__/rare.{tag}", f"demo//__pycache__/rare.{tag}", "demo/rare.py", "", "/", ".."),
        *(f"demo/__pycache__/none.{tag}", "__pycache__/.pyc", "\0/__pycache__/x.pyc", str(outside)),
    )
    desk.imported_file().write_bytes(msgspec.json.encode(hostile))
    assert Imported(desk.imported, tmp_path).beyond(desk.imported_file().parent.name, frozenset()) == {
        f"link/__pycache__/x.{tag}",
        f"demo/__pycache__/none.{tag}",
        "__pycache__/.pyc",
    }
    assert desk.fill(environment, lock) == ""
    assert desk.compilations() == 0
    assert [path.name for path in outside.iterdir()] == ["x.py"]
    desk.imported_file().write_bytes(msgspec.json.encode((*hostile, f"demo/__pycache__/core.{tag}")))
    assert desk.fill(environment, lock) == "compiled 1 file"
    assert desk.compiled(environment).keys() == {"demo/core.py"}
    assert [path.name for path in outside.iterdir()] == ["x.py"]


def learned(desk: "Desk") -> frozenset[str]:
    return msgspec.json.decode(desk.imported_file().read_bytes(), type=frozenset[str])


def test_what_several_steps_imported_adds_up(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.wheel("other", {"other.py": ""})
    desk.learn(lock)
    desk.learn(lock, "import demo.rare")
    desk.learn(lock, "import other", "demo", "other")
    assert {name.split("/")[-1].split(".")[0] for name in learned(desk)} >= {"core", "rare", "other"}
    assert desk.fill(desk.environment("demo"), lock) == "compiled 3 files"


def test_nothing_is_written_when_there_is_nothing_new(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.learn(lock, "import demo, demo.rare")
    before = desk.imported_file().stat()
    desk.learn(lock)
    after = desk.imported_file().stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sum("rare" in name for name in learned(desk)) == 1


def test_a_cache_that_cannot_be_written_is_no_error(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.imported.folder.parent.mkdir(parents=True)
    desk.imported.folder.write_text("not a folder")
    desk.learn(lock)
    assert desk.fill(desk.environment("demo"), lock) == ""
    (line,) = desk.told
    assert line.startswith(f"nothing can be kept in {desk.imported.folder}: ")


def test_a_file_that_cannot_be_replaced_is_no_error(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    file = desk.imported_file()
    file.unlink()
    (file / "in-the-way").mkdir(parents=True)
    desk.learn(lock)
    assert desk.fill(desk.environment("demo"), lock) == ""


def test_what_was_learned_goes_when_it_was_not_used_for_long(desk: "Desk") -> None:
    desk.learn(desk.lock("demo"))
    used = desk.imported_file().with_name(".used").stat().st_mtime
    desk.imported.prune(used + 29 * 24 * 3600)
    assert desk.imported_file().exists()
    desk.imported.prune(used + 31 * 24 * 3600)
    assert tuple(desk.imported.names()) == ()


def test_links_and_files_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    site = tmp_path / "site"
    for folder in (outside, site):
        (folder / "__pycache__").mkdir(parents=True)
        for name in (b"x", b"\xff"):
            Path(os.fsdecode(bytes(folder) + b"/" + name + b".py")).touch()
            Path(os.fsdecode(bytes(folder) + b"/__pycache__/" + name + b".cpython-312.pyc")).touch()
    (site / "linked").symlink_to(outside)
    (site / "gone").symlink_to("nowhere")
    (site / "one.py").touch()
    (site / "__pycache__" / "one.cpython-312.pyc").symlink_to("x.cpython-312.pyc")
    (site / "__pycache__" / "orphan.cpython-312.pyc").touch()
    assert imported_in(str(site)) == {"__pycache__/x.cpython-312.pyc"}
    assert imported_in(str(tmp_path / "nowhere")) == frozenset()
