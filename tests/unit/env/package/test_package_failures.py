"""A broken build is told whole once, and each cell that it concerns is told."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from runner.model.errors import CellError
from runner.process import StopSwitch

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Kind, Project


def test_a_broken_build_is_told_whole_once(project: "Project") -> None:
    project.about(fault="no such header: demo.h")
    builder = project.builder()
    first = project.failure(builder, project.spec(project.python("3.11.7")))
    same = project.failure(builder, project.spec(project.python("3.11.7")))
    other = project.failure(builder, project.spec(project.python("3.12.1")))
    assert "RuntimeError: no such header: demo.h" in first.message
    assert "exited with code 1" in first.message
    assert "the whole output: " in first.message
    assert "shown before" not in first.message
    other_again = project.failure(builder, project.spec(project.python("3.12.1")))
    for later in (same, other, other_again):
        assert "no such header" not in later.message
        assert "shown before, with CPython 3.11.7" in later.message
    assert project.calls() == ["wheel", "wheel"]


def test_a_build_that_breaks_with_one_python_leaves_the_others_alone(project: "Project") -> None:
    project.about(fault="not with this one")
    builder = project.builder()
    assert "shown before" not in project.failure(builder, project.spec(project.python("3.13.0"))).message
    project.about()
    builder.built(project.spec(project.python("3.12.1", ("py3-none-any",))), StopSwitch())


def test_another_reason_with_another_python_is_told_in_its_last_line(project: "Project") -> None:
    project.about(fault="first reason")
    builder = project.builder()
    project.failure(builder, project.spec(project.python("3.12.1")))
    project.about(fault="second reason")
    assert (
        "RuntimeError: second reason"
        in project.failure(builder, project.spec(project.python("3.13.0"))).message
    )


def test_a_long_output_is_cut_to_its_end(project: "Project") -> None:
    project.about(fault="\n".join(f"line {n}" for n in range(100)))
    message = project.failure(project.builder(), project.spec()).message
    assert "line 99" in message
    assert "line 1\n" not in message
    log = message.rpartition("the whole output: ")[2]
    assert "line 1\n" in Path(log).read_text()


def test_an_environment_that_cannot_be_made_concerns_its_python_only(project: "Project") -> None:
    project.env_error = lambda spec: (
        CellError("lock", "no version of x for this Python") if "3.13" in str(spec.interpreter) else None
    )
    builder = project.builder()
    error = project.failure(builder, project.spec(project.python("3.13.0")))
    assert "no version of x for this Python" in error.message
    assert "CPython 3.13.0" in error.message
    assert "shown before" in project.failure(builder, project.spec(project.python("3.13.0"))).message
    builder.built(project.spec(project.python("3.12.1")), StopSwitch())


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ("[build-system", "pyproject.toml: "),
        ("[build-system]\nrequires = 'x'", "build-system: Expected `array`, got `str`"),
        ("[build-system]\nrequires = [1]", "`requires[0]`"),
        ("[build-system]\nbuild-backend = 'x'", "`requires`"),
        ("[build-system]\nrequires = []\nbuild-bakend = 'x'", "did you mean build-backend?"),
        ("[build-system]\nrequires = ['==1']", "'==1' is no requirement"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a b'", "'a b' is no module"),
        ("[build-system]\nrequires = []\nbackend-path = ['/x']", "must be relative"),
        ("[build-system]\nrequires = []\nbackend-path = ['..']", "outside the project"),
        ("[build-system]\nrequires = []\nbackend-path = ['gone']", "no folder 'gone'"),
        ("[project]\nname = 'x'\nrequires-python = 'three'", "project.requires-python"),
        ("[tool.x]", "neither [build-system] nor [project]"),
    ],
)
def test_a_project_that_says_wrongly_how_it_is_built_is_told_so_once(
    project: "Project", pyproject: str, expected: str
) -> None:
    (project.root / "pyproject.toml").write_text(pyproject)
    builder = project.builder()
    error = project.failure(builder, project.spec(project.python("3.12.1")))
    assert expected in error.message
    assert str(project.root) in error.message
    assert "shown before" in project.failure(builder, project.spec(project.python("3.13.0"), "sdist")).message
    assert project.environments == []


def test_nothing_to_build_says_what_was_looked_for(project: "Project") -> None:
    (project.root / "pyproject.toml").unlink()
    error = project.failure(project.builder(), project.spec())
    assert "neither a pyproject.toml nor a setup.py" in error.message


def test_a_backend_that_is_not_there_is_named(project: "Project") -> None:
    (project.root / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'no_such_backend'\n"
    )
    message = project.failure(project.builder(), project.spec()).message
    assert "no_such_backend cannot be imported; is it among build-system.requires?" in message
    assert "ModuleNotFoundError" in message


def test_a_backend_without_editable_wheels_says_what_to_set_instead(project: "Project") -> None:
    backend = project.root / "_build/backend.py"
    backend.write_text(backend.read_text().replace("def build_editable", "def something_else"))
    message = project.failure(project.builder(), project.spec(project.python(), "editable")).message
    assert 'has no build_editable; set package = "wheel"' in message


@pytest.mark.parametrize("answer", [7, "gone-1.0-py3-none-any.whl", ["x"]])
def test_a_backend_that_answers_nonsense_is_told(project: "Project", answer: object) -> None:
    project.about(answer=answer)
    assert f"returned {answer!r}" in project.failure(project.builder(), project.spec()).message


def test_a_backend_that_asks_for_nonsense_is_told(project: "Project") -> None:
    project.about(more=[1])
    assert "must return a list of texts" in project.failure(project.builder(), project.spec()).message


def test_requires_python_is_checked_before_the_build(project: "Project") -> None:
    with (project.root / "pyproject.toml").open("a") as file:
        file.write('[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.10"\n')
    builder = project.builder()
    message = project.failure(builder, project.spec(project.python("3.9.18"))).message
    assert "requires Python >=3.10, and this cell has CPython 3.9.18" in message
    assert project.calls() == []
    builder.built(project.spec(project.python("3.10.0rc1")), StopSwitch())


def test_requires_python_of_the_wheel_keeps_it_from_older_pythons(project: "Project") -> None:
    project.about(wheel_requires_python=">=3.11")
    builder = project.builder()
    builder.built(project.spec(project.python("3.12.1")), StopSwitch())
    message = project.failure(builder, project.spec(project.python("3.10.1"))).message
    assert "demo 1.0 requires Python >=3.11, and this cell has CPython 3.10.1" in message


def test_a_wheel_that_does_not_suit_its_own_python_is_an_error(project: "Project") -> None:
    project.about(tag="cp27-cp27m-win32")
    message = project.failure(project.builder(), project.spec(project.python("3.12.1"))).message
    assert "demo-1.0-cp27-cp27m-win32.whl does not suit CPython 3.12.1" in message


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_packed_work_dir_is_an_error_with_the_line_to_add(project: "Project", kind: "Kind") -> None:
    project.about(packs=[".runner/envs/x"], sdist_packs=[".runner"])
    builder = project.builder()
    message = project.failure(builder, project.spec(project.python(), kind)).message
    assert "holds files of the work-dir, such as .runner/" in message
    assert "add `/.runner/` to .gitignore" in message
    assert "shown before" in project.failure(builder, project.spec(project.python("3.9.1"), kind)).message


def test_an_interpreter_that_the_backend_brings_is_no_ground_to_build_on(project: "Project") -> None:
    assert (
        'set package = "none"'
        in project.failure(
            project.builder(), msgspec.structs.replace(project.spec(), interpreter=None)
        ).message
    )
