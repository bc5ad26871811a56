"""A project with a build backend in its tree, quick and without network, and a builder for it."""

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal

import pytest

from runner.env.package.builder import PackageBuilder
from runner.env.store import Store
from runner.env.turn import Turn
from runner.model.config import Package
from runner.model.environment import Built, Environment, Lock, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Stop
from runner.model.python import Interpreter, PythonSpec
from runner.process import StopSwitch, SystemProcesses
from runner.testing.fakes import FakeClock

GIT = shutil.which("git") or "git is missing"
BACKEND = """
import json, os, sys, tarfile, warnings, zipfile
from pathlib import Path

about = json.loads(Path("about.json").read_text())

def note(word):
    with open(about["calls"], "a") as calls:
        calls.write(word + "\\n")

def wheel(folder, tag):
    for path, text in about.get("writes", {}).items():
        Path(path).write_text(text)
    if about.get("fault"):
        raise RuntimeError(about["fault"])
    if about.get("block"):
        Path(about["block"]).touch()
        import time
        time.sleep(60)
    demo = about.get("names", {}).get(os.environ["PYTHON"], "demo")
    name = f"{demo}-1.0-{tag}.whl"
    with zipfile.ZipFile(Path(folder, name), "w") as archive:
        metadata = f"Metadata-Version: 2.1\\nName: {demo}\\nVersion: 1.0\\n"
        if about.get("wheel_requires_python"):
            metadata += f"Requires-Python: {about['wheel_requires_python']}\\n"
        archive.writestr(f"{demo}-1.0.dist-info/METADATA", metadata)
        archive.writestr("environ.json", json.dumps(dict(os.environ)))
        for member in about.get("packs", []):
            archive.writestr(member, "")
    return name

def tag():
    tag = about.get("tag", "py3-none-any")
    return os.environ["TAG"] if tag == "environ" else tag

def get_requires_for_build_wheel(config_settings=None):
    return about.get("more", [])

def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("building with", config_settings)
    warnings.warn("the backend is old")
    note("wheel")
    return about.get("answer") or wheel(folder, tag())

def build_sdist(folder, config_settings=None):
    note("sdist")
    name = "demo-1.0.tar.gz"
    with tarfile.open(Path(folder, name), "w:gz") as archive:
        for member in ("pyproject.toml", "about.json", "_build", *about.get("sdist_packs", ())):
            archive.add(member, f"demo-1.0/{member}")
    return name

def build_editable(folder, config_settings=None, metadata_directory=None):
    note("editable")
    return wheel(folder, tag())
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["_build"]
"""
THIS_PYTHON = ".".join(map(str, sys.version_info[:3]))
Kind = Literal["wheel", "sdist", "editable"]


class Project:
    """A project with the backend above, and a builder for it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        (self.root / "_build").mkdir(parents=True)
        (self.root / "_build/backend.py").write_text(BACKEND)
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        self.work_dir = self.root / ".runner"
        self.calls_file = folder / "calls"
        self.environments: list[tuple[tuple[str, ...], str]] = []
        self.notices: list[str] = []
        self.given: str | None = None
        self.config = Package()
        self.environ = {"PATH": "/usr/bin:/bin", "FROM_CONFIG": "1"}
        self.env_error: Callable[[EnvSpec], CellError | None] = lambda _spec: None
        self.clock = FakeClock(time.time())
        self.cache = folder / "cache/wheels/demo"
        self.pins: dict[str, str] = {}
        self.pulled_in: tuple[Pin, ...] = ()
        self.lock_error: CellError | None = None
        self.can_peek = True
        self.builders = 0
        self.executable = sys.executable
        self.about()

    def about(self, **facts: object) -> None:
        (self.root / "about.json").write_text(json.dumps({"calls": str(self.calls_file), **facts}))

    def builder(
        self, hold: Callable[[Stop], AbstractContextManager[None]] = lambda _stop: nullcontext()
    ) -> PackageBuilder:
        """Return the builder of one more run."""
        self.builders += 1
        return PackageBuilder(
            package=PackageSpec(
                root=str(self.root), config=self.config, environ=self.environ, given=self.given
            ),
            own=self.work_dir / f"own{self.builders}",
            logs=self.work_dir / "logs",
            work_dir=self.work_dir,
            store=Store(self.cache, self.notices.append),
            processes=SystemProcesses(),
            clock=self.clock,
            make_env=self._make_env,
            lock=self._lock,
            peek=lambda lines, spec, stop: self._lock(lines, spec, stop) if self.can_peek else None,
            own_python=lambda _stop: self.python(),
            notify=self.notices.append,
            turn=Turn(),
            hold=hold,
            meanwhile=lambda _stop: False,
        )

    def run(self, *pythons: Interpreter, kind: Kind = "wheel") -> Built:
        """Ask a new builder for the wheel of each interpreter, and return the last."""
        builder = self.builder()
        wanted = pythons or (self.python(),)
        return [builder.built(self.spec(python, kind), StopSwitch()) for python in wanted][-1]

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def git(self, *arguments: str) -> None:
        options = ("-c", "user.name=n", "-c", "user.email=e")
        subprocess.run([GIT, *options, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        """Commit all there is, into a new repository the first time."""
        if not (self.root / ".git").exists():
            self.git("init", "-q")
            self.write(".gitignore", "/.runner/\n__pycache__\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "x")

    def requires(self, *lines: str) -> None:
        """Let the project be built with these requirements."""
        text = PYPROJECT.replace("[]", json.dumps(lines), 1)
        (self.root / "pyproject.toml").write_text(text)

    def calls(self) -> list[str]:
        return self.calls_file.read_text().split() if self.calls_file.exists() else []

    def _make_env(self, requirements: tuple[str, ...], spec: EnvSpec, _stop: Stop) -> Environment:
        assert spec.interpreter is not None
        self.environments.append((requirements, spec.interpreter.version))
        error = self.env_error(spec)
        if error is not None:
            raise error
        told = {"TAG": spec.interpreter.tags[0], "PYTHON": spec.interpreter.version}
        return Environment(
            python=sys.executable, programs=("/build/bin",), variables={"VIRTUAL_ENV": "/build", **told}
        )

    def _lock(self, lines: tuple[str, ...], spec: EnvSpec, _stop: Stop) -> Lock | None:
        """Lock each line at its version in `pins`, and what it pulls in, for one interpreter."""
        if self.lock_error is not None:
            raise self.lock_error
        if not lines:
            return None
        assert spec.interpreter is not None
        pins = tuple(Pin(line, self.pins.get(line, "1.0")) for line in lines) + self.pulled_in
        content = repr((spec.interpreter.version, pins))
        return Lock(
            key="",
            path="/no/pylock.toml",
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            pins=pins,
            origin="remembered",
        )

    def python(self, version: str = THIS_PYTHON, tags: tuple[str, ...] = ("py3-none-any",)) -> Interpreter:
        """Return an interpreter that calls itself so; builds run with that of the tests."""
        state = Path(self.executable).stat()
        return Interpreter(
            executable=self.executable,
            implementation="cpython",
            version=version,
            sys_version=version,
            soabi=f"cpython-{version}",
            free_threaded=False,
            size=state.st_size,
            mtime=state.st_mtime_ns,
            platform=sysconfig.get_platform(),
            tags=tags,
        )

    def spec(self, interpreter: Interpreter | None = None, kind: Kind = "wheel") -> EnvSpec:
        found = interpreter or self.python()
        return EnvSpec(
            root="/",
            backend="virtualenv",
            installer="uv",
            python=PythonSpec(found.version),
            interpreter=found,
            package=kind,
        )

    def failure(self, builder: PackageBuilder, spec: EnvSpec) -> CellError:
        """Ask for a wheel that cannot be had."""
        with pytest.raises(CellError) as caught:
            builder.built(spec, StopSwitch())
        assert caught.value.phase == "package"
        return caught.value


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
