"""What is stored can be damaged, out of date or gone: environments get right bytecode, or none."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from runner.env.contents.pycs import DAMAGED, OUTDATED, check, put, read_entry
from runner.env.store import Store
from runner.model.environment import Environment

if TYPE_CHECKING:
    from tests.unit.env.contents.conftest import Desk

TWINS = {"twins/one.py": "NAME = 'one'\n", "twins/two.py": "NAME = 'two'\n"}
"""Modules of the same size, so that their compiled forms have one size, too."""
TWIN_STEP = "from twins import one, two"


def works(desk: "Desk", environment: Environment) -> bool:
    """Say whether both modules are themselves, from bytecode as it was when they were asked."""
    before = desk.compiled(environment)
    words, _ = desk.says(environment, "from twins import one, two; print(one.NAME, two.NAME)")
    return words.split() == ["one", "two"] and desk.compiled(environment) == before != {}


def truncate(desk: "Desk") -> None:
    os.truncate(desk.stored()[0], 20)


def empty(desk: "Desk") -> None:
    os.truncate(desk.stored()[0], 0)


def swap(desk: "Desk") -> None:
    one, two = desk.stored()[:2]
    assert one.stat().st_size == two.stat().st_size
    aside = one.with_name("aside")
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


def overwrite(desk: "Desk") -> None:
    one, two = desk.stored()[:2]
    one.write_bytes(two.read_bytes())


def remove(desk: "Desk") -> None:
    desk.stored()[0].unlink()


def remove_all(desk: "Desk") -> None:
    for file in desk.stored():
        file.unlink()


@pytest.mark.parametrize("poison", [truncate, empty, swap, overwrite, remove, remove_all])
def test_damaged_bytecode_is_compiled_anew(desk: "Desk", poison: Callable[["Desk"], None]) -> None:
    desk.wheel("twins", TWINS)
    lock = desk.lock("twins")
    desk.store_all(lock, TWIN_STEP, "twins")
    poison(desk)
    environment = desk.environment("twins")
    assert desk.fill(environment, lock).startswith(f"compiled anew, {DAMAGED} (")
    assert works(desk, environment)
    environment = desk.environment("twins")
    assert desk.fill(environment, lock).startswith("reused (")
    assert works(desk, environment)


def test_modules_that_were_compiled_in_one_tick_of_the_clock_are_told_apart(desk: "Desk") -> None:
    desk.wheel("twins", TWINS)
    lock = desk.lock("twins")
    desk.learn(lock, TWIN_STEP, "twins")
    first = desk.environment("twins")
    desk.says(first, TWIN_STEP)  # as an installer may compile them
    for path in Path(str(first.site)).rglob("*.pyc"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    desk.fill(first, lock)
    swap(desk)
    environment = desk.environment("twins")
    assert desk.fill(environment, lock).startswith(f"compiled anew, {DAMAGED} (")
    assert works(desk, environment)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\0\0\0", b'{"name": "x", "files": "y", "pycs": []}', b'{"name": "\xff"}']
)
def test_a_broken_manifest_is_made_anew(desk: "Desk", text: bytes) -> None:
    desk.wheel("twins", TWINS)
    lock = desk.lock("twins")
    desk.store_all(lock, TWIN_STEP, "twins")
    (desk.entry() / "manifest.json").write_bytes(text)
    environment = desk.environment("twins")
    assert desk.fill(environment, lock) == "compiled 2 files"
    assert works(desk, environment)
    assert desk.fill(desk.environment("twins"), lock).startswith("reused (")


def test_bytecode_that_steps_of_the_same_run_damage_is_not_linked_again(desk: "Desk") -> None:
    desk.wheel("twins", TWINS)
    run, lock = desk.run(), desk.lock("twins")
    desk.learn(lock, TWIN_STEP, "twins")
    first = desk.environment("twins")
    desk.fill(first, lock, run)
    for path in Path(str(first.site)).rglob("one.*.pyc"):
        path.write_bytes(path.read_bytes()[:-4] + b"junk")
    environment = desk.environment("twins")
    assert desk.fill(environment, lock, run).startswith(f"compiled anew, {DAMAGED} (")
    assert works(desk, environment)


def test_a_source_that_was_modified_in_place_is_named_and_nothing_is_linked(desk: "Desk") -> None:
    lock = desk.lock("demo")
    first = desk.store_all(lock)
    with Path(str(first.site), "demo", "core.py").open("a") as file:
        file.write("# more\n")
    environment = desk.environment("demo")
    filled = desk.run().fill(desk.spec, environment, lock, None, desk.stop)
    assert filled.changed == ("demo/core.py",)
    assert desk.compiled(environment) == {}


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_a_source_that_was_only_touched_is_compiled_anew_and_accuses_nobody(desk: "Desk", mode: str) -> None:
    lock = desk.lock("demo")
    desk.learn(lock, mode=mode)
    first = desk.environment("demo", mode=mode)
    desk.fill(first, lock)
    os.utime(Path(str(first.site), "demo", "core.py"), (1_500_000_000, 1_500_000_000))
    assert desk.fill(desk.environment("demo", mode=mode), lock) == f"compiled anew, {OUTDATED} (2 files)"


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_when_the_installer_fetched_its_files_anew_they_are_compiled_anew(desk: "Desk", mode: str) -> None:
    lock = desk.lock("demo")
    desk.learn(lock, mode=mode)
    desk.fill(desk.environment("demo", mode=mode), lock)
    desk.uv("cache", "clean", "demo")
    environment = desk.environment("demo", mode=mode)
    assert desk.fill(environment, lock).startswith(f"compiled anew, {OUTDATED} (")
    assert desk.fill(desk.environment("demo", mode=mode), lock).startswith("reused (")


def test_a_copied_source_gets_its_time_back_only_if_it_is_the_same(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    desk.fill(desk.environment("demo", mode="copy"), lock)
    environment = desk.environment("demo", mode="copy")
    core = Path(str(environment.site), "demo", "core.py")
    core.write_text(core.read_text().replace("42", "43"))
    # It was copied from a file that is not what its distribution recorded.
    filled = desk.run().fill(desk.spec, environment, lock, None, desk.stop)
    assert filled.changed == ("demo/core.py",)
    assert desk.says(environment, "from demo.core import answer; print(answer())")[0] == "43\n"


def test_bytecode_of_links_serves_copies(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.store_all(lock)
    assert desk.fill(desk.environment("demo", mode="copy"), lock).startswith("reused (")
    assert desk.fill(desk.environment("demo", mode="hardlink"), lock).startswith("reused (")


def test_a_file_that_is_installed_no_more_is_no_trouble(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.store_all(lock)
    environment = desk.environment("demo")
    Path(str(environment.site), "demo", "core.py").unlink()
    assert desk.fill(environment, lock).startswith(f"compiled anew, {OUTDATED} (")
    assert desk.compiled(environment).keys() == {"demo/__init__.py"}


def test_modules_that_the_installer_compiled_are_replaced(desk: "Desk") -> None:
    lock = desk.lock("demo")
    first = desk.store_all(lock)
    environment = desk.environment("demo")
    desk.says(environment, "import demo")
    assert desk.compiled(environment).keys() == desk.compiled(first).keys()
    assert desk.fill(environment, lock).startswith("reused (")
    assert desk.compiled(environment) == desk.compiled(first)


def test_what_another_runner_stored_meanwhile_is_taken(desk: "Desk") -> None:
    run, lock = desk.run(), desk.lock("demo")
    desk.learn(lock)
    desk.fill(desk.environment("demo"), lock, run)
    desk.store.drop(desk.entry().name)
    other = desk.environment("demo")
    desk.fill(other, lock)
    environment = desk.environment("demo")
    assert desk.fill(environment, lock, run).startswith("reused (")
    assert desk.compiled(environment) == desk.compiled(other)
    assert desk.compilations() == 2


def test_an_entry_that_vanishes_while_it_is_linked_leaves_nothing_wrong(desk: "Desk") -> None:
    desk.wheel("twins", TWINS)
    lock = desk.lock("twins")
    desk.store_all(lock, TWIN_STEP, "twins")
    stored = read_entry(desk.entry(), desk.entry().name)
    assert stored is not None
    environment = desk.environment("twins")
    assert check(stored, str(environment.site)).fault == ""
    # Another runner stores what it compiled in a place that is named and laid out alike.
    desk.store.drop(stored.manifest.name)
    desk.fill(desk.environment("twins"), lock)
    with pytest.raises(FileNotFoundError):
        put(stored, str(environment.site), ())
    assert desk.compiled(environment) == {}


def test_dropped_bytecode_is_compiled_anew(desk: "Desk") -> None:
    run, lock = desk.run(), desk.lock("demo")
    desk.learn(lock)
    first = desk.environment("demo")
    desk.fill(first, lock, run)
    run.drop(desk.spec, lock.sha256)
    assert tuple(desk.store.names()) == ()
    environment = desk.environment("demo")
    assert desk.fill(environment, lock, run) == "compiled 2 files"
    assert not set(desk.compiled(first).values()) & set(desk.compiled(environment).values())


def test_a_cache_that_can_keep_nothing_serves_the_run_all_the_same(desk: "Desk") -> None:
    run, lock = desk.run(), desk.lock("demo")
    desk.learn(lock)
    desk.store.folder.write_text("not a folder")
    first, second = desk.environment("demo"), desk.environment("demo")
    desk.fill(first, lock, run)
    desk.fill(second, lock, run)
    assert desk.compiled(second) == desk.compiled(first) != {}
    assert desk.compilations() == 1
    (line,) = desk.told
    assert line.startswith(f"nothing can be kept in {desk.store.folder}: ")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on another file system."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_cache_on_another_file_system_gives_copies(desk: "Desk", elsewhere: Path) -> None:
    desk.wheel("twins", TWINS)
    desk.store = Store(elsewhere / "bytecode", desk.told.append)
    lock = desk.lock("twins")
    desk.store_all(lock, "import twins.one", "twins")
    desk.learn(lock, TWIN_STEP, "twins")
    assert desk.fill(desk.environment("twins"), lock) == "compiled 1 more file"
    environment = desk.environment("twins")
    assert desk.fill(environment, lock) == "reused (2 files)"
    assert works(desk, environment)
    assert not any(path.name.count(".") != 2 for path in Path(str(environment.site)).rglob("*.pyc*"))


def test_every_entry_says_what_it_follows_from(desk: "Desk") -> None:
    desk.store_all(desk.lock("demo"))
    assert desk.spec.interpreter is not None
    for file in (desk.entry() / "key.json", desk.imported_file().with_name("key.json")):
        assert msgspec.json.decode(file.read_bytes(), type=dict[str, str]) == {
            "lock_sha256": desk.lock("demo").sha256,
            "implementation": desk.spec.interpreter.implementation,
            "sys_version": desk.spec.interpreter.sys_version,
            "soabi": desk.spec.interpreter.soabi,
        }


def test_a_source_that_is_not_what_was_recorded_of_it_is_not_compiled(desk: "Desk") -> None:
    # As a killed run of another project leaves it in uv's cache, of which no entry here knows.
    lock = desk.lock("demo")
    desk.learn(lock)
    environment = desk.environment("demo")
    with Path(str(environment.site), "demo", "core.py").open("a") as file:
        file.write("DAMAGED = True\n")
    filled = desk.run().fill(desk.spec, environment, lock, None, desk.stop)
    assert filled.changed == ("demo/core.py",)
    assert desk.compilations() == 0
    # Where installing anew changes nothing it is the record that is wrong.
    again = desk.run().fill(desk.spec, environment, lock, None, desk.stop, reinstalled=True)
    assert again.how == "compiled 1 file"
    assert set(desk.compiled(environment)) == {"demo/__init__.py"}
    assert desk.fill(desk.environment("demo"), lock) == "reused (1 file)"
