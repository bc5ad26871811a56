"""A store that is damaged, half-written or not writable costs a build, and never gives a wrong wheel."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.env import store
from runner.model.environment import Built
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Project


def truncate(wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes()[:100])


def flip_a_byte(wheel: Path) -> None:
    content = bytearray(wheel.read_bytes())
    content[-30] ^= 1
    wheel.write_bytes(content)


def swap(wheel: Path) -> None:
    shutil.copyfile(make_wheel(wheel.parent.parent / ".other", "demo", "1.0"), wheel)


def break_record(wheel: Path) -> None:
    (wheel.parent / "record.json").write_text('{"file": ')


def another_record(wheel: Path) -> None:
    (wheel.parent / "record.json").write_text("{}")


def lead_out(wheel: Path) -> None:
    """Let the record name a file elsewhere, by its true hash."""
    other = make_wheel(wheel.parent.parent.parent / "other", "demo", "6.6.6")
    record = wheel.parent / "record.json"
    facts = json.loads(record.read_bytes())
    sha256 = hashlib.sha256(other.read_bytes()).hexdigest()
    facts["wheel"] |= {"path": f"../../other/{other.name}", "sha256": sha256}
    record.write_text(json.dumps(facts))


DAMAGES: tuple[Callable[[Path], object], ...] = (
    *(truncate, flip_a_byte, swap, break_record, another_record, lead_out),
    *(Path.unlink, lambda wheel: (wheel.parent / "record.json").unlink()),
    lambda wheel: wheel.write_bytes(b""),
)


@pytest.fixture
def stored(project: "Project") -> Built:
    return project.run()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_wheel_is_built_anew_and_replaced(
    project: "Project", stored: Built, damage: Callable[[Path], object]
) -> None:
    damage(Path(stored.path))
    built = project.run()
    assert built.how.endswith("(the stored wheel was damaged)")
    assert (built.version, project.calls()) == ("1.0", ["wheel"] * 2)
    assert hashlib.sha256(Path(built.path).read_bytes()).hexdigest() == built.sha256
    assert project.run().how.startswith("reused")
    assert len(list(project.cache.glob("*/record.json"))) == 1


@pytest.mark.parametrize("file", ["key.json", "tree.json"])
def test_without_what_explains_it_a_wheel_is_reused_and_a_rebuild_is_not_explained(
    project: "Project", stored: Built, file: str
) -> None:
    (Path(stored.path).parent / file).write_text("{")
    assert project.run().how.startswith("reused")
    project.write("x.py")
    assert project.run().how.endswith("(nothing stored)")


def test_entries_that_changed_places_are_both_built_anew(project: "Project", stored: Built) -> None:
    project.write("x.py")
    other = Path(project.run().path).parent
    entry = Path(stored.path).parent
    entry.rename(entry.parent / "aside")
    other.rename(entry)
    (entry.parent / "aside").rename(other)
    built = project.run()
    assert "the stored wheel was damaged" in built.how
    assert project.run().path == built.path
    (project.root / "x.py").unlink()
    assert "the stored wheel was damaged" in project.run().how
    assert project.calls() == ["wheel"] * 4


def test_strange_things_in_the_store_are_left_alone(project: "Project", stored: Built) -> None:
    strange = project.cache / "strange"
    strange.mkdir()
    (project.cache / "file").touch()
    project.write("x.py")
    assert project.run().how.endswith("(x.py added)")
    assert strange.is_dir()


def test_what_is_damaged_beside_a_good_wheel_does_not_matter(project: "Project", stored: Built) -> None:
    entry = Path(stored.path).parent
    shutil.copytree(entry, entry.with_name(f"{entry.name}x"))
    (entry.with_name(f"{entry.name}x") / "record.json").write_text("{")
    assert project.run().path == stored.path


def test_a_store_that_cannot_be_written_is_told_once_and_costs_a_build_each_run(project: "Project") -> None:
    project.cache.parent.mkdir(parents=True)
    project.cache.touch()
    for _ in range(2):
        project.about(tag="environ")
        built = project.run(project.python("3.11.1", ("cp311-cp311-any",)), project.python())
        assert built.how.endswith("(nothing stored)")
        assert hashlib.sha256(Path(built.path).read_bytes()).hexdigest() == built.sha256
        (notice,) = project.notices
        assert f"nothing can be kept in {project.cache}" in notice
        project.notices.clear()
    assert project.calls() == ["wheel"] * 4


def test_what_a_killed_run_left_half_made_is_not_taken(project: "Project", stored: Built) -> None:
    entry = Path(stored.path).parent
    entry.rename(entry.with_name(".part-0123"))
    assert project.run().how.endswith("(nothing stored)")


def test_a_wheel_is_there_also_when_somebody_deletes_all_that_is_remembered_just_then(
    project: "Project", monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_before(part: Path, _entry: Path) -> None:
        shutil.rmtree(part.parent)
        raise FileNotFoundError

    monkeypatch.setattr(store, "_appear", deleted_before)
    built = project.run()
    assert hashlib.sha256(Path(built.path).read_bytes()).hexdigest() == built.sha256
