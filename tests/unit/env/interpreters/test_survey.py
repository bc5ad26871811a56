"""All Pythons that are here, and why others are taken."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.env.interpreters.asking import MakeInterpreters

from runner.env.interpreters.survey import Surveyed, survey
from runner.process import StopSwitch


class Machine:
    """A machine with fake Pythons: `look` returns what the survey says of each, by its path here."""

    def __init__(self, interpreters: MakeInterpreters, environ: dict[str, str], folder: Path) -> None:
        self._interpreters = interpreters
        self._environ = environ
        self._folder = folder

    def look(self, *path: str) -> dict[str, Surveyed]:
        folders = ":".join(str(self._folder / name) for name in path) or "/nowhere"
        run = self._interpreters(path=folders)
        found = survey(run, self._environ | {"PATH": folders}, StopSwitch(), ())
        run.close()
        return {os.path.relpath(each.path, self._folder): each for each in found}


@pytest.fixture
def machine(interpreters: MakeInterpreters, environ: dict[str, str], tmp_path: Path) -> Machine:
    return Machine(interpreters, environ, tmp_path)


def test_each_says_where_it_is_what_it_serves_and_what_leads_to_it(
    machine: Machine,
    fake: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    uv, mise = "home/.local/share/uv/python", "home/.local/share/mise/installs/python"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "python3").symlink_to(fake("a/python3.12", "3.12.4"))
    for name, version in (
        ("home/.pyenv/versions/3.12.9/bin/python3.12", "3.12.9"),
        ("home/.pyenv/versions/3.14.0rc2/bin/python3.14", "3.14.0rc2"),
        ("home/.pyenv/versions/3.13.0/bin/python3.13", "3.13.0"),
        (f"{mise}/3.13.1/bin/python3.13", "3.13.1"),
        (f"{mise}/3.15.0rc1/bin/python3.15", "3.15.0rc1"),
        (f"{uv}/cpython-3.14.0-linux/bin/python3.14", "3.14.0"),
        (f"{uv}/cpython-3.13.1-linux/bin/python3.13", "3.13.1"),
    ):
        fake(name, version)
    (tmp_path / uv / "cpython-3.14-linux").symlink_to("cpython-3.14.0-linux")
    found = machine.look("a")
    told = {(each.place, each.version): (each.serves, each.taken_for, each.reason) for each in found.values()}
    assert told == {
        ("PATH", "3.12.4"): (("3.12", "3.12.4"), ("3.12", "3.12.4"), ""),
        ("pyenv", "3.12.9"): (
            *(("3.12", "3.12.9"), ("3.12.9",)),
            f"3.12: {tmp_path}/a/python3.12 is on PATH, before this",
        ),
        ("pyenv", "3.14.0rc2"): (
            *(("3.14", "3.14.0"), ()),
            "3.14: this is a pre-release, and 3.14.0 is there",
        ),
        ("pyenv", "3.13.0"): (("3.13", "3.13.0"), ("3.13.0",), "3.13: 3.13.1 is newer"),
        ("mise", "3.13.1"): (("3.13", "3.13.1"), ("3.13", "3.13.1"), ""),
        ("mise", "3.15.0rc1"): (("3.15", "3.15.0"), ("3.15", "3.15.0"), ""),
        ("uv", "3.14.0"): (("3.14", "3.14.0"), ("3.14", "3.14.0"), ""),
        ("uv", "3.13.1"): (
            *(("3.13", "3.13.1"), ()),
            f"3.13: {tmp_path}/{mise}/3.13.1/bin/python3.13 is the same version, found before this",
        ),
    }


def test_what_no_request_leads_to_says_why(
    machine: Machine,
    fake: Callable[[str, str], Path],
    asked: Callable[[], list[str]],
    tmp_path: Path,
) -> None:
    fake("home/.pyenv/shims/python3.12", "3.12.4")
    fake("a/python3.12", "3.12.4")
    fake("a/many", "3.12.4")
    fake("old/python2.7", "2.7.18")
    fake("home/.pyenv/versions/env/bin/python3.11", "3.11.1")
    (tmp_path / "home/.pyenv/versions/env/pyvenv.cfg").touch()
    broken = tmp_path / "a" / "python3.11"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    (tmp_path / "a" / "python3.9").write_text("not executable")
    (tmp_path / "a" / "python3.10").symlink_to("gone")
    (tmp_path / "a" / "python3.8").symlink_to("many")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "python3").symlink_to("../a/python3.12")
    found = machine.look("home/.pyenv/shims", "a", "b", "old")
    assert {name: each.reason for name, each in found.items()} == {
        "home/.pyenv/shims": "shims, such as python3.12: they are never run, and what they lead to is found"
        " without them",
        "a/python3.12": "",
        "a/python3.11": "does not answer as a Python",
        "a/python3.10": f"a link to {tmp_path}/a/gone, which is not there",
        "a/python3.9": "not a program",
        "a/python3.8": f"a name of {tmp_path}/a/many, which goes by many",
        "b/python3": f"the same file as {tmp_path}/a/python3.12",
        "old/python2.7": 'older than 3.6: only backend = "none" can use it, by its path',
        "home/.pyenv/versions/env/bin/python3.11": "in a virtual environment",
    }
    assert set(asked()) == {"3.12.4", "2.7.18"}


def test_each_is_asked_once_and_the_next_survey_asks_nobody(
    machine: Machine,
    fake: Callable[[str, str], Path],
    later: Callable[[], None],
    commands: list[tuple[str, ...]],
    asked: Callable[[], list[str]],
) -> None:
    for version in ("3.12.4", "3.13.1"):
        fake(f"a/python{version[:4]}", version)
    later()
    first = machine.look("a")
    before = sorted(asked())
    assert len(commands) == 2
    assert machine.look("a") == first
    assert (sorted(asked()), len(commands)) == (before, 2)
