"""`runner plan` says what would become of the wheel, and touches nothing."""

import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.env.package.builder import Seen
from runner.model.errors import CellError
from runner.process import StopSwitch
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Project


def look(project: "Project", version: str = "3.12.1") -> Seen:
    """Look with a new builder, and see that nothing was written or built."""
    calls, before = project.calls(), contents(project)
    seen = project.builder().look(project.spec(project.python(version)), StopSwitch())
    assert (project.calls(), contents(project)) == (calls, before)
    return seen


def contents(project: "Project") -> dict[str, int]:
    """Every file of the project and the cache, and when it was last written."""
    folders = (project.root, project.cache)
    files = [Path(folder, name) for top in folders for folder, _, names in os.walk(top) for name in names]
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_a_cold_store_leads_to_a_build(project: "Project") -> None:
    assert look(project) == Seen("to be built (nothing stored)")


def test_a_stored_wheel_would_be_taken(project: "Project") -> None:
    project.requires("setuptools")
    built = project.run()
    project.clock.advance(90)
    os.utime(Path(built.path).parent / ".used", (1, 1))
    seen = look(project)
    assert seen.how == "reused (built 90 s ago)"
    assert seen.built is not None
    assert (seen.built.path, seen.built.sha256, seen.built.version) == (built.path, built.sha256, "1.0")


def test_a_change_is_named(project: "Project") -> None:
    project.requires("setuptools")
    project.run()
    project.pins["setuptools"] = "2.0"
    assert look(project).how == "to be built (build requirement setuptools 1.0 -> 2.0)"
    project.write("src/x.py")
    assert look(project).how == "to be built (src/x.py added)"


def test_build_requirements_that_nobody_resolved_lately_are_not_resolved(project: "Project") -> None:
    project.requires("setuptools")
    built = project.run()
    project.can_peek = False
    seen = look(project)
    assert seen.how == "reused (built 0 s ago), if the build requirements resolve to the same"
    assert seen.built is not None
    assert seen.built.path == built.path


def test_damage_is_seen_and_left_for_the_run(project: "Project") -> None:
    wheel = Path(project.run().path)
    wheel.write_bytes(b"")
    for _ in range(2):
        assert look(project).how == "to be built (the stored wheel was damaged)"


def test_a_given_wheel_would_be_taken_as_it_is(project: "Project", tmp_path: Path) -> None:
    project.given = str(make_wheel(tmp_path / "dist", "demo", "2.0"))
    seen = look(project)
    assert seen.how == f"given: {project.given}"
    assert seen.built is not None
    assert seen.built.path == project.given


def test_a_given_sdist_would_be_built(project: "Project", tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "demo-1.0.tar.gz", "w:gz") as archive:
        for name in ("pyproject.toml", "about.json", "_build"):
            archive.add(project.root / name, f"demo-1.0/{name}")
    project.given = str(tmp_path / "demo-1.0.tar.gz")
    assert look(project).how == "to be built (nothing stored)"
    project.run()
    assert look(project).how == "reused (built 0 s ago)"


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ("[tool.x]", "neither [build-system] nor [project]"),
        ('[project]\nname = "x"\nrequires-python = ">=3.13"', "requires Python >=3.13"),
    ],
)
def test_what_is_wrong_already_is_told(project: "Project", pyproject: str, expected: str) -> None:
    (project.root / "pyproject.toml").write_text(pyproject)
    with pytest.raises(CellError) as caught:
        look(project)
    assert caught.value.phase == "package"
    assert expected in caught.value.message
    assert str(project.root) in caught.value.message


def test_a_given_wheel_that_does_not_suit_is_told(project: "Project", tmp_path: Path) -> None:
    project.given = str(make_wheel(tmp_path / "dist", "demo", tag="cp311-cp311-any"))
    with pytest.raises(CellError, match=r"does not suit CPython 3\.12\.1"):
        look(project)
