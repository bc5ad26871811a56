import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.backends import NoneBackend, VirtualenvBackend, interpreter_cache
from runner.env.folders import MARKER, user_cache
from runner.env.parts import Setting
from runner.env.workshop import LocalWorkshop
from runner.model.config import Package
from runner.model.environment import Environment, LockPolicy
from runner.model.errors import Cancelled, CellError, ConfigError
from runner.model.plan import EnvSpec, PackageSpec, Place
from runner.model.ports import Backend, Processes, Workshop
from runner.model.results import Installed
from runner.process import StopSwitch, SystemClock, SystemProcesses

REPOSITORY = Path(__file__).parents[3]
MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


def workshop_in(
    root: Path,
    environ: dict[str, str],
    processes: Processes,
    own: str = "this",
    backend: Backend | None = None,
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
        reuse=False,
        missing="error",
        processes=processes,
        clock=SystemClock(),
        own=work_dir / "runs" / own,
        logs=work_dir / "logs",
        cache=user_cache(environ),
        notify=lambda _line: None,
    )
    return LocalWorkshop(setting, backends.__getitem__)


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

        def create(self, spec: EnvSpec, folder: Path) -> Environment:
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
from runner.env.uv import find_uv
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
