"""A project with a build backend in its tree, quick and without network, and a builder for it."""

import json
import sys
import sysconfig
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal

import pytest

from runner.env.package import PackageBuilder
from runner.model.config import Package
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Stop
from runner.model.python import Interpreter, PythonSpec
from runner.process import StopSwitch, SystemProcesses

BACKEND = """
import json, os, sys, tarfile, warnings, zipfile
from pathlib import Path

about = json.loads(Path("about.json").read_text())

def note(word):
    with open(about["calls"], "a") as calls:
        calls.write(word + "\\n")

def wheel(folder, tag):
    if about.get("fault"):
        raise RuntimeError(about["fault"])
    if about.get("block"):
        Path(about["block"]).touch()
        import time
        time.sleep(60)
    name = f"demo-1.0-{tag}.whl"
    with zipfile.ZipFile(Path(folder, name), "w") as archive:
        metadata = "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n"
        if about.get("wheel_requires_python"):
            metadata += f"Requires-Python: {about['wheel_requires_python']}\\n"
        archive.writestr("demo-1.0.dist-info/METADATA", metadata)
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
        self.about()

    def about(self, **facts: object) -> None:
        (self.root / "about.json").write_text(json.dumps({"calls": str(self.calls_file), **facts}))

    def builder(
        self, hold: Callable[[Stop], AbstractContextManager[None]] = lambda _stop: nullcontext()
    ) -> PackageBuilder:
        return PackageBuilder(
            package=PackageSpec(
                root=str(self.root), config=self.config, environ=self.environ, given=self.given
            ),
            own=self.work_dir / "own",
            logs=self.work_dir / "logs",
            work_dir=self.work_dir,
            processes=SystemProcesses(),
            make_env=self._make_env,
            notify=self.notices.append,
            hold=hold,
        )

    def calls(self) -> list[str]:
        return self.calls_file.read_text().split() if self.calls_file.exists() else []

    def _make_env(self, requirements: tuple[str, ...], spec: EnvSpec, _stop: Stop) -> Environment:
        assert spec.interpreter is not None
        self.environments.append((requirements, spec.interpreter.version))
        error = self.env_error(spec)
        if error is not None:
            raise error
        tag = spec.interpreter.tags[0]
        return Environment(
            python=sys.executable, programs=("/build/bin",), variables={"VIRTUAL_ENV": "/build", "TAG": tag}
        )

    def python(self, version: str = THIS_PYTHON, tags: tuple[str, ...] = ("py3-none-any",)) -> Interpreter:
        """Return an interpreter that calls itself so; builds run with that of the tests."""
        return Interpreter(
            executable=sys.executable,
            implementation="cpython",
            version=version,
            sys_version=version,
            soabi=f"cpython-{version}",
            free_threaded=False,
            size=1,
            mtime=1,
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
