"""A fresh environment starts with the bytecode that an earlier one was compiled to."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runner.env.interpreters import Interpreters
from runner.model.environment import Built, Environment
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import PythonSpec, parse_python
from runner.process import StopSwitch
from runner.testing.wheels import make_wheel

if TYPE_CHECKING:
    from tests.unit.env.bytecode.conftest import Desk

PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "pypy3.11")
MODULES = {"demo/__init__.py", "demo/core.py"}
"""Those of the wheel that the desk has."""

YEARS_AGO = 1_500_000_000


def compilations(commands: list[tuple[str, ...]]) -> int:
    return sum("compileall" in command for command in commands)


def test_the_first_environment_is_compiled_and_the_next_ones_get_links_to_it(
    desk: "Desk", commands: list[tuple[str, ...]]
) -> None:
    first, second = desk.environment("demo"), desk.environment("demo")
    run, lock = desk.run(), desk.lock("demo")
    assert desk.fill(first, lock, run).startswith("compiled, nothing stored (")
    assert desk.fill(second, lock, run).startswith("compiled, nothing stored (")
    assert desk.compiled(first).keys() == MODULES
    assert desk.compiled(second) == desk.compiled(first)
    third = desk.environment("demo")
    assert desk.fill(third, lock).startswith("reused (")
    assert desk.compiled(third) == desk.compiled(first)
    assert compilations(commands) == 1


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_takes_the_linked_modules(
    desk: "Desk", processes: Processes, tmp_path: Path, python: str
) -> None:
    desk.spec = found(desk.spec, processes, tmp_path, python)
    first, environment = desk.environment("demo"), desk.environment("demo")
    desk.fill(first, desk.lock("demo"))
    assert desk.fill(environment, desk.lock("demo")).startswith("reused (")
    assert takes_all(desk, environment) == desk.compiled(first)


@pytest.mark.parametrize("mode", ["copy", "symlink", "clone"])
def test_the_linked_modules_serve_however_sources_are_linked(desk: "Desk", mode: str) -> None:
    first = desk.environment("demo", mode=mode)
    for source in Path(str(first.site), "demo").glob("*.py"):
        os.utime(source, (YEARS_AGO, YEARS_AGO))
    desk.fill(first, desk.lock("demo"))
    environment = desk.environment("demo", mode=mode)
    assert desk.fill(environment, desk.lock("demo")).startswith("reused (")
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


def test_a_new_lock_is_compiled_only_when_that_is_asked_for(
    desk: "Desk", commands: list[tuple[str, ...]]
) -> None:
    lock = replace(desk.lock("demo"), origin="resolved")
    environment = desk.environment("demo")
    assert desk.run().fill(desk.spec, environment, lock, None, desk.stop, compile_new=False).how == ""
    assert desk.compiled(environment) == {}
    assert compilations(commands) == 0
    how = desk.run().fill(desk.spec, environment, lock, None, desk.stop, compile_new=True).how
    assert how.startswith("compiled, nothing stored (")
    assert desk.fill(desk.environment("demo"), lock).startswith("reused (")


def test_a_committed_lock_is_compiled(desk: "Desk") -> None:
    lock = replace(desk.lock("demo"), origin="committed")
    assert desk.fill(desk.environment("demo"), lock).startswith("compiled, ")


def test_cells_that_need_the_same_at_the_same_time_compile_once(
    desk: "Desk", commands: list[tuple[str, ...]]
) -> None:
    environments = [desk.environment("demo") for _ in range(4)]
    run, lock = desk.run(), desk.lock("demo")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda environment: desk.fill(environment, lock, run), environments))
    assert compilations(commands) == 1
    first, *others = (desk.compiled(environment) for environment in environments)
    assert first.keys() == MODULES
    assert all(each == first for each in others)


def test_another_lock_has_bytecode_of_its_own(desk: "Desk", commands: list[tuple[str, ...]]) -> None:
    desk.fill(desk.environment("demo"), desk.lock("demo"))
    assert desk.fill(desk.environment("demo"), desk.lock("demo", text="other")).startswith("compiled, ")
    assert compilations(commands) == 2
    assert len(tuple(desk.store.names())) == 2


def test_the_project_itself_is_not_stored(desk: "Desk") -> None:
    desk.wheel("ours", {"ours.py": "VERSION = 1\n"})
    built = Built(path="", sha256="", name="ours", version="1.0", kind="wheel")
    for lock in (desk.lock("demo"), desk.lock("demo", "ours")):
        desk.run().fill(
            desk.spec, desk.environment("demo", "ours"), lock, built, desk.stop, compile_new=False
        )
        environment = desk.environment("demo", "ours")
        desk.run().fill(desk.spec, environment, lock, built, desk.stop, compile_new=False)
        assert desk.compiled(environment).keys() == MODULES


@pytest.mark.parametrize("editable", [True, False])
def test_what_is_installed_from_a_folder_is_not_stored(desk: "Desk", tmp_path: Path, editable: bool) -> None:
    folder = local_project(tmp_path / "local")
    how = ("--editable", str(folder)) if editable else (str(folder),)
    lock = desk.lock("demo", "local")
    desk.fill(desk.environment("demo", *how), lock)
    environment = desk.environment("demo", *how)
    assert desk.fill(environment, lock).startswith("reused (")
    assert (Path(str(environment.site)) / "local.py").exists()
    assert desk.compiled(environment).keys() == MODULES


def local_project(folder: Path) -> Path:
    """Write a project whose build backend hands out a wheel that lies beside it."""
    wheel = make_wheel(folder, "local")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "local"\nversion = "1.0"\n'
    )
    (folder / "backend.py").write_text(
        "import shutil\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        f"    return shutil.copy({str(wheel)!r}, folder) and {wheel.name!r}\n"
        "build_editable = build_wheel\n"
    )
    return folder


def test_odd_names_and_folders_without_init_are_no_trouble(desk: "Desk") -> None:
    sources = ("space/inner/leaf.py", "space/größe.py", "space/two.parts.py", "alone.py", "__main__.py")
    desk.wheel("odd", dict.fromkeys(sources, "X = 1\n"))
    desk.fill(desk.environment("odd"), desk.lock("odd"))
    environment = desk.environment("odd")
    assert desk.fill(environment, desk.lock("odd")).startswith("reused (")
    assert {path.removeprefix("./") for path in desk.compiled(environment)} == set(sources)
    assert desk.says(environment, "from space import größe; import space.inner.leaf")[1] == ""


def test_a_source_that_cannot_be_compiled_keeps_no_other_from_being_stored(desk: "Desk") -> None:
    sources = {
        "old/__init__.py": "",
        "old/two.py": "print 'two'\n",
        "old/nulls.py": "\0",
        "old/good.py": "X = 1\n",
    }
    desk.wheel("old", sources)
    first = desk.environment("old")
    desk.says(first, "import old.good")
    (good,) = Path(str(first.site), "old", "__pycache__").glob("good.*")
    good.with_name(good.name.replace("good", "two")).write_bytes(good.read_bytes())  # some wheels hold such
    assert desk.fill(first, desk.lock("old")).startswith("compiled, ")
    environment = desk.environment("old")
    assert desk.fill(environment, desk.lock("old")).startswith("reused (")
    assert desk.compiled(environment).keys() == {"old/__init__.py", "old/good.py"}


def test_settings_that_change_how_python_compiles_do_not_reach_it(desk: "Desk", tmp_path: Path) -> None:
    desk.environ |= {
        "SOURCE_DATE_EPOCH": "1700000000",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "elsewhere"),
        "PYTHONOPTIMIZE": "2",
    }
    desk.fill(desk.environment("demo"), desk.lock("demo"))
    environment = desk.environment("demo")
    desk.fill(environment, desk.lock("demo"))
    assert takes_all(desk, environment).keys() == MODULES


def test_the_code_of_what_is_installed_does_not_run_while_it_is_compiled(
    desk: "Desk", tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    desk.wheel(
        "eager", {"eager.pth": f"import pathlib; pathlib.Path({str(trace)!r}).touch()\n", "eager.py": ""}
    )
    environment = desk.environment("eager")
    assert desk.fill(environment, desk.lock("eager")).startswith("compiled, ")
    assert not trace.exists()
    desk.says(environment, "")
    assert trace.exists()


def test_an_environment_without_a_folder_of_its_own_is_left_alone(desk: "Desk") -> None:
    environment = Environment(python="/usr/bin/python3", programs=(), variables={})
    assert desk.fill(environment, desk.lock("demo")) == ""


def test_a_run_that_is_stopped_does_not_compile_to_the_end(desk: "Desk") -> None:
    environment = desk.environment("demo")
    desk.stop.rise(2)
    with pytest.raises(Cancelled):
        desk.fill(environment, desk.lock("demo"))
    assert tuple(desk.store.names()) == ()


def test_a_python_that_cannot_compile_is_no_error(desk: "Desk") -> None:
    environment = replace(desk.environment("demo"), python="/nowhere/python")
    assert desk.fill(environment, desk.lock("demo")).startswith("none: it could not be compiled: ")
    assert tuple(desk.store.names()) == ()
