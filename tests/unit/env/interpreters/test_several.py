"""Requests that more than one Python can meet: several in turn, and a version of one number."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.env.interpreters.asking import MakeInterpreters, asks

from runner.model.errors import CellError
from runner.model.python import Offer, PythonSpec
from runner.process import StopSwitch


def of_major(text: str) -> PythonSpec:
    pypy = text.startswith("pypy")
    return PythonSpec(text, "pypy" if pypy else "cpython", (int(text.removeprefix("pypy")),))


def test_of_several_the_first_that_is_there_is_taken(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    for version in ("3.11.7", "3.12.1"):
        fake(f"home/.pyenv/versions/{version}/bin/python{version[:4]}", version)
    find = interpreters().find
    others = (PythonSpec("./none", path="./none"), asks("3.12"), asks("3.11"))
    assert find(replace(asks("3.14"), others=others), StopSwitch()).version == "3.12.1"
    assert find(replace(asks("3.11"), others=others), StopSwitch()).version == "3.11.7"


def test_when_none_of_several_is_there_one_error_names_all(
    interpreters: MakeInterpreters, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "home/.pyenv/versions").mkdir(parents=True)
    several = replace(asks("3.14"), others=(asks("pypy3.10"), PythonSpec("./none", path="./none")))
    with pytest.raises(CellError) as caught:
        interpreters().find(several, StopSwitch())
    assert caught.value.message.splitlines() == [
        "none of these Pythons is there: 3.14, pypy3.10, ./none",
        "Python 3.14 is not installed",
        f"looked in: 1 folder on PATH, {tmp_path}/home/.pyenv/versions, the system's",
        "found there: none",
        "to get it: `pyenv install 3.14` or `uv python install 3.14`",
        "Python pypy3.10 is not installed",
        f"there is no Python at {root}/none",
    ]
    assert not caught.value.skip


def test_a_cell_is_skipped_when_each_of_several_would_be(interpreters: MakeInterpreters) -> None:
    for others, skip in (((asks("3.14"),), True), ((asks("2.7"),), False)):
        with pytest.raises(CellError) as caught:
            interpreters(missing="skip").find(replace(asks("3.13"), others=others), StopSwitch())
        assert caught.value.skip is skip


def test_a_major_version_is_the_first_on_path_whatever_its_name(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    fake("home/.pyenv/versions/3.13.1/bin/python3.13", "3.13.1")
    fake("a/python3.10", "3.10.4")
    fake("a/python3.9", "3.9.9")
    fake("a/python3.13-config", "3.13.9")
    fake("b/python3", "3.12.1")
    find = interpreters(path=f"{tmp_path}/a:{tmp_path}/b").find
    assert find(of_major("3"), StopSwitch()).version == "3.10.4"
    assert interpreters(path=str(tmp_path / "b")).find(of_major("3"), StopSwitch()).version == "3.12.1"


def test_a_major_version_is_else_the_newest_that_is_installed(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    for version in ("3.9.18", "3.12.4", "3.14.0rc1", "2.7.18"):
        fake(f"home/.pyenv/versions/{version}/bin/python{version.rpartition('.')[0]}", version)
    fake("opt/bin/python3.13", "3.13.2")
    fake("opt/bin/python3.8", "3.8.2")
    assert interpreters().find(of_major("3"), StopSwitch()).version == "3.12.4"
    system = (str(tmp_path / "opt/bin"),)
    assert interpreters(system_roots=system).find(of_major("3"), StopSwitch()).version == "3.13.2"


def test_a_major_version_is_none_that_is_too_old_for_us(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], tmp_path: Path
) -> None:
    fake("a/python3", "3.5.10")
    fake("home/.pyenv/versions/3.9.18/bin/python3.9", "3.9.18")
    assert interpreters(path=str(tmp_path / "a")).find(of_major("3"), StopSwitch()).version == "3.9.18"


def test_a_major_version_that_nothing_serves(interpreters: MakeInterpreters) -> None:
    with pytest.raises(CellError, match=r"\APython pypy3 is not installed"):
        interpreters().find(of_major("pypy3"), StopSwitch())
    with pytest.raises(CellError, match=r"Python 2 cannot be used"):
        interpreters().find(of_major("2"), StopSwitch())


def test_a_plugin_that_has_one_of_them_is_heard_in_its_turn(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    """What is installed of an earlier one comes first; what a plugin gives wrongly is not passed over."""
    python = str(fake("mine/python", "3.12.4"))
    several = replace(asks("3.14"), others=(asks("3.12"), asks("3.11")))
    found = interpreters(offers={asks("3.12"): Offer("finder", python)}).find(several, StopSwitch())
    assert found.version == "3.12.4"
    fake("home/.pyenv/versions/3.11.7/bin/python3.11", "3.11.7")
    wrong = interpreters(missing="skip", offers={asks("3.14"): Offer("finder", python)})
    with pytest.raises(CellError, match=r"plugin finder gives .* for Python 3.14, but .* 3.12.4") as caught:
        wrong.find(several, StopSwitch())
    assert not caught.value.skip
    fake("home/.pyenv/versions/3.14.1/bin/python3.14", "3.14.1")
    found = interpreters(offers={asks("3.12"): Offer("finder", python)}).find(several, StopSwitch())
    assert found.version == "3.14.1"
