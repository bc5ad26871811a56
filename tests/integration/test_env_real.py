"""Environments of real interpreters, filled from the real index."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import VirtualenvBackend, interpreter_cache
from runner.env.folders import user_cache
from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.env.parts import Setting
from runner.env.workshop import LocalWorkshop
from runner.model.config import Package
from runner.model.environment import Built, Environment, LockPolicy
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec, Place
from runner.model.python import parse_python
from runner.model.results import Exited
from runner.process import StopSwitch, SystemClock, SystemProcesses

pytestmark = pytest.mark.network

PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def workshop(root: Path, tmp_path: Path) -> Iterator[LocalWorkshop]:
    environ = {**os.environ, "RUNNER_CACHE_DIR": str(tmp_path / "cache")}
    backend = VirtualenvBackend(environ=environ, cache=interpreter_cache(user_cache(environ)))
    work_dir = root / ".runner"
    setting = Setting(
        place=Place(
            root=str(root), work_dir=str(work_dir), environ=environ, posargs=None, cpus=1, colour=False
        ),
        package=PackageSpec(root=str(root), config=Package(), environ=environ),
        policy=LockPolicy(),
        reuse=False,
        missing="skip",
        processes=SystemProcesses(),
        clock=SystemClock(),
        own=work_dir / "scratch" / "this",
        logs=work_dir / "logs",
        cache=user_cache(environ),
        notify=lambda _line: None,
    )
    made = LocalWorkshop(setting, lambda _name: backend)
    yield made
    made.close()


def asked(workshop: LocalWorkshop, root: Path, python: str, *requirements: str) -> EnvSpec:
    """Return a spec with its interpreter; the test is skipped where there is none."""
    spec = parse_python(python)
    assert spec is not None
    wanted = EnvSpec(
        root=str(root), backend="virtualenv", installer="uv", python=spec, requirements=requirements
    )
    try:
        return workshop.interpreter(wanted, StopSwitch())
    except CellError as error:
        pytest.skip(error.message)


def filled(
    workshop: LocalWorkshop, spec: EnvSpec, folder: Path, built: Built | None = None
) -> tuple[Environment, dict[str, str]]:
    """Return a new environment and what is in it: version by name."""
    stop = StopSwitch()
    spec = replace(spec, folder=str(folder))
    lock = workshop.lock(spec, built, stop)
    environment = workshop.create(spec, stop)
    installation = workshop.install(spec, environment, built, lock, stop)
    return environment, {each.name: each.version for each in installation.packages}


def says(environment: Environment, *argv: str) -> str:
    captured = SystemProcesses().capture(
        (environment.python, *argv), cwd="/", env=environment.variables, stop=StopSwitch()
    )
    assert captured.exit == Exited(0), captured.stderr
    return captured.stdout


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_gets_an_environment_with_a_test_runner(
    workshop: LocalWorkshop, root: Path, python: str
) -> None:
    spec = asked(workshop, root, python, "pytest", "wrapt<2")
    assert spec.interpreter is not None
    assert spec.interpreter.version.startswith(f"{python}.")
    environment, packages = filled(workshop, spec, root / ".runner/envs/cell")
    assert {"pytest", "pluggy", "wrapt"} <= packages.keys()
    version = says(environment, "-c", "import pytest; print(pytest.__version__)")
    assert version.strip() == packages["pytest"]
    assert says(environment, "-c", "import wrapt, sys; print(sys.prefix)").strip() == environment.folder


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_project_that_pytest_depends_on_is_not_fetched_from_the_index(
    workshop: LocalWorkshop, root: Path, tmp_path: Path, installer: str
) -> None:
    spec = asked(workshop, root, "3.12", "pytest>=8")
    ours = wheel_of_pluggy(tmp_path)
    chosen = replace(spec, installer="pip" if installer == "pip" else "uv", package="wheel")
    _, packages = filled(workshop, chosen, root / ".runner/envs/cell", ours)
    assert packages["pluggy"] == "1.99"
    assert "pip" not in packages


def test_a_name_that_nobody_has_is_told(workshop: LocalWorkshop, root: Path) -> None:
    spec = asked(workshop, root, "3.12", "matrix-runner-no-such-name-1")
    with pytest.raises(CellError, match="matrix-runner-no-such-name-1 was not found"):
        workshop.lock(spec, None, StopSwitch())


def wheel_of_pluggy(folder: Path) -> Built:
    path = folder / "pluggy-1.99-py3-none-any.whl"
    info = "pluggy-1.99.dist-info"
    members = {
        "pluggy/__init__.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pluggy\nVersion: 1.99\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\n" for member in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return as_built(read_wheel(path))
