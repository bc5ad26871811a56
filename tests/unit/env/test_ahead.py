"""What is done ahead for a cell changes nothing for it but time, whatever goes wrong."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.ahead import Ahead
from runner.env.installers.uv import Uv
from runner.env.interpreters.find import Interpreters
from runner.env.locks.choose import Locks
from runner.env.mutex import Mutexes
from runner.env.store import Store
from runner.model.environment import Built, LockPolicy
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import PythonSpec
from runner.process import StopSwitch, SystemClock


class Run:
    """The locks of a run in `folder`, and what is done ahead in it."""

    def __init__(self, environ: dict[str, str], processes: Processes, folder: Path) -> None:
        self.own = folder / "own"
        self._interpreters = Interpreters(
            environ=environ, root=folder, cache=folder / "cache", processes=processes, missing="error"
        )
        self.locks = Locks(
            uv=Uv(environ=environ, own=self.own, processes=processes),
            store=Store(folder / "cache" / "locks", pytest.fail),
            mutexes=Mutexes(folder / "cache" / "mutex", pytest.fail),
            clock=SystemClock(),
            policy=LockPolicy(),
            previous=lambda _spec: None,
            own=self.own,
        )

    def ahead(self, *coming: EnvSpec, declared: Callable[[], Built | None] = lambda: None) -> Ahead:
        return Ahead(coming, self._interpreters, self.locks, declared)


@pytest.fixture
def run(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Run:
    return Run(environ, processes, tmp_path)


def test_of_cells_that_cannot_be_one_alone_gets_the_whole_error(
    run: Run, spec: EnvSpec, stop: StopSwitch
) -> None:
    unmet = replace(spec, requirements=("no-such-thing",))
    ahead = run.ahead(unmet, unmet)
    assert [ahead.step(stop), ahead.step(stop), ahead.step(stop)] == [True, True, False]

    def cell(_number: int) -> str:
        with pytest.raises(CellError) as told:
            run.locks.lock(unmet, None, stop)
        return told.value.message

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(cell, range(8)))
    assert sorted("(shown before)" in message for message in told) == [False] + [True] * 7


def test_cells_that_wait_for_what_fails_ahead_get_the_whole_error_once(
    run: Run, spec: EnvSpec, stop: StopSwitch
) -> None:
    unmet = replace(spec, requirements=("no-such-thing",))

    def cell(_number: int) -> str:
        with pytest.raises(CellError) as told:
            run.locks.lock(unmet, None, stop)
        return told.value.message

    with ThreadPoolExecutor(8) as pool:
        done_ahead = pool.submit(run.ahead(unmet).step, stop)
        told = list(pool.map(cell, range(6)))
        assert done_ahead.result()
    assert sorted("(shown before)" in message for message in told) == [False] + [True] * 5


def test_what_breaks_while_a_cell_is_prepared_is_that_cells_alone(
    run: Run, spec: EnvSpec, make_wheel: Callable[..., Path], stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    run.own.mkdir()
    (run.own / "locks").write_text("in the way")
    assert run.ahead(asked).step(stop)
    with pytest.raises(OSError, match="locks"):
        run.locks.lock(asked, None, stop)


def test_a_project_that_cannot_say_what_it_is_is_left_to_its_build(
    run: Run, spec: EnvSpec, stop: StopSwitch
) -> None:
    def declared() -> Built | None:
        raise RuntimeError("a bug")

    assert run.ahead(replace(spec, package="wheel"), declared=declared).step(stop)


def test_an_interpreter_that_is_missing_is_left_to_its_cell(
    run: Run, spec: EnvSpec, stop: StopSwitch
) -> None:
    absent = PythonSpec(text="/no/python", path="/no/python")
    assert run.ahead(replace(spec, python=absent)).step(stop)


def test_a_stop_ends_it(run: Run, spec: EnvSpec, make_wheel: Callable[..., Path], stop: StopSwitch) -> None:
    make_wheel("alpha", "1.0", ())
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        run.ahead(replace(spec, requirements=("alpha",))).step(stop)
