"""What the tests of this layer share: tiny wheels, recorded helper processes, variables without network."""

import os
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from runner.env.interpreters.find import Interpreters
from runner.model.plan import EnvSpec
from runner.model.ports import Captured, Processes, Stop
from runner.model.python import Interpreter, PythonSpec
from runner.process import StopSwitch, SystemProcesses


@pytest.fixture
def stop() -> StopSwitch:
    return StopSwitch()


@pytest.fixture
def commands() -> list[tuple[str, ...]]:
    """Return every helper that was run, in order."""
    return []


@pytest.fixture
def processes(commands: list[tuple[str, ...]]) -> Processes:
    class Recorded(SystemProcesses):
        def capture(
            self,
            argv: tuple[str, ...],
            *,
            cwd: str,
            env: Mapping[str, str],
            stop: Stop,
            timeout: float | None = None,
            daemons: bool = False,
        ) -> Captured:
            commands.append(argv)
            return super().capture(argv, cwd=cwd, env=env, stop=stop, timeout=timeout, daemons=daemons)

    return Recorded()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Path:
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    return folder


@pytest.fixture
def make_wheel(wheelhouse: Path) -> Callable[[str, str, tuple[str, ...]], Path]:
    """Return a maker of wheels: name, version and requirements; extras are those that these name."""

    def make(name: str, version: str, requires: tuple[str, ...]) -> Path:
        extras = dict.fromkeys(re.findall(r'extra == "([^"]+)"', "\n".join(requires)))
        metadata = [
            *("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"),
            *(f"Provides-Extra: {extra}" for extra in extras),
            *(f"Requires-Dist: {line}" for line in requires),
        ]
        info = f"{name}-{version}.dist-info"
        members = {
            f"{name}.py": f"version = {version!r}\n",
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        members[f"{info}/RECORD"] = "".join(f"{member},,\n" for member in (*members, f"{info}/RECORD"))
        path = wheelhouse / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in members.items():
                archive.writestr(member, text)
        return path

    return make


@pytest.fixture
def environ(tmp_path: Path, wheelhouse: Path) -> dict[str, str]:
    """Return variables under which installers see the wheelhouse and nothing else."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "RUNNER_CACHE_DIR": str(tmp_path / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheelhouse),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
    }


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """Return the Python that runs the tests, as an interpreter for environments."""
    folder = tmp_path_factory.mktemp("own-python")
    found = Interpreters(
        environ=dict(os.environ), root=folder, cache=folder, processes=SystemProcesses(), missing="error"
    )
    return found.find(PythonSpec(text=sys.executable, path=sys.executable), StopSwitch())


@pytest.fixture
def spec(root: Path, interpreter: Interpreter) -> EnvSpec:
    """Return a spec of nothing for the tests' own Python, by virtualenv and uv."""
    return EnvSpec(
        root=str(root),
        backend="virtualenv",
        installer="uv",
        python=PythonSpec(text=sys.executable, path=sys.executable),
        interpreter=interpreter,
    )
