"""Pythons that no environment can be made of."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.env.interpreters.asking import MakeInterpreters, asks

from runner.env.backends.builtin import NoneBackend
from runner.env.backends.powers import with_interpreter
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.python import PythonSpec
from runner.process import StopSwitch


@pytest.mark.parametrize("version", ["2.7.18", "3.5.10"])
def test_it_is_found_by_its_path_and_answers(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], version: str
) -> None:
    path = str(fake("old/python", version))
    found = interpreters().find(PythonSpec(text=path, path=path), StopSwitch())
    assert (found.version, found.executable, found.implementation) == (version, path, "cpython")


@pytest.mark.parametrize("backend", ["none", "venv"])
def test_only_commands_can_use_it(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], spec: EnvSpec, backend: str
) -> None:
    path = str(fake("old/python", "2.7.18"))
    asked = replace(spec, backend=backend, python=PythonSpec(text=path, path=path))

    def with_it() -> EnvSpec:
        return with_interpreter(asked, NoneBackend(), interpreters(), "skip", StopSwitch())

    if backend == "none":
        interpreter = with_it().interpreter
        assert interpreter is not None
        assert interpreter.executable == path
        return
    with pytest.raises(CellError, match=r"Python 2\.7 cannot be used: .* Python 3\.6 and newer") as caught:
        with_it()
    assert f'backend = "none" runs commands on it as it is, with its path: python = "{path}"' in str(
        caught.value
    )
    assert not caught.value.skip


def test_a_request_for_its_version_is_offered_the_one_that_is_installed(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    path = fake("home/.pyenv/versions/2.7.18/bin/python2.7", "2.7.18")
    with pytest.raises(CellError, match=re.escape(f'python = "{path}"')):
        interpreters().find(asks("2.7"), StopSwitch())
    with pytest.raises(CellError, match=r'python = "/path/to/python3\.5"'):
        interpreters().find(asks("3.5"), StopSwitch())


def test_it_does_not_keep_an_answer_from_being_remembered(
    interpreters: MakeInterpreters,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
    later: Callable[[], None],
    tmp_path: Path,
) -> None:
    fake("a/python", "2.7.18")
    fake("b/python3.12", "3.12.4")
    later()
    for _ in range(2):
        found = interpreters(path=f"{tmp_path}/a:{tmp_path}/b").find(asks("3.12"), StopSwitch())
        assert found.version == "3.12.4"
    assert asked().count("2.7.18") == len(asked()) - asked().count("3.12.4") == asked().index("3.12.4")
