import pytest
from tests.unit.plan.builders import cells, config, match, session, when

from runner.model.errors import ConfigError
from runner.plan.match import matches


@pytest.mark.parametrize(
    ("pattern", "label", "expected"),
    [
        ("<3.11", "3.9", True),
        ("<3.11", "3.11", False),
        ("<3.11", "3.11.4", False),
        ("<=3.11", "3.11.4", False),
        ("<=3.11", "3.11.0", True),
        (">3.11", "3.11.1", True),
        (">=3.10", "3.9", False),
        ("==3.11", "3.11", True),
        ("==3.11", "3.11.0", True),
        ("!=3.11", "3.12", True),
        (">=3.10,<3.12", "3.11", True),
        (">=3.10,<3.12", "3.12", False),
        ("<3.11", "pypy3.10", True),
        (">=3.13", "3.13t", True),
        ("3.1*", "3.11", True),
        ("3.1*", "pypy3.11", False),
        ("pypy*", "pypy3.10", True),
        ("3.1", "3.10", False),
        ("*t", "3.13t", True),
    ],
)
def test_a_python_matches_by_version_or_by_its_label(pattern: str, label: str, expected: bool) -> None:
    assert matches((pattern,), label, is_python=True) is expected


@pytest.mark.parametrize(
    ("pattern", "label", "expected"),
    [
        ("<5", "4.2", True),
        ("<5", "10.1", False),
        (">=4,<5", "4.2", True),
        ("<5", "main", False),
        (">=0", "main", False),
        ("!=4.2", "main", True),
        ("ma*", "main", True),
        ("MAIN", "main", False),
        ("4.?", "4.2", True),
        ("<x", "4.2", False),
    ],
)
def test_a_label_compares_only_when_it_is_a_number(pattern: str, label: str, expected: bool) -> None:
    assert matches((pattern,), label, is_python=False) is expected


def test_any_of_several_patterns_is_enough() -> None:
    assert matches(("3.9", ">=3.12"), "3.13", is_python=True)
    assert not matches(("3.9", ">=3.12"), "3.10", is_python=True)


def deps_with(match_: object, **shape: object) -> dict[str, bool]:
    """Say, cell by cell, whether a `when` block with this match gave its dependency."""
    made = session("t", when=(when(match_, {"extra-deps": ["hit"]}),), **shape)  # type: ignore[arg-type] # as match()'s
    return {id_: bool(cell.settings.deps) for id_, cell in cells(config(made)).items()}


def test_all_conditions_must_hold() -> None:
    found = deps_with(
        match(python="<3.11", db="p*"), python=["3.10", "3.11"], matrix={"db": ["sqlite", "pg"]}
    )
    assert found == {
        "t-py310-sqlite": False,
        "t-py310-pg": True,
        "t-py311-sqlite": False,
        "t-py311-pg": False,
    }


def test_platform_is_that_of_the_host() -> None:
    assert deps_with(match(platform="linux")) == {"t": True}
    assert deps_with(match(platform=["win32", "lin*"])) == {"t": True}
    assert deps_with(match(platform="win32")) == {"t": False}


def test_python_without_an_axis_is_the_pinned_or_the_running_one() -> None:
    assert deps_with(match(python="<3.11"), python="3.10") == {"t": True}
    assert deps_with(match(python="3.12")) == {"t": True}, "the host runs 3.12"
    assert deps_with(match(python="3.11")) == {"t": False}


@pytest.mark.parametrize("pattern", ["<", "<x", "=3.11", "~=3.11", "<3.11,", ">=3,x"])
def test_a_comparison_that_compares_nothing_is_told(pattern: str) -> None:
    if not pattern.startswith(("<", ">", "=", "!")):
        assert deps_with(match(python=pattern)) == {"t": False}, "a glob that matches nothing"
        return
    with pytest.raises(ConfigError, match=r"runner\.toml:1: match\.python: .* compares nothing"):
        deps_with(match(python=pattern))


def test_a_platform_does_not_compare() -> None:
    with pytest.raises(ConfigError, match="compares nothing"):
        deps_with(match(platform="<3"))


def test_a_key_that_is_no_axis_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"'djngo' is no axis(.|\n)*django, platform, python"):
        deps_with(match(djngo="4"), matrix={"django": ["4"]})
