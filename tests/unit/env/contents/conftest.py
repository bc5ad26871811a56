"""Environments filled by uv from wheels that are made here, and the bytecode of runs that share one cache."""

import hashlib
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from uv import find_uv_bin

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.bytecode import Bytecode
from runner.env.environ import installer_environ
from runner.env.store import Store
from runner.model.environment import Environment, Lock, Pin
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.results import Exited
from runner.process import StopSwitch, SystemProcesses
from runner.testing.wheels import make_wheel

DEMO = {
    "demo/__init__.py": "from demo import core\n",
    "demo/core.py": "def answer():\n    return 42\n",
    "demo/rare.py": "VALUE = 1\n",
    "demo/data.txt": "some words\n",
    "demo-1.0.data/data/share/demo/table.txt": "more words\n",
}


class Desk:
    """What a test of bytecode works with. `told` is what the store had to say."""

    def __init__(
        self,
        *,
        folder: Path,
        wheelhouse: Path,
        spec: EnvSpec,
        environ: dict[str, str],
        processes: Processes,
        commands: list[tuple[str, ...]],
    ) -> None:
        self.folder = folder
        self.wheelhouse = wheelhouse
        self.spec = spec
        self.environ = environ
        self.told: list[str] = []
        self.stop = StopSwitch()
        self.store = Store(folder / "cache" / "bytecode", self.told.append)
        self.imported = Store(folder / "cache" / "imported", self.told.append)
        self._processes = processes
        self._commands = commands
        self._numbers = count(1)

    def wheel(self, name: str, modules: Mapping[str, str]) -> Path:
        return make_wheel(self.wheelhouse, name, modules=modules)

    def run(self) -> Bytecode:
        """Return the bytecode of one more run, which shares the stores and nothing else with others."""
        own = self.folder / "own" / str(next(self._numbers))
        own.mkdir(parents=True)
        return Bytecode(
            store=self.store,
            imported=self.imported,
            processes=self._processes,
            environ=self.environ,
            own=own,
        )

    def environment(self, *requirements: str, mode: str = "hardlink", folder: str = "") -> Environment:
        """Return a new environment with these requirements in it."""
        place = self.folder / "envs" / (folder or str(next(self._numbers)))
        shutil.rmtree(place, ignore_errors=True)
        backend = VirtualenvBackend(environ=self.environ, cache=self.folder / "virtualenv")
        environment = backend.create(self.spec, place, StopSwitch())
        self.install(environment, *requirements, mode=mode)
        return environment

    def install(self, environment: Environment, *requirements: str, mode: str = "hardlink") -> None:
        where = ("--no-index", "--find-links", str(self.wheelhouse))
        self.uv("pip", "install", "--python", environment.python, "--link-mode", mode, *where, *requirements)

    def uv(self, *arguments: str) -> None:
        environ = installer_environ(self.environ)
        argv = (find_uv_bin(), *arguments)
        said = SystemProcesses().capture(argv, cwd=str(self.folder), env=environ, stop=StopSwitch())
        assert said.exit == Exited(0), said.stderr

    def lock(self, *names: str, text: str = "") -> Lock:
        """Return a lock that served before and pins these; `text` is what else its content follows from."""
        content = f"{names} {text}"
        return Lock(
            key=content,
            path=str(self.folder / "pylock.toml"),
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            pins=tuple(Pin(name, "1.0") for name in names),
            origin="remembered",
        )

    def fill(self, environment: Environment, lock: Lock, run: Bytecode | None = None) -> str:
        """Fill the environment in a run of its own, or in this one, and return how; nothing is changed."""
        filled = (run or self.run()).fill(self.spec, environment, lock, None, self.stop)
        assert not filled.changed
        return filled.how

    def step(self, environment: Environment, lock: Lock, code: str, *options: str) -> None:
        """Run a step in the environment, and learn what it imported."""
        self.says(environment, code, *options)
        self.run().learn(self.spec, environment, lock.sha256)

    def learn(
        self, lock: Lock, code: str = "import demo", *requirements: str, mode: str = "hardlink"
    ) -> None:
        """Run a step in an environment of its own, which has `demo` or these requirements, and learn."""
        self.step(self.environment(*(requirements or ("demo",)), mode=mode), lock, code)

    def store_all(self, lock: Lock, code: str = "import demo", *requirements: str) -> Environment:
        """Learn what this code imports, and return a new environment that was filled with it by compiling."""
        self.learn(lock, code, *requirements)
        environment = self.environment(*(requirements or ("demo",)))
        assert self.fill(environment, lock).startswith("compiled ")
        return environment

    def compilations(self) -> int:
        """Return how many processes compiled something so far."""
        return sum("compileall" in command for command in self._commands)

    def compiled(self, environment: Environment) -> dict[str, int]:
        """Return the inode of each compiled module, by the path of its source; without virtualenv's own."""
        site = Path(str(environment.site))
        return {
            f"{path.parent.parent.relative_to(site).as_posix()}/{path.name.rsplit('.', 2)[0]}.py": (
                path.stat().st_ino
            )
            for path in site.rglob("*.pyc")
            if not path.name.startswith("_virtualenv.")
        }

    def says(self, environment: Environment, code: str, *options: str) -> tuple[str, str]:
        """Return both streams of the environment's Python."""
        said = SystemProcesses().capture(
            (environment.python, *options, "-c", code), cwd="/", env={}, stop=StopSwitch()
        )
        assert said.exit == Exited(0), said.stderr
        return said.stdout, said.stderr

    def loading(self, *sources: str) -> str:
        """Return a step's code that loads these files of site-packages as Python loads modules."""
        return (
            "import sys; from importlib.machinery import SourceFileLoader\n"
            f"for source in {sources!a}: SourceFileLoader('x', sys.path[-1] + '/' + source).get_code('x')"
        )

    def imported_file(self) -> Path:
        """Return the only file with what was learned."""
        (name,) = self.imported.names()
        return self.imported.folder / name / "imported.json"

    def entry(self) -> Path:
        """Return the folder of the only entry in the store."""
        (name,) = self.store.names()
        return self.store.folder / name

    def stored(self) -> list[Path]:
        """Return the stored modules of the only entry, in order."""
        return sorted(self.entry().glob("files-*/*"))


@pytest.fixture
def desk(  # noqa: PLR0917 - they are fixtures
    tmp_path: Path,
    wheelhouse: Path,
    spec: EnvSpec,
    environ: dict[str, str],
    processes: Processes,
    commands: list[tuple[str, ...]],
) -> Desk:
    """Return a desk with a wheel of `demo`."""
    made = Desk(
        folder=tmp_path,
        wheelhouse=wheelhouse,
        spec=replace(spec),
        environ=environ,
        processes=processes,
        commands=commands,
    )
    made.wheel("demo", DEMO)
    return made
