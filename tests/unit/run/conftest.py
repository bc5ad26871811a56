"""Runs over a stage of fakes: cells that ask for anything; a workshop and processes that obey."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.settings import RENDERED, UNRENDERED

from runner.model.environment import Built, Environment, Installation, Lock, Reused
from runner.model.events import Body, CellFinished
from runner.model.plan import Cell, Command, Edges, EnvSpec, Plan, ReadyCell, ReadySteps
from runner.model.plugins import Collector
from runner.model.ports import Spawn, Stop
from runner.model.python import Interpreter, PythonSpec
from runner.model.results import CellResult, Exit, Exited, Installed
from runner.model.settings import Steps
from runner.model.text import Origin
from runner.process import StopSwitch
from runner.run import Job, run
from runner.testing import FakeClock, FakeProcesses

INTERPRETER = Interpreter("/opt/python3.12", "cpython", "3.12.1", "", "", False, 1, 1, "linux", ())


class FakeWorkshop:
    """A workshop whose environments are folders with the programs `python` and `pytest`.

    `before` is called with phase and stop before each phase does its work, and may raise. `built` is the
    project's wheel.
    """

    def __init__(self, before: Callable[[str, Stop], None] = lambda _phase, _stop: None) -> None:
        self._before = before
        self.built: Built | None = None
        self.calls: list[str] = []

    def _enter(self, phase: str, stop: Stop) -> None:
        self.calls.append(phase)
        self._before(phase, stop)

    def interpreter(self, spec: EnvSpec, stop: Stop) -> EnvSpec:
        self._enter("python", stop)
        return replace(spec, interpreter=INTERPRETER)

    def package(self, spec: EnvSpec, stop: Stop) -> Built | None:
        self._enter("package", stop)
        return self.built

    def lock(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Lock | None:
        self._enter("lock", stop)
        return None

    def reuse(self, spec: EnvSpec, built: Built | None, lock: Lock | None, stop: Stop) -> Reused:
        return Reused()

    def create(self, spec: EnvSpec, stop: Stop) -> Environment:
        self._enter("create", stop)
        folder = Path(spec.folder)
        programs = folder / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name in ("python", "pytest"):
            add_program(programs / name)
        return Environment(
            python=str(programs / "python"),
            programs=(str(programs),),
            variables={"VIRTUAL_ENV": str(folder)},
            folder=str(folder),
        )

    def install(
        self, spec: EnvSpec, environment: Environment, built: Built | None, lock: Lock | None, stop: Stop
    ) -> Installation:
        self._enter("install", stop)
        return Installation((Installed("pytest", "9.0"),))

    def inspect(
        self, spec: EnvSpec, environment: Environment, lock: Lock | None, stop: Stop
    ) -> tuple[str, ...]:
        self._before("inspect", stop)
        return ()

    def hold(self, name: str, stop: Stop) -> AbstractContextManager[None]:
        return nullcontext()

    def copy_source(self, folder: Path, stop: Stop) -> None:
        self._enter("copy", stop)
        folder.mkdir(parents=True)


def add_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


class Stage:
    """A project in a temporary folder, and all that a run of it needs."""

    def __init__(self, base: Path) -> None:
        self.root = base / "project"
        self.work = self.root / ".runner"
        self.root.mkdir()
        self.outer = base / "usr" / "bin"
        self.outer.mkdir(parents=True)
        self.clock = FakeClock()
        self.switch = StopSwitch()
        self.workshop = FakeWorkshop()
        self.told: list[Body] = []
        self.announced: list[str] = []
        self.collectors: tuple[Collector, ...] = ()
        self.processes = FakeProcesses()
        self.signal: Callable[[str], None] = lambda _name: None
        self.on: Callable[[Body], None] = lambda _body: None

    def answer(self, exits: Callable[[Spawn], Exit]) -> None:
        """Let `exits` say how each process ends."""
        self.processes = FakeProcesses(exits)

    def answer_by_argument(self, **exits: Exit) -> None:
        """Let the processes whose first argument is a name in `exits` end so, all others with 0."""
        self.answer(lambda spawn: exits.get(spawn.argv[1] if spawn.argv[1:] else "", Exited(0)))

    def command(self, *argv: str, **changes: Any) -> Command:
        return replace(Command(argv=argv or ("python",), cwd=str(self.root)), **changes)

    def cell(
        self,
        name: str = "tests",
        *commands: Command,
        setup: tuple[Command, ...] = (),
        teardown: tuple[Command, ...] = (),
        platforms: tuple[str, ...] = (),
        spec: dict[str, object] | None = None,
        variables: dict[str, str] | None = None,
        root: Path | None = None,
        **settings: Any,
    ) -> ReadyCell:
        """A cell called `name` that runs `commands`; other keywords are its settings."""
        python = PythonSpec("3.12", version=(3, 12))
        cell = Cell(
            id=name,
            session=name.partition("-")[0],
            type="python",
            folder=name,
            point=(),
            python=python,
            factors=(),
            description="",
            tags=(),
            default=True,
            platforms=platforms,
            needs=(),
            after=(),
            alone=True,
            settings=UNRENDERED,
            steps=Steps(),
            sources={},
            origin=Origin("runner.toml", 1, name),
        )
        env_dir = self.work / "envs" / name
        plain = EnvSpec(
            root=str(self.root),
            cell=name,
            folder=str(env_dir),
            backend="virtualenv",
            installer="uv",
            python=python,
        )
        return ReadyCell(
            cell=cell,
            settings=replace(RENDERED, **settings),
            spec=replace(plain, **(spec or {})),
            steps=ReadySteps(setup, commands, teardown),
            variables={"PATH": str(self.outer), **(variables or {})},
            root=str(root or self.root),
            env_dir=str(env_dir),
            tmp=str(env_dir / "tmp"),
        )

    def job(self, *cells: ReadyCell, edges: dict[str, Edges] | None = None, **changes: Any) -> Job:
        everything = {cell.id: Edges() for cell in cells} | (edges or {})
        plan = Plan(tuple(cell.cell for cell in cells), tuple(cell.id for cell in cells), everything, {})
        job = Job(
            id="run1",
            plan=plan,
            cells=cells,
            slots=1,
            fail_fast=False,
            limits={},
            live=False,
            passthrough=False,
            install_only=False,
            root=str(self.root),
            folder=str(self.work / "runs" / "run1"),
            scratch=str(self.root / "scratch"),
            logs=str(self.work / "logs" / "run1"),
            version="0",
            platform="linux",
        )
        return replace(job, **changes)

    def run(self, *cells: ReadyCell, **changes: Any) -> dict[str, CellResult]:
        """Run the cells to the end and return their results by id, in the order they ended."""
        return self.run_job(self.job(*cells, **changes))

    def run_job(self, job: Job) -> dict[str, CellResult]:
        self.told.clear()
        run(
            job,
            workshop=self.workshop,
            processes=self.processes,
            collectors=tuple((type(each).__name__.lower(), each) for each in self.collectors),
            clock=self.clock,
            switch=self.switch,
            signals=self._signals,
            tell=self._tell,
            announce=self.announced.append,
        )
        finished = [body.result for body in self.told if isinstance(body, CellFinished)]
        assert len({result.id for result in finished}) == len(finished)
        return {result.id: result for result in finished}

    def log(self, name: str = "tests") -> str:
        return (self.work / "logs" / "run1" / f"{name}.log").read_text()

    @contextmanager
    def _signals(self, callback: Callable[[str], None]) -> Iterator[None]:
        self.signal = callback
        yield

    def _tell(self, body: Body) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.told.append(body)
        self.on(body)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
