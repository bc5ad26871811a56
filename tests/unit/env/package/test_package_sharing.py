"""The project is built once for all cells that can share it."""

import hashlib
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from runner.model.config import Package
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Stop
from runner.process import StopSwitch

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Kind, Project

GIT = shutil.which("git") or "git is missing"


def test_a_pure_wheel_is_built_once_for_all_pythons(project: "Project") -> None:
    builder = project.builder()
    first = builder.built(project.spec(project.python("3.11.7")), StopSwitch())
    second = builder.built(project.spec(project.python("3.12.1")), StopSwitch())
    assert first == second
    assert first.how == "built in 0.0 s with CPython 3.11.7 (nothing stored)"
    assert first.notes == ()
    assert project.calls() == ["wheel"]
    assert (first.name, first.version, first.kind) == ("demo", "1.0", "wheel")
    assert first.sha256 == hashlib.sha256(Path(first.path).read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_what_an_old_python_builds_under_another_name_is_built_by_the_one_that_runs_runner(
    project: "Project", kind: "Kind"
) -> None:
    project.config = Package(name="demo")
    project.about(names={"3.6.15": "UNKNOWN", project.python().version: "UNKNOWN"})
    failure = project.failure(project.builder(), project.spec(project.python("3.6.15"), kind))
    assert "built unknown 1.0 instead of demo" in failure.message
    project.calls_file.unlink()
    project.about(names={"3.6.15": "UNKNOWN"})
    builder = project.builder()
    pythons = (project.python("3.6.15"), project.python("3.7.16"))
    old, newer = (builder.built(project.spec(python, kind), StopSwitch()) for python in pythons)
    assert (old.name, old.path) == ("demo", newer.path)
    told = "backend with CPython 3.6.15 built unknown 1.0 instead of demo: it does not read [project]"
    assert old.notes[-1].startswith(told)
    assert old.notes[-1].endswith(f"so it was built with CPython {project.python().version}")
    assert project.calls() == ["wheel", "wheel"] if kind == "wheel" else ["sdist", "wheel"] * 2
    assert project.run(project.python("3.6.15"), kind=kind).how.startswith("reused")


def test_a_wheel_that_suits_one_python_is_built_for_each(project: "Project") -> None:
    project.about(tag="environ")
    builder = project.builder()
    pythons = [
        project.python("3.11.7", ("cp311-cp311-any", "py3-none-any")),
        project.python("3.12.1", ("cp312-cp312-any", "py3-none-any")),
    ]
    names = [Path(builder.built(project.spec(p), StopSwitch()).path).name for p in (*pythons, *pythons)]
    assert names[:2] == ["demo-1.0-cp311-cp311-any.whl", "demo-1.0-cp312-cp312-any.whl"]
    assert names[2:] == names[:2]
    assert project.calls() == ["wheel", "wheel"]


def test_kinds_are_built_separately_and_an_sdist_is_made_on_the_way(project: "Project") -> None:
    builder = project.builder()
    kinds = [
        builder.built(project.spec(project.python(), kind), StopSwitch()).kind
        for kind in ("wheel", "sdist", "editable")
    ]
    assert kinds == ["wheel", "wheel", "editable"]
    assert project.calls() == ["wheel", "sdist", "wheel", "editable"]


def test_an_sdist_is_made_once_for_an_extension(project: "Project") -> None:
    project.about(tag="environ")
    builder = project.builder()
    for version in ("311", "312"):
        builder.built(
            project.spec(project.python(version, (f"cp{version}-cp{version}-any",)), "sdist"), StopSwitch()
        )
    assert project.calls() == ["sdist", "wheel", "wheel"]


def test_workers_that_come_together_share_one_build_and_name_it(project: "Project") -> None:
    builder = project.builder()
    start = threading.Barrier(4)
    notes: list[tuple[str, ...]] = []

    def work() -> None:
        start.wait()
        notes.append(builder.built(project.spec(project.python("3.12.1")), StopSwitch()).notes)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert project.calls() == ["wheel"]
    waited = [note for found in notes for note in found]
    assert len(waited) == 3
    assert all(note.endswith(" s for the build with CPython 3.12.1") for note in waited)


def test_the_environment_is_made_once_and_again_only_for_more_requirements(project: "Project") -> None:
    project.about(more=["extra>=1"])
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("[]", '["base"]', 1))
    builder = project.builder()
    builder.built(project.spec(project.python("3.12.1")), StopSwitch())
    builder.built(project.spec(project.python("3.12.1"), "sdist"), StopSwitch())
    assert project.environments == [(("base",), "3.12.1"), (("base", "extra>=1"), "3.12.1")]


def test_hooks_see_the_configured_variables_and_the_programs_of_the_environment_first(
    project: "Project",
) -> None:
    built = project.builder().built(project.spec(), StopSwitch())
    with zipfile.ZipFile(built.path) as wheel:
        seen = msgspec.json.decode(wheel.read("environ.json"), type=dict[str, str])
    assert seen["PATH"] == "/build/bin:/usr/bin:/bin"
    assert seen["FROM_CONFIG"] == "1"
    assert seen["VIRTUAL_ENV"] == "/build"
    assert "HOME" not in seen


def log_of(project: "Project") -> str:
    (log,) = project.work_dir.glob("logs/package-*.log")
    return log.read_text()


def test_config_settings_reach_the_hooks_and_their_warnings_stay_in_the_log(project: "Project") -> None:
    project.config = Package(config_settings={"one": "1", "many": ("a", "b")})
    project.builder().built(project.spec(), StopSwitch())
    assert "building with {'one': '1', 'many': ['a', 'b']}" in log_of(project)
    assert "the backend is old" in log_of(project)


@pytest.mark.parametrize("pyproject", [None, "[project]\nname = 'x'\nversion = '1'"])
def test_without_a_build_system_setuptools_is_asked_for(project: "Project", pyproject: str | None) -> None:
    (project.root / "setup.py").touch()
    if pyproject is None:
        (project.root / "pyproject.toml").unlink()
    else:
        (project.root / "pyproject.toml").write_text(pyproject)
    project.env_error = lambda _spec: CellError("lock", "no index")
    project.failure(project.builder(), project.spec())
    assert project.environments == [(("setuptools",), project.python().version)]


def test_a_stop_while_building_cancels_and_is_not_remembered(project: "Project", tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    project.about(block=str(reached))
    builder = project.builder()
    stop = StopSwitch()
    outcome: list[BaseException] = []

    def work() -> None:
        try:
            builder.built(project.spec(), stop)
        except Cancelled as cancelled:
            outcome.append(cancelled)

    builds, waits = (threading.Thread(target=work) for _ in range(2))
    builds.start()
    while not reached.exists():
        assert builds.is_alive()
    waits.start()
    stop.rise(2, "INT")
    builds.join()
    waits.join()
    assert len(outcome) == 2
    project.about()
    builder.built(project.spec(), StopSwitch())


def test_a_work_dir_that_git_would_take_up_is_told_once(project: "Project") -> None:
    subprocess.run([GIT, "init", "-q", str(project.root)], check=True)
    builder = project.builder()
    kinds: tuple[Kind, ...] = ("wheel", "editable")
    for kind in kinds:
        builder.built(project.spec(project.python(), kind), StopSwitch())
    (notice,) = project.notices
    assert f"add the line `/.runner/` to {project.root}/.gitignore" in notice


def test_a_work_dir_that_ignores_itself_is_not_spoken_of(project: "Project") -> None:
    subprocess.run([GIT, "init", "-q", str(project.root)], check=True)
    project.work_dir.mkdir()
    (project.work_dir / ".gitignore").write_text("*\n")
    project.builder().built(project.spec(), StopSwitch())
    assert project.notices == []


def test_other_runners_are_kept_away_while_it_is_built_and_only_then(project: "Project") -> None:
    held: list[str] = []

    @contextmanager
    def hold(_stop: Stop) -> Iterator[None]:
        held.append("held")
        assert project.calls() == []
        yield
        assert project.calls() == ["wheel"]

    builder = project.builder(hold)
    for _ in range(2):
        builder.built(project.spec(), StopSwitch())
    assert held == ["held"]
