"""A step that writes into a file that environments share is found out, and the next ones are clean."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.env.contents.damage import Damage, damage_to, looked, modified, stamp, stamped
from runner.model.environment import Environment

if TYPE_CHECKING:
    from tests.unit.env.contents.conftest import Desk


def stamp_before(environment: Environment) -> int:
    """Stamp the environment, and wait until the file system's clock goes on: it ticks every few ms."""
    since = stamp(environment)
    probe = Path(str(environment.folder), "probe")
    probe.touch()
    while probe.stat().st_mtime_ns <= since:
        time.sleep(0.001)
        probe.touch()
    return since


def append(environment: Environment, path: str) -> None:
    with Path(str(environment.site), path).open("a") as file:
        file.write("\n")


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_a_file_that_a_step_appended_to_is_found_and_evicting_it_cures(desk: "Desk", mode: str) -> None:
    environment = desk.environment("demo", mode=mode)
    since = stamp_before(environment)
    assert modified(environment, since) is None
    append(environment, "demo/data.txt")
    damage = modified(environment, since)
    assert damage == Damage(("demo/data.txt",), ("demo",))
    dirty = desk.environment("demo", mode=mode)
    assert Path(str(dirty.site), "demo/data.txt").read_text() == "some words\n\n"
    desk.uv("cache", "clean", *damage.distributions)
    clean = desk.environment("demo", mode=mode)
    assert Path(str(clean.site), "demo/data.txt").read_text() == "some words\n"


def test_files_outside_of_site_packages_are_looked_at_too(desk: "Desk") -> None:
    environment = desk.environment("demo")
    since = stamp_before(environment)
    append(environment, f"{environment.folder}/share/demo/table.txt")
    assert modified(environment, since) == Damage(("share/demo/table.txt",), ("demo",))


def test_stored_bytecode_that_a_step_wrote_into_is_found(desk: "Desk") -> None:
    environment = desk.store_all(desk.lock("demo"))
    since = stamp_before(environment)
    (compiled,) = Path(str(environment.site)).glob("demo/__pycache__/core.*")
    append(environment, str(compiled))
    assert modified(environment, since) == Damage((f"demo/__pycache__/{compiled.name}",), ("demo",))


def test_linking_and_compiling_are_no_damage(desk: "Desk") -> None:
    desk.learn(desk.lock("demo"))
    for _ in range(2):
        environment = desk.environment("demo")
        desk.fill(environment, desk.lock("demo"))
        assert modified(environment, stamp(environment)) is None


def test_a_file_that_was_replaced_is_no_damage(desk: "Desk") -> None:
    environment = desk.environment("demo")
    since = stamp_before(environment)
    data = Path(str(environment.site), "demo/data.txt")
    data.with_suffix(".new").write_text("other words\n")
    data.with_suffix(".new").replace(data)
    assert modified(environment, since) is None


def test_an_environment_of_copies_shares_nothing(desk: "Desk") -> None:
    environment = desk.environment("demo", mode="copy")
    since = stamp_before(environment)
    append(environment, "demo/data.txt")
    assert modified(environment, since) is None


def test_what_a_step_installs_or_links_by_itself_is_no_damage(desk: "Desk") -> None:
    environment = desk.environment("demo")
    desk.wheel("later", {"later.py": ""})
    since = stamp_before(environment)
    desk.install(environment, "later")
    assert Path(str(environment.site), "later.py").stat().st_nlink == 2
    assert Path(str(environment.site), "later.py").stat().st_mtime_ns > since
    own = Path(str(environment.site), "own.txt")
    own.write_text("x")
    own.with_name("twin.txt").hardlink_to(own)
    own.with_name("nowhere").symlink_to("gone")
    assert modified(environment, since) is None


def test_a_stamp_that_nobody_came_back_to_tells_that_the_run_was_killed(desk: "Desk") -> None:
    environment = desk.environment("demo")
    assert stamped(environment) is None
    since = stamp_before(environment)
    append(environment, "demo/core.py")
    assert stamped(environment) == since
    assert modified(environment, since) is not None
    looked(environment)
    assert stamped(environment) is None
    looked(environment)


def test_files_that_are_known_to_be_modified_have_owners(desk: "Desk") -> None:
    desk.wheel("other", {"other/__init__.py": "", "other/deep/leaf.py": ""})
    environment = desk.environment("demo", "other")
    damage = damage_to(environment, ("other/deep/leaf.py", "demo/core.py"))
    assert damage == Damage(("demo/core.py", "other/deep/leaf.py"), ("demo", "other"))
    assert damage_to(environment, ("strange.py",)) is None


def test_an_environment_without_a_folder_has_nothing_to_look_at() -> None:
    environment = Environment(python="/usr/bin/python3", programs=(), variables={})
    assert stamp(environment) == 0
    assert modified(environment, 0) is None
    assert damage_to(environment, ("x.py",)) is None
    assert stamped(environment) is None
    looked(environment)


def test_folders_that_a_step_removed_or_closed_are_passed_over(desk: "Desk") -> None:
    environment = desk.environment("demo")
    since = stamp_before(environment)
    append(environment, "demo/core.py")
    Path(str(environment.site), "closed").mkdir(mode=0)
    for path in Path(str(environment.folder), "share").rglob("*.txt"):
        path.unlink()
    assert modified(environment, since) == Damage(("demo/core.py",), ("demo",))


def test_a_step_that_left_no_folder_leaves_nothing_to_look_at(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.write_text("a file\n")
    left = Environment(python="", programs=(), variables={}, folder=str(folder), site=str(folder / "site"))
    assert stamped(left) is None
    assert modified(left, 0) is None
    assert damage_to(left, ("x.py",)) is None


def test_the_words_name_a_few_files_what_was_done_and_how_to_avoid_it() -> None:
    one = Damage(("demo/core.py",), ("demo",)).words()
    assert one == (
        'demo/core.py (demo): modified in place, for all environments that share it; with link-mode = "copy"'
        " they share no files. Evicted demo from uv's cache and dropped the bytecode of this lock: the next"
        " environments are clean"
    )
    failed = Damage(("demo/core.py",), ("demo",)).words("it is read-only")
    assert failed.endswith("they share no files. demo cannot be evicted from uv's cache: it is read-only")
    many = Damage(tuple(f"{letter}.py" for letter in "abcdef"), ("demo", "other")).words()
    assert many.startswith(
        "a.py, b.py, c.py and 3 more (demo, other): modified in place, for all environments"
    )
    assert " share them; with " in many
    assert " Evicted demo, other from uv's cache " in many
