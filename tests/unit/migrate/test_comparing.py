"""The comparison sees whatever differs between an environment and its cell, and only that."""

from pathlib import Path

import pytest
from tests.unit.types import ANY

from runner.config import Raw, convert
from runner.config.positions import locate
from runner.config.syntax import parse
from runner.migrate import Difference, Dropped, compare
from runner.model.plan import Host, Place, ReadyCell, Selection
from runner.plan import PythonType, expand, render_cells

HOST = Host(platform="linux", python="3.12", executable="/usr/bin/python3.12", cpus=1, ci=False)
IDS = {"py311-a": "tests-py311", "lint": "lint"}
DROPPED = Dropped(
    variables=frozenset({"TOX_ENV_NAME"}),
    defaults=frozenset({("PYTHONHASHSEED", "1")}),
    passed=frozenset({"NETRC"}),
    passed_here=("PIP_*",),
)
TEXT = """
[sessions.lint]
package = "none"
commands = ["ruff check {posargs:src}"]

[sessions.tests]
python = ["3.11"]
tags = ["fast"]
after = ["lint"]
package = "wheel"
deps = ["pytest", "six"]
extras = ["x"]
groups = ["g"]
env.A = "{env-dir}/a"
pass-env = ["SECRET"]
allow-external = ["make"]
cwd = "docs"
setup = ["python -V"]
commands = ["pytest {posargs}", { run = "make x", ignore-failure = true, retries = 1, ok-codes = [2] }]
teardown = ["python -c 1"]
"""


def cells(text: str) -> dict[str, ReadyCell]:
    raw = Raw(Path("/p/runner.toml"), Path("/p"), "runner.toml", parse(text, "runner.toml"), (), locate(text))
    config = convert(raw, version="1", lookups=ANY)
    plan = expand(config, Selection(select=("ALL",)), HOST, lambda _: PythonType(), {})
    place = Place(root="/p", work_dir="/p/.runner", environ={}, posargs=("x",), cpus=1, colour=False)
    return {cell.id: cell for cell in render_cells(config, plan.cells, place)}


def compared(text: str) -> tuple[Difference, ...]:
    """Compare the text above, under the old names, with another text."""
    old = cells(TEXT.replace("sessions.tests]\npython = [", "sessions.py311-a]\npython = ["))
    renamed = {"py311-a": old["py311-a-py311"], "lint": old["lint"]}
    return compare(renamed, cells(text), IDS, DROPPED, platform="linux")


def test_folders_of_cells_may_have_other_names_and_order_in_sets_says_nothing() -> None:
    text = TEXT.replace('"pytest", "six"', '"six", "pytest"')
    text = text.replace("env.A = ", 'env.TOX_ENV_NAME = "x"\nenv.PYTHONHASHSEED = "1"\nenv.A = ')
    assert compared(text.replace('["SECRET"]', '["PIP_X", "NETRC", "SECRET"]')) == ()


CHANGES = {
    "python": ('python = ["3.11"]', 'python = "3.10"'),
    "tags": ('["fast"]', '["slow"]'),
    "after": ('after = ["lint"]', ""),
    "package": ('package = "wheel"', 'package = "sdist"'),
    "deps": ('"six"', '"six==1"'),
    "extras": ('["x"]', '["y"]'),
    "groups": ('["g"]', "[]"),
    "env.A": ("{env-dir}/a", "{root}/a"),
    "env.B": ("env.A = ", 'env.B = ""\nenv.A = '),
    "pass-env": ('["SECRET"]', '["OTHER"]'),
    "allow-external": ('["make"]', '["*"]'),
    "cwd": ('"docs"', '"."'),
    "keep-going": ("cwd =", "keep-going = true\ncwd ="),
    "allow-failure": ("cwd =", "allow-failure = true\ncwd ="),
    "graces": ("cwd =", "interrupt-grace = 1\ncwd ="),
    "resolution": ("cwd =", "prerelease = true\ncwd ="),
    "runs here": ("cwd =", 'platforms = ["win32"]\ncwd ='),
    "setup": ("python -V", "python -VV"),
    "teardown": ("-c 1", "-c 2"),
    "default": ('tags = ["fast"]', 'tags = ["fast"]\ndefault = false'),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_field_that_differs_is_named(field: str) -> None:
    text = TEXT.replace(*CHANGES[field])
    assert text != TEXT
    if field == "python":
        text = text.replace("sessions.tests]", "sessions.tests-py311]")
    along = {"setup", "commands", "teardown"} if field == "cwd" else set()
    assert {(found.env, found.field) for found in compared(text)} == {
        ("py311-a", each) for each in {field, *along}
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pytest {posargs}", "pytest"),
        ("make x", "make y"),
        ("ignore-failure = true, ", ""),
        ("retries = 1", "retries = 2"),
        ("ok-codes = [2]", "ok-codes = [0]"),
        ("retries = 1", 'retries = 1, cwd = "x"'),
    ],
)
def test_a_command_that_differs_is_found(old: str, new: str) -> None:
    assert [found.field for found in compared(TEXT.replace(old, new))] == ["commands"]


def test_cells_that_one_does_not_have_are_found() -> None:
    assert [found.env for found in compared(TEXT.replace("[sessions.tests]", "[sessions.other]"))] == [
        "py311-a",
        "other-py311",
    ]
