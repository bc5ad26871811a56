"""Real build backends from the index: what they pack, and what they leave in the tree."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Literal

import pytest
from uv import find_uv_bin

from runner.env.interpreters.find import Interpreters
from runner.env.package.builder import PackageBuilder
from runner.env.package.declared import declared
from runner.env.store import Store
from runner.env.turn import Turn
from runner.model.config import Package
from runner.model.environment import Built, Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.ports import Stop
from runner.model.python import Interpreter, PythonSpec
from runner.process import StopSwitch, SystemClock, SystemProcesses

pytestmark = pytest.mark.network

Kind = Literal["wheel", "sdist", "editable"]
KINDS: tuple[Kind, ...] = ("wheel", "sdist", "editable")
SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n'
PROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Interpreter, ...]]:
    """Two interpreters of different minor versions, ours first; one where there is no other."""
    folder = tmp_path_factory.mktemp("interpreters")
    found = Interpreters(
        environ=os.environ, root=folder, cache=folder / "cache", processes=SystemProcesses(), missing="skip"
    )
    own = sys.version_info[1]
    texts = [f"3.{minor}" for minor in (own, *(m for m in range(13, 9, -1) if m != own))]
    answers: list[Interpreter] = []
    for text in texts:
        with suppress(CellError):
            answers.append(found.find(PythonSpec(text, version=(3, int(text[2:]))), StopSwitch()))
    yield tuple(answers[:2])
    found.close()


class Project:
    """A project to build, its builder, and the environments that builds were made in."""

    def __init__(self, folder: Path, python: Interpreter) -> None:
        self.folder = folder
        self.python = python
        self.root = folder / "project"
        self.root.mkdir()
        self.environments: list[tuple[str, ...]] = []
        self.builder = PackageBuilder(
            hold=lambda _stop: nullcontext(),
            package=PackageSpec(root=str(self.root), config=Package(), environ=dict(os.environ)),
            own=folder / "own",
            logs=folder / "logs",
            work_dir=self.root / ".runner",
            store=Store(folder / "cache", print),
            processes=SystemProcesses(),
            clock=SystemClock(),
            make_env=self._make_env,
            lock=lambda _lines, _spec, _stop: None,
            peek=lambda _lines, _spec, _stop: None,
            own_python=lambda _stop: python,
            notify=lambda _text: None,
            turn=Turn(),
            meanwhile=lambda _stop: False,
        )

    def write(self, path: str, text: str = "") -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def tree(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def built(self, kind: Kind, python: Interpreter | None = None) -> Built:
        found = python or self.python
        spec = EnvSpec(
            root=str(self.root),
            backend="virtualenv",
            installer="uv",
            python=PythonSpec(found.version),
            interpreter=found,
            package=kind,
        )
        return self.builder.built(spec, StopSwitch())

    def _make_env(self, requirements: tuple[str, ...], spec: EnvSpec, _stop: Stop) -> Environment:
        assert spec.interpreter is not None
        self.environments.append(requirements)
        folder = self.folder / f"env{len(self.environments)}"
        python = folder / "bin/python"
        self._uv("venv", "--python", spec.interpreter.executable, str(folder))
        if requirements:
            self._uv("pip", "install", "--python", str(python), *requirements)
        return Environment(
            python=str(python), programs=(str(folder / "bin"),), variables={"VIRTUAL_ENV": str(folder)}
        )

    def _uv(self, *arguments: str) -> None:
        done = subprocess.run(
            [find_uv_bin(), "--quiet", *arguments],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path: Path, pythons: tuple[Interpreter, ...]) -> Iterator[Project]:
    project = Project(tmp_path, pythons[0])
    yield project
    logs = {log.parent.name: log.read_text() for log in tmp_path.glob("own/builds/*/build.log")}
    print(json.dumps(logs, indent=1))


def names_in(built: Built) -> list[str]:
    with zipfile.ZipFile(built.path) as wheel:
        return sorted(name for name in wheel.namelist() if ".dist-info/" not in name)


def test_setuptools_packs_nothing_stale_and_leaves_nothing_in_the_tree(project: Project) -> None:
    project.write("pyproject.toml", SETUPTOOLS + PROJECT + '[tool.setuptools]\npackages = ["demo"]\n')
    project.write("demo/__init__.py")
    project.write("demo/data.txt")
    project.write("MANIFEST.in", "include demo/data.txt\n")
    project.write("build/lib/demo/deleted.py")
    project.write("demo.egg-info/SOURCES.txt", "demo/deleted.py\n")
    before = project.tree()
    for kind in ("wheel", "sdist"):
        assert names_in(project.built("wheel" if kind == "wheel" else "sdist")) == [
            "demo/__init__.py",
            "demo/data.txt",
        ]
    assert project.built("editable").kind == "editable"
    assert project.tree() == before


def test_a_src_layout_is_built_without_an_egg_info_beside_it(project: Project) -> None:
    project.write("pyproject.toml", SETUPTOOLS + PROJECT)
    project.write("src/demo/__init__.py")
    before = project.tree()
    assert [names_in(project.built(kind)) for kind in KINDS[:2]] == [["demo/__init__.py"]] * 2
    project.built("editable")
    assert project.tree() == before


def test_a_lone_setup_py_is_built_by_setuptools(project: Project) -> None:
    project.write(
        "setup.py",
        "from setuptools import setup\nimport helper\n"
        "setup(name='Demo_Pkg', version='1.0', py_modules=['demo'])",
    )
    project.write("helper.py")
    project.write("MANIFEST.in", "include helper.py\n")
    project.write("demo.py")
    for kind in KINDS[:2]:
        built = project.built(kind)
        assert (built.name, names_in(built)) == ("demo-pkg", ["demo.py"])
    assert not (project.root / "build").exists()
    assert not list(project.root.glob("*.egg-info"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_extension_is_built_once_for_each_python(
    project: Project, kind: Kind, pythons: tuple[Interpreter, ...]
) -> None:
    if len(pythons) < 2:
        pytest.skip("there is one Python on this machine")
    project.write("pyproject.toml", SETUPTOOLS + PROJECT)
    project.write(
        "setup.py",
        "from setuptools import Extension, setup\n"
        "setup(packages=['demo'], ext_modules=[Extension('demo._demo', ['demo/_demo.c'])])\n",
    )
    project.write("demo/__init__.py")
    project.write(
        "demo/_demo.c",
        "#include <Python.h>\n"
        'static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_demo", NULL, -1, NULL};\n'
        "PyMODINIT_FUNC PyInit__demo(void) { return PyModule_Create(&module); }\n",
    )
    first, second = (project.built(kind, python) for python in pythons)
    assert first.path != second.path
    assert [project.built(kind, python) for python in pythons] == [first, second]
    if kind != "editable":
        for built, python in zip((first, second), pythons, strict=True):
            own = f"demo/_demo.{python.soabi}.so"
            assert [name for name in names_in(built) if name.endswith(".so")] == [own]
    assert not (project.root / "build").exists()


def hatch(project: Project) -> None:
    project.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n' + PROJECT,
    )
    project.write("demo/__init__.py")
    project.write(".runner/.gitignore", "*\n")
    project.write(".runner/logs/x.log")


def test_hatchling_packs_the_work_dir_and_is_told_the_line_that_helps(project: Project) -> None:
    hatch(project)
    assert names_in(project.built("wheel")) == ["demo/__init__.py"]
    with pytest.raises(CellError, match=r"add `/\.runner/` to \.gitignore"):
        project.built("sdist")


def test_with_that_line_hatchling_leaves_the_work_dir_out(project: Project) -> None:
    hatch(project)
    project.write(".gitignore", "/.runner/\n")
    assert names_in(project.built("sdist")) == ["demo/__init__.py"]


def test_a_backend_asks_for_more_and_gets_one_environment_with_it(project: Project) -> None:
    hatch(project)
    project.built("editable")
    assert project.environments == [("hatchling",), ("hatchling", "editables~=0.3")]


@pytest.mark.parametrize("kind", KINDS)
def test_flit_builds_all_kinds(project: Project, kind: Kind) -> None:
    project.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["flit_core>=3.4"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "demo"\nversion = "1.0"\ndescription = "A demo"\n',
    )
    project.write("demo.py")
    built = project.built(kind)
    assert (built.name, built.version) == ("demo", "1.0")
    assert names_in(built) == (["demo.pth"] if kind == "editable" else ["demo.py"])


DECLARED = """
[project]
name = "Demo_Two"
version = "1.0-rc1"
requires-python = ">= 3.8, <4"
dependencies = ["pluggy >= 1", "packaging; python_version < '3.30' or os_name == 'nt'"]
[project.optional-dependencies]
Test_All = ["iniconfig > 1", "colorama[a]~=0.4"]
"""


@pytest.mark.parametrize(
    ("requires", "backend"),
    [
        ("setuptools>=64", "setuptools.build_meta"),
        ("hatchling", "hatchling.build"),
        ("flit_core>=3.4", "flit_core.buildapi"),
    ],
)
def test_what_a_project_declares_is_what_backends_write(
    project: Project, requires: str, backend: str
) -> None:
    project.write(
        "pyproject.toml",
        f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
        + DECLARED.replace("version =", 'description = "A demo"\nversion =', 1),
    )
    project.write("Demo_Two.py" if backend.startswith("flit") else "demo_two/__init__.py", '"""A demo."""')
    built, told = project.built("wheel"), declared(project.root, project.folder / "declared")
    assert told is not None
    for fact in ("name", "version", "requires_python", "dependencies", "provides"):
        assert getattr(told, fact) == getattr(built, fact)
