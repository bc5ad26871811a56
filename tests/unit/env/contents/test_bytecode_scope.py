"""Which modules bytecode is kept of: those that steps imported, and whose sources the lock fixes."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.model.environment import Built
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.contents.conftest import Desk

MODULES = {"demo/__init__.py", "demo/core.py"}
"""Those that are imported with `demo`."""


def test_the_project_itself_is_not_stored_and_not_tried_twice(desk: "Desk") -> None:
    desk.wheel("ours", {"ours.py": "VERSION = 1\n"})
    built = Built(path="", sha256="", name="ours", version="1.0", kind="wheel")
    for lock in (desk.lock("demo"), desk.lock("demo", "ours")):
        before = desk.compilations()
        desk.learn(lock, "import demo, ours", "demo", "ours")
        for how in ("compiled 2 files", "reused (2 files)", "reused (2 files)"):
            environment = desk.environment("demo", "ours")
            assert desk.run().fill(desk.spec, environment, lock, built, desk.stop).how == how
            assert desk.compiled(environment).keys() == MODULES
        assert desk.compilations() == before + 1


def test_an_entry_stays_as_it_is_while_only_the_same_is_imported(desk: "Desk") -> None:
    desk.wheel("ours", {"ours.py": "VERSION = 1\n"})
    lock = desk.lock("demo")
    desk.store_all(lock, "import demo, ours", "demo", "ours")
    entry, stored = desk.entry().stat().st_ino, desk.stored()
    desk.learn(lock, "import demo, ours", "demo", "ours")
    desk.fill(desk.environment("demo", "ours"), lock)
    assert (desk.entry().stat().st_ino, desk.stored()) == (entry, stored)


def test_where_only_the_project_is_imported_nothing_is_compiled(desk: "Desk") -> None:
    desk.wheel("ours", {"ours.py": "VERSION = 1\n"})
    lock = desk.lock("demo")
    desk.learn(lock, "import ours", "demo", "ours")
    for _ in range(2):
        assert desk.fill(desk.environment("demo", "ours"), lock) == ""
    assert desk.compilations() == 0


@pytest.mark.parametrize("editable", [True, False])
def test_what_is_installed_from_a_folder_is_not_stored(desk: "Desk", tmp_path: Path, editable: bool) -> None:
    folder = local_project(tmp_path / "local")
    how = ("--editable", str(folder)) if editable else (str(folder),)
    lock = desk.lock("demo", "local")
    desk.store_all(lock, "import demo, local", "demo", *how)
    environment = desk.environment("demo", *how)
    assert desk.fill(environment, lock) == "reused (2 files)"
    assert (Path(str(environment.site)) / "local.py").exists()
    assert desk.compiled(environment).keys() == MODULES


def local_project(folder: Path) -> Path:
    """Write a project whose build backend hands out a wheel that lies beside it."""
    wheel = make_wheel(folder, "local")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "local"\nversion = "1.0"\n'
    )
    (folder / "backend.py").write_text(
        "import shutil\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        f"    return shutil.copy({str(wheel)!r}, folder) and {wheel.name!r}\n"
        "build_editable = build_wheel\n"
    )
    return folder


def test_a_broken_note_of_where_a_distribution_came_from_is_no_trouble(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    environment = desk.environment("demo")
    Path(str(environment.site), "demo-1.0.dist-info", "direct_url.json").write_text("1")
    assert desk.fill(environment, lock) == "compiled 2 files"


def test_modules_of_inner_packages_are_learned(desk: "Desk") -> None:
    inner = ("deep/__init__.py", "deep/er/__init__.py", "deep/er/leaf.py", "deep/space/leaf.py")
    desk.wheel("deep", dict.fromkeys((*inner, "deep/other/__init__.py", "shallow/__init__.py"), "X = 1\n"))
    lock = desk.lock("deep")
    environment = desk.store_all(lock, "import deep.er.leaf", "deep")
    desk.step(environment, lock, "import deep.space.leaf")
    later = desk.environment("deep")
    assert desk.fill(later, lock) == "compiled 1 more file"
    assert desk.compiled(later).keys() == set(inner)


def test_odd_names_and_folders_without_init_are_no_trouble(desk: "Desk") -> None:
    sources = (
        *("space/inner/leaf.py", "space/größe.py", "space/two.parts.py", "alone.py", "__main__.py"),
        " blank/ x.py",
    )
    desk.wheel("odd", dict.fromkeys(sources, "X = 1\n"))
    desk.store_all(desk.lock("odd"), desk.loading(*sources), "odd")
    environment = desk.environment("odd")
    assert desk.fill(environment, desk.lock("odd")) == "reused (6 files)"
    assert {path.removeprefix("./") for path in desk.compiled(environment)} == set(sources)
    assert desk.says(environment, "from space import größe; import space.inner.leaf")[1] == ""


def test_a_source_that_cannot_be_compiled_is_tried_once_and_keeps_no_other_from_being_stored(
    desk: "Desk",
) -> None:
    sources = {
        "old/__init__.py": "",
        "old/two.py": "print 'two'\n",
        "old/nulls.py": "\0",
        "old/good.py": "X = 1\n",
        "old/late.py": "",
    }
    desk.wheel("old", sources)
    first = desk.environment("old")
    desk.says(first, "import old.good")
    (good,) = Path(str(first.site), "old", "__pycache__").glob("good.*")
    for name in ("two", "nulls"):
        good.with_name(good.name.replace("good", name)).write_bytes(good.read_bytes())
    desk.run().learn(desk.spec, first, desk.lock("old").sha256)
    assert desk.fill(desk.environment("old"), desk.lock("old")) == "compiled 2 files"
    environment = desk.environment("old")
    assert desk.fill(environment, desk.lock("old")) == "reused (2 files)"
    assert desk.compiled(environment).keys() == {"old/__init__.py", "old/good.py"}
    assert desk.compilations() == 1
    desk.learn(desk.lock("old"), "import old.late", "old")
    assert desk.fill(desk.environment("old"), desk.lock("old")) == "compiled 1 more file"
    assert desk.fill(desk.environment("old"), desk.lock("old")) == "reused (3 files)"
    assert desk.compilations() == 2


def test_variants_of_optimization_and_of_test_runners_are_not_learned(desk: "Desk") -> None:
    lock = desk.lock("demo")
    environment = desk.environment("demo")
    desk.step(environment, lock, "import demo", "-OO")
    (core,) = Path(str(environment.site)).glob("demo/__pycache__/core.*")
    rewritten = core.with_name(core.name.replace(".opt-2.pyc", "-pytest-9.2.0.pyc"))
    rewritten.write_bytes(core.read_bytes())
    desk.run().learn(desk.spec, environment, lock.sha256)
    assert desk.fill(desk.environment("demo"), lock) == ""


def test_links_are_no_sign_of_an_import(desk: "Desk") -> None:
    lock = desk.lock("demo")
    environment = desk.store_all(lock)
    (name,) = desk.imported.names()
    desk.imported.drop(name)
    desk.step(environment, lock, "pass", "-S")
    assert tuple(desk.imported.names()) == ()
