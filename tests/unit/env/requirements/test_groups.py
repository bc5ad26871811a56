from pathlib import Path

import pytest

from runner.env.requirements.groups import group_lines
from runner.model.errors import CellError


def lines(root: Path, text: str, *names: str) -> tuple[str, ...]:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return group_lines(root, names)


def test_groups_include_each_other_and_names_are_normalized(root: Path) -> None:
    text = """
    [dependency-groups]
    base = ["alpha>=1"]
    Test_Suite = ["pytest", {include-group = "base"}]
    all = [{include-group = "test-suite"}, {include-group = "base"}, "beta"]
    """
    assert lines(root, text, "test.suite") == ("pytest", "alpha>=1")
    assert lines(root, text, "all", "base") == ("pytest", "alpha>=1", "beta")


def test_without_groups_no_file_is_needed(root: Path) -> None:
    assert group_lines(root, ()) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[dependency-groups]\ntesting = ["x"]', "has no dependency group test; did you mean testing"),
        ('[dependency-groups]\nb = ["x"]\nc = []', "has no dependency group test; there are: b, c"),
        ("[project]", "there are: none"),
        (
            '[dependency-groups]\ntest=[{include-group="B"}]\nb=[{include-group="Test"}]',
            "include each other: test -> b -> test",
        ),
        ('[dependency-groups]\ntest = "x"', "dependency group test must be a list"),
        ("[dependency-groups]\ntest = [1]", r"dependency group test holds 1, expected a requirement"),
        ("[dependency-groups]\ntest = []\nTEST = []", "group TEST is there twice"),
        ("dependency-groups = 1", r"\[dependency-groups\] must be a table"),
        ("[", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(root: Path, text: str, message: str) -> None:
    with pytest.raises(CellError, match=message) as caught:
        lines(root, text, "test")
    assert caught.value.phase == "lock"
    assert str(root / "pyproject.toml") in caught.value.message


def test_groups_need_a_pyproject(root: Path) -> None:
    with pytest.raises(CellError, match=r"groups = \['test'\] needs .*pyproject.toml: No such file"):
        group_lines(root, ("test",))


def test_a_member_that_is_no_requirement_is_named_with_its_group(root: Path) -> None:
    (root / "pyproject.toml").write_text('[dependency-groups]\ntest = ["-r reqs.txt"]\n')
    with pytest.raises(
        CellError, match=r"pyproject\.toml: dependency group test: '-r reqs\.txt' is no requirement"
    ):
        group_lines(root, ("test",))
