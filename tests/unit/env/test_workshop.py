import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import NoneBackend, VirtualenvBackend, interpreter_cache
from runner.env.folders import MARKER, remove_cache, user_cache
from runner.env.parts import Setting
from runner.env.workshop import LocalWorkshop
from runner.model.config import Package
from runner.model.environment import Environment, Lock, LockPolicy
from runner.model.errors import Cancelled, CellError, ConfigError
from runner.model.plan import EnvSpec, PackageSpec, Place
from runner.model.plugins import Backend
from runner.model.ports import Processes, Stop, Workshop
from runner.model.results import Installed
from runner.process import StopSwitch, SystemClock, SystemProcesses

REPOSITORY = Path(__file__).parents[3]
MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


def workshop_in(
    root: Path,
    environ: dict[str, str],
    processes: Processes,
    *,
    own: str = "this",
    backend: Backend | None = None,
    notify: Callable[[str], None] = lambda _line: None,
    reuse: bool = False,
    coming: tuple[EnvSpec, ...] = (),
) -> LocalWorkshop:
    virtualenv = VirtualenvBackend(environ=environ, cache=interpreter_cache(user_cache(environ)))
    backends: dict[str, Backend] = {"virtualenv": backend or virtualenv, "none": NoneBackend()}
    work_dir = root / ".runner"
    setting = Setting(
        place=Place(
            root=str(root), work_dir=str(work_dir), environ=environ, posargs=None, cpus=1, colour=False
        ),
        package=PackageSpec(root=str(root), config=Package(buildable=True), environ=environ),
        policy=LockPolicy(),
        reuse=reuse,
        missing="error",
        processes=processes,
        clock=SystemClock(),
        own=work_dir / "runs" / own,
        logs=work_dir / "logs",
        cache=user_cache(environ),
        notify=notify,
    )
    return LocalWorkshop(setting, backends.__getitem__, coming)


@pytest.fixture
def workshop(root: Path, environ: dict[str, str], processes: Processes) -> Iterator[LocalWorkshop]:
    made = workshop_in(root, environ, processes)
    yield made
    made.close()


def cell(workshop: Workshop, spec: EnvSpec, folder: Path, stop: StopSwitch) -> tuple[Installed, ...]:
    """Go through all phases as a cell does; return what is installed."""
    ready = workshop.interpreter(replace(spec, folder=str(folder)), stop)
    built = workshop.package(ready, stop)
    lock = workshop.lock(ready, built, stop)
    environment = workshop.create(ready, stop)
    return workshop.install(ready, environment, built, lock, stop).packages


def test_an_environment_is_fresh_each_time_and_ours(
    workshop: LocalWorkshop, spec: EnvSpec, make_wheel: MakeWheel, root: Path, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    folder = root / ".runner" / "envs" / "cell"
    asked = replace(spec, requirements=("alpha",))
    assert cell(workshop, asked, folder, stop) == (Installed("alpha", "1.0"),)
    (folder / "tmp" / "left-over").touch()
    assert cell(workshop, asked, folder, stop) == (Installed("alpha", "1.0"),)
    assert os.listdir(folder / "tmp") == []  # noqa: PTH208 - the names are the point
    assert (folder / MARKER).exists()
    workshop.close()
    assert list((root / ".runner" / "trash").iterdir()) == []


def test_nothing_is_found_resolved_or_built_twice_in_a_run(
    workshop: LocalWorkshop, spec: EnvSpec, make_wheel: MakeWheel, commands: list[tuple[str, ...]]
) -> None:
    make_wheel("alpha", "1.0", ("proj",))
    make_wheel("buildtool", "1.0", ())
    root = Path(spec.root)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    asked = replace(spec, requirements=("alpha",), package="wheel", interpreter=None)
    stop = StopSwitch()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: cell(workshop, asked, root / ".runner/envs" / str(n), stop), range(4)))
    assert made == [(Installed("alpha", "1.0"), Installed("proj", "0.1"))] * 4
    assert (root / "builds").read_text() == "built with buildtool 1.0\n"
    count = {verb: sum(verb in command for command in commands) for verb in ("-I", "compile", "install")}
    assert count == {"-I": 1, "compile": 2, "install": 5}


SLOW_BACKEND = """
import os, time
from backend import build_wheel as built

def build_wheel(*arguments):
    open("building", "w").close()
    until = time.monotonic() + 30
    while not os.path.exists("go-on") and time.monotonic() < until:
        time.sleep(0.01)
    return built(*arguments)
"""


def test_while_a_wheel_is_built_who_waits_for_it_resolves_what_the_cells_will_need(
    *,
    spec: EnvSpec,
    make_wheel: MakeWheel,
    root: Path,
    environ: dict[str, str],
    processes: Processes,
    commands: list[tuple[str, ...]],
    stop: StopSwitch,
) -> None:
    make_wheel("alpha", "1.0", ("proj",))
    make_wheel("buildtool", "1.0", ())
    (root / "pyproject.toml").write_text(PROJECT.replace('"backend"', '"slow"'))
    (root / "backend.py").write_text(BACKEND)
    (root / "slow.py").write_text(SLOW_BACKEND)
    asked = replace(spec, package="wheel", interpreter=None)
    needs = ("alpha", "buildtool", "no-such\nalpha")
    specs = [replace(asked, requirements=tuple(need.splitlines())) for need in needs]

    def resolved() -> int:
        return sum("compile" in command for command in commands)

    with (
        closing(workshop_in(root, environ, processes, coming=tuple(specs))) as workshop,
        ThreadPoolExecutor(2) as pool,
    ):
        cells = [
            pool.submit(cell, workshop, spec, root / ".runner/envs" / str(n), stop)
            for n, spec in enumerate(specs)
        ]
        wait_until((root / "building").exists)
        wait_until(lambda: resolved() == 1 + len(specs))  # the build's own requirement, and theirs
        (root / "go-on").touch()
        assert cells[0].result() == (Installed("alpha", "1.0"), Installed("proj", "0.1"))
        assert cells[1].result() == (Installed("buildtool", "1.0"), Installed("proj", "0.1"))
        with pytest.raises(CellError) as unmet:
            cells[2].result()
    assert resolved() == 1 + len(specs)
    assert "because no-such was not found" in unmet.value.message.lower()
    assert "shown before" not in unmet.value.message


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("after", ["package", "lock", "create"])
def test_a_user_cache_that_is_removed_meanwhile_costs_time_alone(
    *,
    workshop: LocalWorkshop,
    spec: EnvSpec,
    make_wheel: MakeWheel,
    root: Path,
    environ: dict[str, str],
    stop: StopSwitch,
    after: str,
) -> None:
    make_wheel("alpha", "1.0", ("proj",))
    make_wheel("buildtool", "1.0", ())
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND.replace('"builds"', "os.devnull"))  # else the tree changes
    asked = replace(spec, requirements=("alpha",), package="wheel", folder=str(root / ".runner/envs/cell"))

    def done(phase: str) -> None:
        if phase == after:
            assert built is not None
            assert Path(built.path).is_relative_to(user_cache(environ))
            assert remove_cache(user_cache(environ))

    built = workshop.package(asked, stop)
    done("package")
    lock = workshop.lock(asked, built, stop)
    done("lock")
    environment = workshop.create(asked, stop)
    done("create")
    installed = workshop.install(asked, environment, built, lock, stop)
    assert installed.packages == (Installed("alpha", "1.0"), Installed("proj", "0.1"))


def test_an_environment_in_which_a_run_was_killed_is_not_kept(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), folder=str(root / ".runner/envs/cell"))

    def how(own: str, *, killed: bool) -> str:
        with closing(workshop_in(root, environ, SystemProcesses(), own=own, reuse=True)) as workshop:
            lock = workshop.lock(asked, None, stop)
            kept = workshop.reuse(asked, None, lock, stop)
            environment = kept.environment or workshop.create(asked, stop)
            if kept.environment is None:
                workshop.install(asked, environment, None, lock, stop)
            if not killed:
                workshop.inspect(asked, environment, lock, stop)
            return kept.how

    assert how("1", killed=False) == "made anew: nothing was there"
    assert how("2", killed=True).startswith("kept, ")
    assert how("3", killed=False) == "made anew: the run that used it last was killed"
    assert how("4", killed=False).startswith("kept, ")


def test_a_build_requirement_that_vanished_is_resolved_anew(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], stop: StopSwitch
) -> None:
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    asked = replace(spec, package="wheel")
    gone = make_wheel("buildtool", "1.0", ())
    with closing(workshop_in(root, environ, SystemProcesses())) as first:
        first.package(asked, stop)
    gone.unlink()
    shutil.rmtree(environ["UV_CACHE_DIR"])
    make_wheel("buildtool", "1.1", ())
    (root / "changed.py").touch()
    with closing(workshop_in(root, environ, SystemProcesses(), own="next")) as second:
        second.package(asked, stop)
    assert (root / "builds").read_text().splitlines()[-1] == "built with buildtool 1.1"


def test_a_build_requirement_that_was_damaged_is_installed_anew(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], stop: StopSwitch
) -> None:
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    make_wheel("buildtool", "1.0", ())
    for number in range(3):  # learned, compiled, found out
        if number == 2:
            for kept in Path(environ["UV_CACHE_DIR"]).rglob("buildtool.py"):
                with kept.open("a") as file:
                    file.write("version = 'damaged'\n")
        (root / f"changed{number}.py").touch()
        with closing(workshop_in(root, environ, SystemProcesses(), own=str(number))) as workshop:
            workshop.package(replace(spec, package="wheel"), stop)
    assert (root / "builds").read_text().splitlines() == ["built with buildtool 1.0"] * 3


def test_build_requirements_that_cannot_be_met_belong_to_the_package(
    workshop: LocalWorkshop, spec: EnvSpec, root: Path, stop: StopSwitch
) -> None:
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    with pytest.raises(CellError, match="buildtool") as caught:
        workshop.package(replace(spec, package="wheel"), stop)
    assert caught.value.phase == "package"


def test_without_a_backend_only_a_tmp_folder_is_made(
    workshop: LocalWorkshop, spec: EnvSpec, root: Path, stop: StopSwitch
) -> None:
    folder = root / ".runner" / "envs" / "cell"
    assert cell(workshop, replace(spec, backend="none"), folder, stop) == ()
    assert sorted(path.name for path in folder.iterdir()) == [MARKER, "tmp"]


def damaged(workshop: LocalWorkshop, spec: EnvSpec, stop: StopSwitch) -> tuple[Lock, Environment]:
    """Make an environment with `alpha` in it, and write into a file of that which others share."""
    lock = workshop.lock(spec, None, stop)
    assert lock is not None
    environment = workshop.create(spec, stop)
    workshop.install(spec, environment, None, lock, stop)
    installed = Path(spec.folder, ".installed").stat().st_mtime_ns
    alpha = Path(str(environment.site), "alpha.py")
    while alpha.stat().st_mtime_ns <= installed:  # the file system's clock ticks every few ms
        with alpha.open("a") as file:
            file.write("changed = True\n")
    return lock, environment


def text_in(environment: Environment) -> str:
    return Path(str(environment.site), "alpha.py").read_text()


def test_damage_is_found_whatever_uv_is_told_to_leave_out(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), folder=str(root / ".runner/envs/cell"))
    environ["UV_NO_INSTALLER_METADATA"] = "1"
    with closing(workshop_in(root, environ, SystemProcesses())) as workshop:
        lock, environment = damaged(workshop, asked, stop)
        (words,) = workshop.inspect(asked, environment, lock, stop)
    assert words.startswith("alpha.py (alpha): modified in place")


@pytest.mark.parametrize("options", ["", "--reuse"])
def test_damage_that_could_not_be_undone_is_undone_by_the_next_run(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], options: str
) -> None:
    stop = StopSwitch()
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), folder=str(root / ".runner/envs/cell"))
    with closing(workshop_in(root, environ, SystemProcesses())) as first:
        lock, environment = damaged(first, asked, stop)
        interrupted = StopSwitch()
        interrupted.rise(2, "INT")
        (words,) = first.inspect(asked, environment, lock, interrupted)
    assert words.endswith("alpha cannot be evicted from uv's cache: the run was interrupted")
    told: list[str] = []
    following = workshop_in(
        root, environ, SystemProcesses(), own="next", notify=told.append, reuse="--reuse" in options
    )
    with closing(following):
        again = following.lock(asked, None, stop)
        assert following.reuse(asked, None, again, stop).environment is None
        environment = following.create(asked, stop)
        following.install(asked, environment, None, again, stop)
    assert text_in(environment) == "version = '1.0'\n"
    assert ["Evicted alpha" in line for line in told] == [True]


def test_damage_that_could_not_be_undone_is_found_by_other_cells(
    workshop: LocalWorkshop, spec: EnvSpec, make_wheel: MakeWheel, root: Path, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), folder=str(root / ".runner/envs/cell"))
    other = replace(asked, folder=str(root / ".runner/envs/other"))
    for _ in range(2):  # learned, then compiled
        lock = workshop.lock(asked, None, stop)
        environment = workshop.create(asked, stop)
        workshop.install(asked, environment, None, lock, stop)
        subprocess.run((environment.python, "-c", "import alpha"), check=True, env={})
        workshop.inspect(asked, environment, lock, stop)
    lock, environment = damaged(workshop, asked, stop)
    interrupted = StopSwitch()
    interrupted.rise(2, "INT")
    workshop.inspect(asked, environment, lock, interrupted)
    clean = workshop.create(other, stop)
    notes = workshop.install(other, clean, None, lock, stop).notes
    assert text_in(clean) == "version = '1.0'\n"
    assert any("Evicted alpha" in note for note in notes)


def test_a_user_cache_that_cannot_be_written_is_told_in_one_line(
    spec: EnvSpec, make_wheel: MakeWheel, root: Path, environ: dict[str, str], stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    make_wheel("buildtool", "1.0", ())
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    told: list[str] = []
    blocked = environ | {"RUNNER_CACHE_DIR": os.devnull + "/cache"}
    with closing(workshop_in(root, blocked, SystemProcesses(), notify=told.append)) as workshop:
        asked = replace(spec, requirements=("alpha",), package="wheel")
        assert cell(workshop, asked, root / ".runner/envs/cell", stop)
    (line,) = told
    assert line.startswith(f"nothing can be kept in {os.devnull}/cache/")


def test_pip_is_not_left_in_an_environment_that_it_filled(
    workshop: LocalWorkshop, spec: EnvSpec, make_wheel: MakeWheel, root: Path, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, installer="pip", requirements=("alpha",))
    assert cell(workshop, asked, root / ".runner/envs/cell", stop) == (Installed("alpha", "1.0"),)


def test_a_stopped_run_creates_nothing(workshop: LocalWorkshop, spec: EnvSpec, root: Path) -> None:
    stop = StopSwitch()
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        workshop.create(replace(spec, folder=str(root / ".runner/envs/cell")), stop)
    assert not (root / ".runner/envs/cell").exists()


def test_a_source_copy_leaves_the_work_dir_out(
    workshop: LocalWorkshop, root: Path, stop: StopSwitch, tmp_path: Path
) -> None:
    (root / "module.py").write_text("")
    workshop.copy_source(tmp_path / "copy", stop)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["module.py"]


def test_a_work_dir_that_belongs_to_others_is_refused(
    root: Path, environ: dict[str, str], processes: Processes
) -> None:
    (root / ".runner").mkdir()
    (root / ".runner" / "thesis.tex").touch()
    with pytest.raises(ConfigError, match=r"thesis\.tex"):
        workshop_in(root, environ, processes)


@pytest.mark.parametrize("name", ["runs", "trash", "mutex"])
def test_a_work_dir_that_cannot_be_used_is_told(
    root: Path, environ: dict[str, str], processes: Processes, name: str
) -> None:
    (root / ".runner").mkdir()
    (root / ".runner" / name).touch()
    with pytest.raises(ConfigError, match=r"work-dir .* cannot be used"):
        workshop_in(root, environ, processes)


def test_what_a_killed_run_left_half_made_is_made_anew(
    workshop: LocalWorkshop, spec: EnvSpec, root: Path, stop: StopSwitch, environ: dict[str, str]
) -> None:
    class Killed(BaseException):
        pass

    class Backend:
        name = "virtualenv"

        def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
            (folder / "bin").mkdir()
            (folder / "bin" / "python").touch()
            raise Killed

        def describe(self) -> str:
            return self.name

    folder = root / ".runner" / "envs" / "cell"
    dying = workshop_in(root, environ, SystemProcesses(), own="dying", backend=Backend())
    with pytest.raises(Killed):
        dying.create(replace(spec, folder=str(folder)), stop)
    workshop.create(replace(spec, folder=str(folder)), stop)
    assert (folder / "pyvenv.cfg").is_file()


PROJECT = """
[build-system]
requires = ["buildtool"]
build-backend = "backend"
backend-path = ["."]
[project]
name = "proj"
version = "0.1"
"""

BACKEND = """
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import buildtool
    with open("builds", "a") as file:
        print("built with buildtool", buildtool.version, file=file)
    info = "proj-0.1.dist-info"
    members = {
        "proj.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: proj\\nVersion: 0.1\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\\n" for member in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(os.path.join(wheel_directory, "proj-0.1-py3-none-any.whl"), "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return "proj-0.1-py3-none-any.whl"
"""


def test_workers_never_are_the_first_to_ask_for_the_variables_of_our_python(
    root: Path, environ: dict[str, str]
) -> None:
    # In CPython that first call fills a global in place: another thread sees it half filled.
    program = f"""
import sysconfig
from tests.unit.env.test_workshop import workshop_in
from runner.env.installers.uv import find_uv
from runner.process import SystemProcesses
from pathlib import Path
workshop = workshop_in(Path({str(root)!r}), {environ!r}, SystemProcesses())
def late(_vars):
    raise AssertionError("asked for the first time in a worker")
sysconfig._init_posix = late
print(find_uv({{}}))
workshop.close()
"""
    said = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert said.returncode == 0, said.stderr
