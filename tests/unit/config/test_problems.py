"""What is said of each mistake: the exact words, since people read nothing else of this layer."""

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from _pytest.mark.structures import ParameterSet
from tests.unit.types import ANY

from runner.config import convert, find, read
from runner.model.errors import ConfigError

Problems = Callable[[str], list[str]]


HERE = Path(__file__).parent


def cases(*names: str) -> list[ParameterSet]:
    """Read tables of cases: a title, then, indented, the file and after `=>` what is said of it."""
    found = []
    for name in names:
        text = (HERE / "mistakes" / f"{name}.txt").read_text("utf-8")
        for case in re.split(r"\n(?=\S)", text.strip("\n")):
            title, _, lines = case.partition("\n")
            config, *told = re.split(r"^=> ", dedent(lines), flags=re.MULTILINE)
            expected = [one.rstrip("\n").replace("\n| ", "\n") for one in told]
            found.append(pytest.param(config, expected, id=title.replace(" ", "-")))
    return found


@pytest.mark.parametrize(("config", "expected"), cases("keys", "types", "commands", "axes", "matchers"))
def test_a_mistake_in_a_session_is_told(problems: Problems, config: str, expected: list[str]) -> None:
    assert problems(f"[sessions.x]\n{config}") == expected


@pytest.mark.parametrize(("config", "expected"), cases("files"))
def test_a_mistake_in_the_file_is_told(problems: Problems, config: str, expected: list[str]) -> None:
    assert problems(config) == expected


def test_all_of_a_file_is_told_in_the_order_of_its_lines(problems: Problems) -> None:
    text = dedent(
        """\
        [sessions.b]
        retries = "x"
        [defaults]
        cpus = "x"
        """
    )
    assert [line.split(":")[0] for line in problems(text)] == ["2", "4"]


def test_of_very_many_problems_the_first_are_told(problems: Problems) -> None:
    *first, last = problems("[sessions.x]\n" + "".join(f"key{number} = 1\n" for number in range(10_000)))
    assert [line.split(":")[0] for line in first] == [str(number) for number in range(2, 202)]
    assert last == "there are more problems than these 200"


def test_in_a_pyproject_keys_are_shown_whole(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n[tool.runner.sessions.x]\nretrys = 1\n")
    with pytest.raises(ConfigError) as caught:
        convert(read(find(tmp_path)), version="1", lookups=ANY)
    assert str(caught.value) == (
        'pyproject.toml:3: tool.runner.sessions.x.retrys: unknown key; did you mean "retries"?'
    )


def test_a_pyproject_that_cannot_be_read_is_one_more_problem(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_text("[sessions.x]\nretrys = 1\n")
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(ConfigError) as caught:
        convert(read(find(tmp_path)), version="1", lookups=ANY)
    assert str(caught.value) == (
        "pyproject.toml:1: not valid TOML: expected `]` (quote names beyond A-Z a-z 0-9 _ -)\n"
        "    [project\n"
        "            ^\n"
        'runner.toml:2: sessions.x.retrys: unknown key; did you mean "retries"?'
    )
