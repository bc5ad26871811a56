"""A fresh environment starts with the bytecode of the modules that steps imported in earlier ones."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runner.env.interpreters.find import Interpreters
from runner.model.environment import Environment
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import PythonSpec, parse_python
from runner.process import StopSwitch

if TYPE_CHECKING:
    from tests.unit.env.contents.conftest import Desk

PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "pypy3.11")
MODULES = {"demo/__init__.py", "demo/core.py"}
"""Those that are imported with `demo`; it has one more, `demo.rare`."""

YEARS_AGO = 1_500_000_000


def test_what_a_step_imported_is_compiled_for_the_next_environment_and_linked_into_later_ones(
    desk: "Desk",
) -> None:
    lock = desk.lock("demo")
    first = desk.environment("demo")
    assert desk.fill(first, lock) == ""
    desk.step(first, lock, "import demo")
    assert tuple(desk.store.names()) == ()
    assert desk.compilations() == 0
    second = desk.environment("demo")
    assert desk.fill(second, lock) == "compiled 2 files"
    assert desk.compiled(second).keys() == MODULES
    assert not set(desk.compiled(second).values()) & set(desk.compiled(first).values())
    third = desk.environment("demo")
    assert desk.fill(third, lock) == "reused (2 files)"
    assert desk.compiled(third) == desk.compiled(second)
    assert set(desk.compiled(third).values()) == {path.stat().st_ino for path in desk.stored()}
    assert desk.compilations() == 1


def test_what_is_imported_later_is_compiled_too_and_what_was_compiled_stays(desk: "Desk") -> None:
    lock = desk.lock("demo")
    first = desk.store_all(lock)
    desk.step(first, lock, "import demo.rare")
    second = desk.environment("demo")
    assert desk.fill(second, lock) == "compiled 1 more file"
    assert desk.compiled(second).keys() == {*MODULES, "demo/rare.py"}
    assert desk.compiled(first).items() - desk.compiled(second).items() == {
        ("demo/rare.py", desk.compiled(first)["demo/rare.py"])
    }
    desk.step(second, lock, "import demo")
    third = desk.environment("demo")
    assert desk.fill(third, lock) == "reused (3 files)"
    assert desk.compiled(third) == desk.compiled(second)
    assert desk.compilations() == 2


def test_what_a_step_wrote_into_compiled_modules_goes_nowhere(desk: "Desk") -> None:
    lock = desk.lock("demo")
    first = desk.environment("demo")
    desk.says(first, "import demo")
    (core,) = Path(str(first.site)).glob("demo/__pycache__/core.*")
    (module,) = Path(str(first.site)).glob("demo/__pycache__/__init__.*")
    core.write_bytes(core.read_bytes().replace(b"answer", b"poison"))
    module.write_bytes(b"rubbish")
    desk.run().learn(desk.spec, first, lock.sha256)
    second, third = desk.environment("demo"), desk.environment("demo")
    assert desk.fill(second, lock) == "compiled 2 files"
    assert desk.fill(third, lock) == "reused (2 files)"
    for environment in (second, third):
        assert desk.says(environment, "from demo.core import answer; print(answer())")[0] == "42\n"
        assert desk.compiled(environment) == desk.compiled(second)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_takes_the_linked_modules(
    desk: "Desk", processes: Processes, tmp_path: Path, python: str
) -> None:
    desk.spec = found(desk.spec, processes, tmp_path, python)
    first = desk.store_all(desk.lock("demo"))
    environment = desk.environment("demo")
    assert desk.fill(environment, desk.lock("demo")) == "reused (2 files)"
    assert takes_all(desk, environment) == desk.compiled(first)


@pytest.mark.parametrize("mode", ["copy", "symlink", "clone"])
def test_the_linked_modules_serve_however_sources_are_linked(desk: "Desk", mode: str) -> None:
    desk.learn(desk.lock("demo"), mode=mode)
    first = desk.environment("demo", mode=mode)
    for source in Path(str(first.site), "demo").glob("*.py"):
        os.utime(source, (YEARS_AGO, YEARS_AGO))
    assert desk.fill(first, desk.lock("demo")) == "compiled 2 files"
    environment = desk.environment("demo", mode=mode)
    assert desk.fill(environment, desk.lock("demo")) == "reused (2 files)"
    assert takes_all(desk, environment) == desk.compiled(first)


def takes_all(desk: "Desk", environment: Environment) -> dict[str, int]:
    """Make sure that Python takes each compiled module as it is, as its own, and return them."""
    before = desk.compiled(environment)
    words, told = desk.says(environment, "import demo; print(demo.core.answer.__code__.co_filename)", "-v")
    assert words.strip() == str(Path(str(environment.site), "demo/core.py"))
    for module in MODULES:
        assert re.search(rf"matches {re.escape(str(environment.site))}/{module}$", told, re.MULTILINE), told
    assert desk.compiled(environment) == before
    return before


def found(spec: EnvSpec, processes: Processes, folder: Path, python: str) -> EnvSpec:
    """Return the spec with this Python; the test is skipped where there is none."""
    wanted = parse_python(python)
    assert wanted is not None
    interpreters = Interpreters(
        environ=dict(os.environ), root=folder, cache=folder / "facts", processes=processes, missing="skip"
    )
    try:
        interpreter = interpreters.find(wanted, StopSwitch())
    except CellError as error:
        pytest.skip(error.message)
    path = interpreter.executable
    return replace(spec, interpreter=interpreter, python=PythonSpec(text=path, path=path))


def test_cells_that_need_the_same_at_the_same_time_compile_once(desk: "Desk") -> None:
    run, lock = desk.run(), desk.lock("demo")
    desk.learn(lock)
    environments = [desk.environment("demo") for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        hows = list(pool.map(lambda environment: desk.fill(environment, lock, run), environments))
    assert sorted(hows) == ["compiled 2 files", *["reused (2 files)"] * 3]
    assert desk.compilations() == 1
    first, *others = (desk.compiled(environment) for environment in environments)
    assert first.keys() == MODULES
    assert all(each == first for each in others)


def test_runs_that_learn_and_compile_at_the_same_time_settle(desk: "Desk") -> None:
    lock = desk.lock("demo")
    environments = [desk.environment("demo") for _ in range(4)]
    imports = ("import demo", "import demo.rare") * 2

    def cell(environment: Environment, code: str) -> None:
        run = desk.run()
        for _ in range(3):
            run.fill(desk.spec, environment, lock, None, desk.stop)
            desk.says(environment, code)
            run.learn(desk.spec, environment, lock.sha256)

    with ThreadPoolExecutor() as pool:
        list(pool.map(cell, environments, imports))
    desk.learn(lock, "import demo.rare")
    settled, after = desk.environment("demo"), desk.environment("demo")
    desk.fill(settled, lock)
    before = desk.compilations()
    assert desk.fill(after, lock) == "reused (3 files)"
    assert desk.compilations() == before
    assert desk.compiled(after).keys() == {*MODULES, "demo/rare.py"}
    assert takes_all(desk, after) == desk.compiled(settled)


def test_another_lock_has_bytecode_of_its_own(desk: "Desk") -> None:
    desk.store_all(desk.lock("demo"))
    other = desk.lock("demo", text="other")
    assert desk.fill(desk.environment("demo"), other) == ""
    desk.store_all(other, "import demo.rare")
    assert desk.compilations() == 2
    assert len(tuple(desk.store.names())) == 2


def test_settings_that_change_how_python_compiles_do_not_reach_it(desk: "Desk", tmp_path: Path) -> None:
    desk.environ |= {
        "SOURCE_DATE_EPOCH": "1700000000",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "elsewhere"),
        "PYTHONOPTIMIZE": "2",
    }
    desk.store_all(desk.lock("demo"))
    environment = desk.environment("demo")
    desk.fill(environment, desk.lock("demo"))
    assert takes_all(desk, environment).keys() == MODULES


def test_the_code_of_what_is_installed_does_not_run_while_it_is_compiled(
    desk: "Desk", tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    eager = {"eager.pth": f"import pathlib; pathlib.Path({str(trace)!r}).touch()\n", "eager.py": ""}
    # Compilation runs in the folder of these.
    desk.wheel("eager", eager | {"struct.py": "raise SystemExit(2)\n", "compileall.py": ""})
    desk.learn(desk.lock("eager"), desk.loading("eager.py", "struct.py"), "eager")
    assert trace.exists()
    trace.unlink()
    environment = desk.environment("eager")
    assert desk.fill(environment, desk.lock("eager")) == "compiled 2 files"
    assert not trace.exists()
    desk.says(environment, "")
    assert trace.exists()


def test_an_environment_without_a_folder_of_its_own_is_left_alone(desk: "Desk") -> None:
    environment = Environment(python="/usr/bin/python3", programs=(), variables={})
    desk.run().learn(desk.spec, environment, desk.lock("demo").sha256)
    assert desk.fill(environment, desk.lock("demo")) == ""
    assert tuple(desk.imported.names()) == ()


def test_a_run_that_is_stopped_does_not_compile_to_the_end(desk: "Desk") -> None:
    desk.learn(desk.lock("demo"))
    environment = desk.environment("demo")
    desk.stop.rise(2)
    with pytest.raises(Cancelled):
        desk.fill(environment, desk.lock("demo"))
    assert tuple(desk.store.names()) == ()


def test_a_python_that_cannot_compile_is_no_error(desk: "Desk") -> None:
    lock = desk.lock("demo")
    desk.learn(lock)
    broken = replace(desk.environment("demo"), python="/nowhere/python")
    assert desk.fill(broken, lock).startswith("none: it could not be compiled: ")
    assert tuple(desk.store.names()) == ()
    first = desk.store_all(lock)
    desk.learn(lock, "import demo.rare")
    assert desk.fill(broken, lock).startswith("reused (2 files), more could not be compiled: ")
    assert desk.compiled(broken) == desk.compiled(first)
