"""Which of a run's wheels a cell gets: its `package-file`, the one of the command line, or the project's."""

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runner.env.package.packages import Declared, Packages
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.process import StopSwitch
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Project

    from runner.env.package.builder import PackageBuilder

DECLARED = (
    '[project]\nname = "Declared"\nversion = "3.0"\ndependencies = ["six"]\nrequires-python = ">=3.9"\n'
)


def packages(project: "Project") -> Packages:
    """Return the packages of one more run."""
    spec = PackageSpec(
        root=str(project.root), config=project.config, environ=project.environ, given=project.given
    )
    own = project.work_dir / "own"

    def builder(package: PackageSpec, _own: Path) -> "PackageBuilder":
        project.given = package.given
        return project.builder()

    return Packages(spec, own, Declared(spec, own), builder)


def wants(project: "Project", pattern: str | None = None, **changes: object) -> EnvSpec:
    return replace(project.spec(), root=str(project.root), package_file=pattern, **changes)


def refusal(made: Packages, spec: EnvSpec) -> str:
    with pytest.raises(CellError) as caught:
        made.built(spec, StopSwitch())
    assert caught.value.phase == "package"
    return caught.value.message


def test_each_cell_gets_the_file_that_it_names(project: "Project") -> None:
    for name in ("one", "two"):
        make_wheel(project.root / name, name)
    made = packages(project)
    names = [made.built(wants(project, f"{name}/*.whl"), StopSwitch()).name for name in ("one", "two", "one")]
    assert names == ["one", "two", "one"]
    assert made.built(wants(project), StopSwitch()).name == "demo"
    assert project.calls() == ["wheel"]


def test_a_pattern_may_be_absolute_and_cross_folders(project: "Project") -> None:
    wheel = make_wheel(project.root / "a/b", "one")
    made = packages(project)
    for pattern in ("**/one*.whl", f"{project.root}/a/b/*"):
        assert made.built(wants(project, pattern), StopSwitch()).path == str(wheel)


def test_a_file_that_is_made_anew_is_read_anew(project: "Project") -> None:
    made = packages(project)
    make_wheel(project.root / "dist", "one")
    first = made.built(wants(project, "dist/*"), StopSwitch())
    make_wheel(project.root / "dist", "one", modules={"one.py": "OTHER = True\n"})
    again = made.built(wants(project, "dist/*"), StopSwitch())
    assert again.path == first.path
    assert again.sha256 != first.sha256


def test_none_and_several_are_errors_that_name_what_was_found(project: "Project") -> None:
    made = packages(project)
    assert refusal(made, wants(project, "dist/*.whl")) == (
        f"package-file: nothing matches dist/*.whl in {project.root}; if another session makes it, name that"
        " session in needs"
    )
    for name in ("one", "two"):
        make_wheel(project.root / "dist", name)
    assert refusal(made, wants(project, "dist/*.whl")) == (
        "package-file: dist/*.whl matches 2 files, and must match one: dist/one-1.0-py3-none-any.whl,"
        " dist/two-1.0-py3-none-any.whl"
    )


def test_an_sdist_is_built_once_for_all_cells(project: "Project") -> None:
    (project.root / "dist").mkdir()
    with tarfile.open(project.root / "dist/demo-1.0.tar.gz", "w:gz") as archive:
        for name in ("pyproject.toml", "about.json", "_build"):
            archive.add(project.root / name, f"demo-1.0/{name}")
    made = packages(project)
    for version in ("3.11.7", "3.12.1"):
        spec = replace(
            project.spec(project.python(version)), root=str(project.root), package_file="dist/*.tar.gz"
        )
        assert made.built(spec, StopSwitch()).name == "demo"
    assert project.calls() == ["wheel"]


def test_what_is_neither_wheel_nor_sdist_is_refused(project: "Project") -> None:
    project.write("dist/readme.txt")
    assert f"{project.root}/dist/readme.txt is neither a wheel" in refusal(
        packages(project), wants(project, "dist/*")
    )


def test_what_the_command_line_gives_weighs_more(project: "Project", tmp_path: Path) -> None:
    make_wheel(project.root / "dist", "one")
    project.write("pyproject.toml", DECLARED)
    project.given = str(make_wheel(tmp_path / "given", "two"))
    made = packages(project)
    assert made.built(wants(project, "dist/*.whl"), StopSwitch()).name == "two"
    assert made.built(wants(project, package="deps-only"), StopSwitch()).name == "two"


def test_looking_says_what_would_be_taken(project: "Project") -> None:
    made = packages(project)
    seen = made.look(wants(project, "dist/*"), StopSwitch())
    assert (seen.how, seen.built) == ("to be made: nothing matches dist/* yet", None)
    wheel = make_wheel(project.root / "dist", "one")
    assert made.look(wants(project, "dist/*"), StopSwitch()).how == f"given: {wheel}"
    make_wheel(project.root / "dist", "two")
    with pytest.raises(CellError, match="matches 2 files"):
        made.look(wants(project, "dist/*"), StopSwitch())


def test_dependencies_that_are_declared_need_no_build(project: "Project") -> None:
    project.write("pyproject.toml", DECLARED)
    made, spec = packages(project), wants(project, package="deps-only")
    built = made.built(spec, StopSwitch())
    assert (built.name, built.dependencies, Path(built.path).is_file()) == ("declared", ("six",), True)
    assert built.how == "not needed: pyproject.toml says what the project depends on"
    assert project.calls() == []


def test_looking_at_declared_dependencies_writes_nothing(project: "Project") -> None:
    project.write("pyproject.toml", DECLARED)
    seen = packages(project).look(wants(project, package="deps-only"), StopSwitch())
    assert seen.built is not None
    assert (seen.built.name, project.work_dir.exists()) == ("declared", False)


def test_dependencies_that_are_not_declared_need_the_wheel(project: "Project") -> None:
    made, spec = packages(project), wants(project, package="deps-only")
    assert made.look(spec, StopSwitch()).how == "to be built (nothing stored)"
    assert made.built(spec, StopSwitch()).name == "demo"
    assert made.built(wants(project), StopSwitch()).name == "demo"
    assert project.calls() == ["wheel"]


def test_a_python_that_the_project_does_not_take_is_refused_without_a_build(project: "Project") -> None:
    project.write("pyproject.toml", DECLARED)
    spec = replace(project.spec(project.python("3.8.2")), root=str(project.root), package="deps-only")
    assert "declared 3.0 requires Python >=3.9" in refusal(packages(project), spec)
