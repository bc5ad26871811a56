import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.env.interpreters.asking import MakeInterpreters, asks

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.interpreters.find import Interpreters
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import Interpreter, PythonSpec
from runner.process import StopSwitch, SystemProcesses

OWN = ".".join(map(str, sys.version_info[:2]))


def test_what_is_known_of_an_interpreter_is_what_it_says_itself(interpreter: Interpreter) -> None:
    real = Path(interpreter.executable)
    assert real == real.resolve()
    assert interpreter.version == sys.version.split()[0]
    assert interpreter.sys_version == sys.version
    assert interpreter.implementation == sys.implementation.name
    assert (interpreter.size, interpreter.mtime) == (real.stat().st_size, real.stat().st_mtime_ns)


def test_the_python_of_a_virtual_environment_on_path_is_its_base(
    interpreters: MakeInterpreters, spec: EnvSpec, environ: dict[str, str], tmp_path: Path
) -> None:
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    environment = backend.create(spec, tmp_path / "env", StopSwitch())
    found = interpreters(path=environment.programs[0]).find(asks(OWN), StopSwitch())
    assert found == spec.interpreter


def test_each_interpreter_is_asked_once_however_it_is_named(
    interpreters: MakeInterpreters, spec: EnvSpec, tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    assert spec.interpreter is not None
    real = spec.interpreter.executable
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(real)
    (tmp_path / "bin" / "python").symlink_to("python3")
    find = interpreters(path=str(tmp_path / "bin")).find
    stop = StopSwitch()
    exact = asks(spec.interpreter.version)
    found = [find(each, stop) for each in (asks(OWN), exact, PythonSpec(text=real, path=real), asks(OWN))]
    assert found == [spec.interpreter] * 4
    assert len(commands) == 1


def test_the_newest_installed_final_release_is_taken_and_only_that_is_asked(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
) -> None:
    for version in ("3.12.4", "3.12.10", "3.12.9", "3.11.12", "3.12.11rc1"):
        fake(f"home/.pyenv/versions/{version}/bin/python{version[:4]}", version)
    interpreters_ = interpreters()
    assert interpreters_.find(asks("3.12"), StopSwitch()).version == "3.12.10"
    assert interpreters_.find(asks("3.12.4"), StopSwitch()).version == "3.12.4"
    assert sorted(set(asked())) == ["3.12.10", "3.12.4"]


def test_one_whose_name_tells_nothing_is_asked_too(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    fake("home/.pyenv/versions/3.12.4/bin/python3.12", "3.12.4")
    fake("home/.pyenv/versions/3.12-dev/bin/python3.12", "3.12.7")
    assert interpreters().find(asks("3.12"), StopSwitch()).version == "3.12.7"


def test_the_first_on_path_beats_a_newer_one(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    fake("home/.pyenv/versions/3.12.10/bin/python3.12", "3.12.10")
    fake("a/python3.12", "3.12.1")
    fake("b/python3.12", "3.12.5")
    found = interpreters(path=f"{tmp_path}/a:{tmp_path}/b").find(asks("3.12"), StopSwitch())
    assert found.version == "3.12.1"


def test_a_prerelease_is_taken_only_when_there_is_nothing_else(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    fake("a/python3.14", "3.14.0rc2")
    fake("home/.pyenv/versions/3.14.0rc3/bin/python3.14", "3.14.0rc3")
    path = str(tmp_path / "a")
    assert interpreters(path=path).find(asks("3.14"), StopSwitch()).version == "3.14.0rc2"
    fake("home/.pyenv/versions/3.14.0/bin/python3.14", "3.14.0")
    assert interpreters(path=path).find(asks("3.14"), StopSwitch()).version == "3.14.0"


def test_a_shim_is_never_run(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
    tmp_path: Path,
) -> None:
    fake("home/.pyenv/shims/python3.12", "3.12.4")
    with pytest.raises(CellError, match=r"Python 3\.12 is not installed"):
        interpreters(path=f"{tmp_path}/home/.pyenv/shims").find(asks("3.12"), StopSwitch())
    assert asked() == []


def test_a_missing_python_says_what_is_there_and_how_to_get_it(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    for version in ("3.11.7", "3.12.1"):
        fake(f"home/.pyenv/versions/{version}/bin/python{version[:4]}", version)
    found = interpreters()
    with pytest.raises(CellError) as caught:
        found.find(asks("3.14"), StopSwitch())
    assert (caught.value.phase, caught.value.skip) == ("python", False)
    assert caught.value.message.splitlines() == [
        "Python 3.14 is not installed",
        f"looked in: 1 folder on PATH, {tmp_path}/home/.pyenv/versions, the system's",
        "found there: 3.12.1, 3.11.7",
        "to get it: `pyenv install 3.14` or `uv python install 3.14`",
    ]
    with pytest.raises(CellError, match=r"\APython 3.14 is not installed\n\(shown before\)\Z"):
        found.find(asks("3.14"), StopSwitch())


def test_a_missing_python_can_skip_the_cell(interpreters: MakeInterpreters) -> None:
    for spec in (asks("pypy3.10"), PythonSpec(text="./python", path="./python")):
        with pytest.raises(CellError) as caught:
            interpreters(missing="skip").find(spec, StopSwitch())
        assert caught.value.skip


def test_python_2_is_refused_with_the_reason(interpreters: MakeInterpreters) -> None:
    with pytest.raises(CellError, match=r"Python 2\.7 cannot be used: .* Python 3\.6 and newer") as caught:
        interpreters(missing="skip").find(asks("2.7"), StopSwitch())
    assert not caught.value.skip


def test_a_path_is_relative_to_root(
    interpreters: MakeInterpreters, root: Path, interpreter: Interpreter
) -> None:
    (root / "tools").mkdir()
    (root / "tools" / "python").symlink_to(interpreter.executable)
    spec = PythonSpec(text="tools/python", path="tools/python")
    assert interpreters().find(spec, StopSwitch()) == interpreter


def test_a_path_to_something_else_is_an_error(interpreters: MakeInterpreters, root: Path) -> None:
    (root / "python").write_text("#!/bin/sh\nexit 3\n")
    (root / "python").chmod(0o755)
    with pytest.raises(CellError, match="does not answer as a Python"):
        interpreters().find(PythonSpec(text="./python", path="./python"), StopSwitch())


def test_without_a_cache_folder_it_works_all_the_same(
    environ: dict[str, str], root: Path, processes: Processes, interpreter: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    found = Interpreters(
        environ=environ | {"PATH": os.path.dirname(sys.executable)},  # noqa: PTH120 - text
        root=root,
        cache=tmp_path / "file" / "cache",
        remember=tmp_path / "file" / "cache",
        processes=processes,
        missing="error",
        system_roots=(),
    )
    assert found.find(asks(OWN), StopSwitch()) == interpreter
    found.close()


def test_what_a_site_customization_prints_is_not_taken_for_an_answer(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    path = fake("a/python3.12", "3.12.4")
    path.write_text(path.read_text().replace("import collections,", "print('hello')\nimport collections,"))
    found = interpreters(path=f"{tmp_path}/a").find(asks("3.12"), StopSwitch())
    assert found.soabi == sysconfig.get_config_var("SOABI")


def test_the_next_run_asks_nothing(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
    later: Callable[[], None],
) -> None:
    fake("home/.pyenv/versions/3.12.4/bin/python3.12", "3.12.4")
    fake("home/.pyenv/versions/other/bin/python3.11", "3.11.2")
    python = str(fake("mine/python", "3.13.1"))
    requests = asks("3.12"), asks("3.11"), PythonSpec(text=python, path=python)
    later()
    first = [interpreters().find(each, StopSwitch()) for each in requests]
    assert [each.version for each in first] == ["3.12.4", "3.11.2", "3.13.1"]
    ran = asked()
    assert [interpreters().find(each, StopSwitch()) for each in requests] == first
    assert asked() == ran


def test_a_start_that_asks_nothing_does_not_load_what_asks(
    environ: dict[str, str], fake: Callable[[str, str], Path], later: Callable[[], None], tmp_path: Path
) -> None:
    fake("a/python3.12", "3.12.4")
    later()
    program = f"""
import os, pathlib, sys
from runner.env.interpreters.find import Interpreters
from runner.model.python import parse_python
from runner.process import StopSwitch, SystemProcesses
here = pathlib.Path({str(tmp_path)!r})
found = Interpreters(
    environ=dict(os.environ), root=here, cache=here / "cache", processes=SystemProcesses(), missing="error",
    remember=here / "cache", system_roots=(),
).find(parse_python("3.12"), StopSwitch())
print(found.version, "python_discovery" in sys.modules, "packaging.tags" in sys.modules)
"""
    variables = environ | {"PATH": f"{tmp_path}/a"}
    said = [
        SystemProcesses().capture(
            (sys.executable, "-c", program), cwd=str(tmp_path), env=variables, stop=StopSwitch()
        )
        for _ in range(2)
    ]
    assert [each.stdout for each in said] == ["3.12.4 True True\n", "3.12.4 False False\n"], said


@pytest.mark.parametrize("place", ["home/.pyenv/versions/3.12.9/bin", "opt/new/bin", "opt/old/bin", "a"])
def test_what_is_installed_after_an_answer_is_found(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
    place: str,
) -> None:
    fake("home/.pyenv/versions/3.12.4/bin/python3.12", "3.12.4")
    (tmp_path / "opt" / "old").mkdir(parents=True)
    later()

    def find(text: str) -> str:
        run = interpreters(path=f"{tmp_path}/a", system_roots=(f"{tmp_path}/opt/*/bin",))
        return run.find(asks(text), StopSwitch()).version

    for _ in range(2):
        assert find("3.12") == "3.12.4"
        with pytest.raises(CellError, match="is not installed"):
            find("3.12.9")
    fake(f"{place}/python3.12", "3.12.9")
    later()
    assert [find("3.12"), find("3.12.9")] == ["3.12.9", "3.12.9"]


def test_a_missing_python_is_not_looked_for_again_and_explained_as_before(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
    later: Callable[[], None],
    tmp_path: Path,
) -> None:
    fake("a/python3", "3.11.2")
    later()
    told = []
    for missing in ("error", "skip"):
        with pytest.raises(CellError) as caught:
            interpreters(missing, f"{tmp_path}/a").find(asks("3.12"), StopSwitch())
        told.append((caught.value.message, caught.value.skip))
    assert told == [(told[0][0], False), (told[0][0], True)]
    assert asked() == ["3.11.2"]


def test_what_is_led_elsewhere_or_removed_after_an_answer_is_noticed(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
) -> None:
    def find(request: PythonSpec) -> str:
        return interpreters(path=f"{tmp_path}/bin").find(request, StopSwitch()).version

    fake("mine/python3", "3.12.1")
    fake("other/python3", "3.12.2")
    (tmp_path / "current").symlink_to("mine")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to("../current/python3")
    requests = asks("3.12"), PythonSpec(text="link", path=f"{tmp_path}/current/python3")
    later()
    assert [find(each) for each in requests * 2] == ["3.12.1"] * 4
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("other")
    later()
    assert [find(each) for each in requests * 2] == ["3.12.2"] * 4
    (tmp_path / "other" / "python3").unlink()
    for each in requests:
        with pytest.raises(CellError):
            find(each)


def test_a_missing_path_is_looked_at_each_time(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
) -> None:
    spec = PythonSpec(text="python", path=str(tmp_path / "x" / "python"))
    later()
    with pytest.raises(CellError, match="there is no Python at"):
        interpreters().find(spec, StopSwitch())
    fake("x/python", "3.12.4")
    assert interpreters().find(spec, StopSwitch()).version == "3.12.4"


def test_what_changed_a_moment_ago_is_looked_at_again(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
    commands: list[tuple[str, ...]],
) -> None:
    fake("a/python3.12", "3.12.4")
    for runs in (1, 2):
        interpreters(path=f"{tmp_path}/a").find(asks("3.12"), StopSwitch())
        assert len(commands) == runs
    later()
    for _ in range(2):
        interpreters(path=f"{tmp_path}/a").find(asks("3.12"), StopSwitch())
        assert len(commands) == 3


def test_a_script_that_starts_a_python_elsewhere_is_asked_each_time(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
) -> None:
    for version in ("3.12.4", "3.12.5"):
        fake(f"hidden/{version}", version)
    script = tmp_path / "a" / "python3.12"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nread chosen <{tmp_path}/chosen\nexec {tmp_path}/hidden/$chosen "$@"\n')
    script.chmod(0o755)
    later()
    for chosen in ("3.12.4", "3.12.5"):
        (tmp_path / "chosen").write_text(f"{chosen}\n")
        assert interpreters(path=f"{tmp_path}/a").find(asks("3.12"), StopSwitch()).version == chosen


def test_each_path_has_its_answer(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    tmp_path: Path,
    commands: list[tuple[str, ...]],
) -> None:
    fake("a/python3.12", "3.12.4")
    fake("b/python3.12", "3.12.5")
    later()
    paths = [f"{tmp_path}/a", f"{tmp_path}/b"] * 2
    found = [interpreters(path=path).find(asks("3.12"), StopSwitch()).version for path in paths]
    assert found == ["3.12.4", "3.12.5"] * 2
    assert len(commands) == 2
