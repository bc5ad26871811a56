"""A wheel that an earlier run built is taken as long as it would be built the same again."""

import hashlib
import os
import shutil
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.env.mutex import Mutexes
from runner.model.config import Package
from runner.model.environment import Built, Pin
from runner.model.errors import CellError
from runner.model.text import Literal
from runner.process import StopSwitch
from runner.testing.fakes import FakeClock

if TYPE_CHECKING:
    from tests.unit.env.package.conftest import Kind, Project

HOUR = 3600.0
KINDS: tuple["Kind", ...] = ("wheel", "sdist", "editable")


def reason(built: Built) -> str:
    """Return why it was built."""
    assert built.how.startswith("built in ")
    return built.how.partition("(")[2].removesuffix(")")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_git", [True, False], ids=["git", "no git"])
def test_an_unchanged_tree_is_built_once_for_all_runs(project: "Project", kind: "Kind", in_git: bool) -> None:
    if in_git:
        project.commit()
    first = project.run(kind=kind)
    assert reason(first) == "nothing stored"
    calls = project.calls()
    project.clock.advance(3 * HOUR)
    again = project.run(kind=kind)
    assert again.how == "reused (built 3 h ago)"
    assert again.notes == ()
    assert (again.path, again.sha256, again.kind) == (first.path, first.sha256, first.kind)
    assert Path(again.path).is_relative_to(project.cache)
    assert hashlib.sha256(Path(again.path).read_bytes()).hexdigest() == again.sha256
    assert project.calls() == calls
    assert len(project.environments) == 1


def test_a_reused_wheel_suits_pythons_that_came_later(project: "Project") -> None:
    project.run(project.python("3.11.7"))
    assert project.run(project.python("3.12.1")).how == "reused (built 0 s ago)"
    assert project.calls() == ["wheel"]


def test_an_extension_is_built_once_for_each_python(project: "Project") -> None:
    project.about(tag="environ")
    pythons = [project.python(f"3.{n}.1", (f"cp3{n}-cp3{n}-any", "py3-none-any")) for n in (11, 12, 13)]
    project.run(*pythons[:2])
    assert project.calls() == ["wheel"] * 2
    third = project.run(*pythons)
    assert reason(third) == "nothing stored for this Python"
    assert "3.13.1" in third.how
    assert project.calls() == ["wheel"] * 3
    assert project.run(*pythons) == project.run(*reversed(pythons), pythons[2])
    assert project.calls() == ["wheel"] * 3
    project.write("new.py")
    builder = project.builder()
    for python in pythons:
        assert reason(builder.built(project.spec(python), StopSwitch())) == "new.py added"


def test_an_interpreter_gets_its_own_wheel_before_newer_ones(project: "Project") -> None:
    project.about(tag="environ")
    own = project.python("3.12.1", ("cp312-cp312-any", "cp311-abi3-any"))
    for python in (own, project.python("3.11.1", ("cp311-abi3-any",))):
        project.run(python)
        project.clock.advance(1)
    assert Path(project.run(own).path).name == "demo-1.0-cp312-cp312-any.whl"
    newest = project.run(project.python("3.13.1", ("cp311-abi3-any", "cp312-cp312-any")))
    assert Path(newest.path).name == "demo-1.0-cp311-abi3-any.whl"
    assert project.calls() == ["wheel"] * 2


CHANGES: dict[str, tuple[Callable[["Project"], object], str]] = {
    "file": (lambda p: p.write("src/x.py", "changed"), "src/x.py changed"),
    "new file": (lambda p: p.write("src/y.py"), "src/y.py added"),
    "deleted file": (lambda p: (p.root / "src/x.py").unlink(), "src/x.py removed"),
    "mode": (lambda p: (p.root / "src/x.py").chmod(0o755), "src/x.py became a program"),
    "tag": (lambda p: p.git("tag", "a1"), "the tag changed ("),
    "another tag": (lambda p: p.git("tag", "zzz"), "git's tags changed"),
    "commit": (lambda p: p.git("commit", "-q", "--allow-empty", "-m", "x"), "the commit changed ("),
    "input": (lambda p: p.write("gen/a.h", "changed"), "gen/a.h changed"),
    "variable": (lambda p: p.environ.update(CFLAGS="-O3"), "build variable CFLAGS changed"),
    "epoch": (lambda p: p.environ.update(SOURCE_DATE_EPOCH="1"), "build variable SOURCE_DATE_EPOCH changed"),
    "unset": (lambda p: p.environ.pop("FROM_CONFIG"), "build variable FROM_CONFIG changed"),
    "config-setting": (
        lambda p: setattr(p, "config", Package(inputs=("gen/*.h",), config_settings={"debug": "1"})),
        "config-setting debug changed",
    ),
    "build requirement": (
        lambda p: p.pins.update({"setuptools": "80.2"}),
        "build requirement setuptools 80.1 -> 80.2",
    ),
    "asked for more": (lambda p: p.about(more=["cython"]), "about.json changed"),
    "another requires": (lambda p: p.requires("setuptools", "wheel"), "pyproject.toml changed"),
}


@pytest.mark.parametrize(("act", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_builds_once_and_is_named(
    project: "Project", act: "Callable[[Project], object]", expected: str
) -> None:
    project.pins["setuptools"] = "80.1"
    project.requires("setuptools")
    project.config = Package(inputs=("gen/*.h",))
    project.write("src/x.py")
    project.write("gen/a.h")
    project.write("gen/.gitignore", "*\n")
    project.commit()
    project.git("tag", "nightly")
    project.run()
    act(project)
    assert reason(project.run()).startswith(expected)
    assert project.run().how.startswith("reused")
    assert project.calls() == ["wheel"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_builds_each_kind_once(project: "Project", kind: "Kind") -> None:
    project.run(kind=kind)
    calls = project.calls()
    project.write("x.py")
    assert reason(project.run(kind=kind)) == "x.py added"
    assert project.run(kind=kind).how.startswith("reused")
    assert project.calls() == calls * 2


def test_what_a_shell_brings_changes_nothing(project: "Project") -> None:
    project.environ["TERM"] = "xterm"
    project.run()
    project.environ |= {
        "TERM": "dumb",
        "PWD": "/elsewhere",
        "SHLVL": "3",
        "SSH_AUTH_SOCK": "/run/x",
        "_": "y",
    }
    project.environ |= {"TMPDIR": "/run/job-7", "XDG_SESSION_ID": "12", "FORCE_COLOR": "1"}
    project.environ |= {"PIP_INDEX_URL": "https://u:secret@x", "http_proxy": "http://x"}
    assert project.run().how.startswith("reused")


@pytest.mark.parametrize(
    "config",
    [Package(env={"TERM": Literal("x")}), Package(pass_env=(Literal("TERM"),))],
    ids=["env", "pass-env"],
)
def test_a_variable_that_the_config_asks_for_by_name_counts(project: "Project", config: Package) -> None:
    project.config = config
    project.environ["TERM"] = "xterm"
    project.run()
    project.environ["TERM"] = "dumb"
    assert reason(project.run()) == "build variable TERM changed"


def activate(project: "Project") -> None:
    """Bring what activating the environment `.venv` of the project brings."""
    environment = project.root / ".venv"
    project.write(".venv/pyvenv.cfg")
    for name, inside in (("PATH", "bin"), ("PKG_CONFIG_PATH", "lib/pkgconfig")):
        before = project.environ.get(name)
        project.environ[name] = f"{environment / inside}:{before}" if before else str(environment / inside)


def test_who_activates_an_environment_waits_for_no_build(project: "Project") -> None:
    project.commit()
    project.write(".gitignore", ".runner\n__pycache__\n.venv\n")
    project.run()
    activate(project)
    assert project.run().how.startswith("reused")
    project.environ["PATH"] += ":/usr/bin"  # once more
    assert project.run().how.startswith("reused")
    project.environ["PATH"] += ":/opt/tools/bin"
    project.environ["PKG_CONFIG_PATH"] += ":/opt/tools/lib/pkgconfig"
    expected = "build variable PATH changed, build variable PKG_CONFIG_PATH changed"
    assert reason(project.run()) == expected


def test_a_path_that_the_config_asks_for_counts_as_it_is(project: "Project") -> None:
    project.commit()
    project.write(".gitignore", ".runner\n__pycache__\n.venv\n")
    project.config = Package(pass_env=(Literal("PATH"),))
    project.run()
    activate(project)
    assert reason(project.run()) == "build variable PATH changed"


def test_values_of_variables_are_not_written(project: "Project") -> None:
    project.environ["SIGNING"] = "hunter2-and-more"
    project.run()
    files = [file for file in project.cache.rglob("*.json") if file.is_file()]
    assert files
    assert not [file for file in files if b"hunter2" in file.read_bytes()]


def test_an_earlier_state_is_still_there(project: "Project") -> None:
    project.write("x.py", "one")
    first = project.run()
    project.write("x.py", "other")
    project.run()
    project.write("x.py", "one")
    assert project.run().path == first.path
    assert project.calls() == ["wheel"] * 2


def test_a_change_of_the_build_requirements_can_be_taken_back(project: "Project") -> None:
    project.requires("setuptools")
    first = project.run()
    project.pins["setuptools"] = "2.0"
    assert project.run().path != first.path
    project.pins["setuptools"] = "1.0"
    assert project.run().path == first.path
    assert project.calls() == ["wheel"] * 2


def test_what_a_backend_asks_for_counts_too(project: "Project") -> None:
    project.about(more=["cython"])
    project.run()
    project.pins["cython"] = "3.1"
    assert reason(project.run()) == "build requirement cython 1.0 -> 3.1"
    assert project.run().how.startswith("reused")


def test_what_build_requirements_pull_in_counts_too(project: "Project") -> None:
    project.requires("setuptools")
    project.run()
    project.pulled_in = (Pin("packaging", "26"),)
    assert reason(project.run()) == "build requirement packaging 26 added"
    project.pulled_in = ()
    project.about(other=1)
    project.run()
    project.pulled_in = tuple(Pin(f"p{n}", "1") for n in range(5))
    assert reason(project.run()).endswith("build requirement p2 1 added, and 2 more")


def test_build_requirements_that_do_not_resolve_any_more_are_told_by_the_build(project: "Project") -> None:
    project.requires("setuptools")
    project.run()
    project.lock_error = CellError("lock", "no index\nlong story")
    error = project.failure(project.builder(), project.spec())
    assert "setuptools, could not be made: no index" in error.message
    project.lock_error = None
    assert project.run().how.startswith("reused")


@pytest.mark.parametrize("fate", ["gone", "changed"])
def test_a_wheel_whose_interpreter_is_not_there_any_more_is_built_anew(
    project: "Project", tmp_path: Path, fate: str
) -> None:
    other = tmp_path / "python3.11"
    shutil.copy(sys.executable, other)
    project.executable = str(other)
    project.run(project.python("3.11.7"))
    project.executable = sys.executable
    newer = project.python("3.12.1")
    assert project.run(newer).how.startswith("reused")
    other.unlink() if fate == "gone" else os.utime(other, (1, 1))
    built = project.run(newer)
    assert reason(built).startswith("CPython 3.11.7, which built the stored wheel, ")
    assert reason(built).endswith(fate if fate == "changed" else "is gone")
    assert project.run(newer).how.startswith("reused")


def test_a_given_sdist_is_built_once_for_all_runs_wherever_it_is(project: "Project", tmp_path: Path) -> None:
    def pack(folder: str) -> str:
        path = tmp_path / folder / "demo-1.0.tar.gz"
        path.parent.mkdir()
        with tarfile.open(path, "w:gz") as archive:
            for name in ("pyproject.toml", "about.json", "_build"):
                archive.add(project.root / name, f"demo-1.0/{name}")
        return str(path)

    project.given = pack("one")
    assert reason(project.run()) == "nothing stored"
    project.write("x.py")
    (tmp_path / "two").mkdir()
    project.given = str(shutil.move(project.given, tmp_path / "two"))
    assert project.run().how.startswith("reused")
    project.about(other=1)
    project.given = pack("three")
    assert reason(project.run()) == "another sdist"
    assert project.calls() == ["wheel"] * 2


def test_a_project_that_was_moved_is_built_where_it_is(project: "Project", tmp_path: Path) -> None:
    project.run(kind="editable")
    before = project.root
    project.root = before.rename(tmp_path / "moved")
    project.work_dir = project.root / ".runner"
    assert reason(project.run(kind="editable")) == f"the project was at {before}"


def test_a_repository_that_git_refuses_is_told_once(project: "Project") -> None:
    project.commit()
    (project.root / ".git/config").write_text("[core\n")
    builder = project.builder()
    assert "bad config" in project.failure(builder, project.spec()).message
    assert "shown before" in project.failure(builder, project.spec(project.python("3.9.1"))).message


def test_a_given_wheel_is_not_stored(project: "Project", tmp_path: Path) -> None:
    project.given = str(shutil.copy(project.run().path, tmp_path))
    before = sorted(project.cache.iterdir())
    assert project.run().path == project.given
    assert sorted(project.cache.iterdir()) == before


def test_files_that_change_while_it_is_built_do_not_poison_the_store(project: "Project") -> None:
    project.write("x.py", "one")
    project.about(writes={"x.py": "changed meanwhile"})
    built = project.run()
    assert built.notes == ("not kept for later runs: since it began, x.py changed",)
    assert not Path(built.path).is_relative_to(project.cache)
    project.write("x.py", "one")
    assert reason(project.run()) == "nothing stored"


def test_files_that_a_build_writes_once_make_the_second_build_the_last(project: "Project") -> None:
    project.about(writes={"version.py": "1.0"})
    project.run()
    assert project.run().notes == ()
    assert project.run().how.startswith("reused")
    assert project.calls() == ["wheel"] * 2


def test_the_tree_of_the_start_counts_for_the_whole_run(project: "Project") -> None:
    project.run()
    builder = project.builder()
    first = builder.built(project.spec(), StopSwitch())
    project.write("new.py")
    assert builder.built(project.spec(project.python("3.9.1")), StopSwitch()) == first


@pytest.mark.parametrize("apart", [0.0, 2 * HOUR], ids=["of one hour", "of many hours"])
def test_few_states_are_kept_and_those_that_a_run_may_still_use(project: "Project", apart: float) -> None:
    for n in range(10):
        project.write("x.py", str(n))
        project.run()
        project.clock.advance(apart)
    assert len(list(project.cache.glob("*/*.whl"))) == (8 if apart else 10)
    project.write("x.py", "2")
    assert project.run().how.startswith("reused")
    project.write("x.py", "1")
    assert project.run().how.startswith("built" if apart else "reused")


def test_runners_that_come_together_build_once(project: "Project", tmp_path: Path) -> None:
    waits: list[str] = []
    mutexes = Mutexes(tmp_path / "mutex", waits.append)
    start = threading.Barrier(2)
    found: list[str] = []

    def work() -> None:
        builder = project.builder(lambda stop: mutexes.hold("build", stop))
        start.wait()
        found.append(builder.built(project.spec(), StopSwitch()).how)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert project.calls() == ["wheel"]
    assert sorted(how.partition(" ")[0] for how in found) == ["built", "reused"]


def test_workers_that_wait_for_a_look_into_the_store_do_not_speak_of_a_build(project: "Project") -> None:
    project.run()
    builder = project.builder()
    found: list[Built] = []
    threads = [
        threading.Thread(target=lambda: found.append(builder.built(project.spec(), StopSwitch())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [built.notes for built in found] == [()] * 4


@pytest.mark.parametrize("act", [Path.unlink, lambda left: left.write_text("of another branch")])
def test_an_editable_wheel_is_built_anew_when_what_it_left_in_the_tree_is_not_there(
    project: "Project", act: Callable[[Path], object]
) -> None:
    project.write("src/x.py")
    project.commit()
    project.write(".gitignore", "/.runner/\n__pycache__\n*.so\n")
    project.write("of_somebody_else.so")
    os.utime(project.root / "of_somebody_else.so", (1e9, 1e9))
    project.about(writes={"src/_x.so": "machine code"})
    project.run(kind="editable")
    (project.root / "of_somebody_else.so").unlink()
    assert project.run(kind="editable").how.startswith("reused")
    act(project.root / "src/_x.so")
    expected = "src/_x.so, which the build left in the tree, is gone or changed"
    assert reason(project.run(kind="editable")) == expected
    assert project.run(kind="editable").how.startswith("reused")
    assert (project.root / "src/_x.so").read_text() == "machine code"


def test_a_wheel_that_vanishes_while_a_run_goes_on_is_built_anew(project: "Project") -> None:
    builder = project.builder()
    builder.built(project.spec(), StopSwitch())
    shutil.rmtree(project.cache)
    again = builder.built(project.spec(), StopSwitch())
    assert Path(again.path).is_file()
    assert builder.built(project.spec(), StopSwitch()) == again
    assert project.calls() == ["wheel"] * 2


def test_a_clock_that_went_back_keeps_what_was_just_built(project: "Project") -> None:
    for n in range(9):
        project.write("x.py", str(n))
        project.run()
    project.clock = FakeClock(project.clock.time() - 24 * HOUR)
    project.write("x.py", "new")
    project.run()
    assert project.run().how == "reused (built 0 s ago)"
