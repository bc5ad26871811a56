"""Which sessions and axes come of the names of environments."""

from collections.abc import Mapping

import pytest

from runner.migrate.explaining import holes
from runner.migrate.grouping import Group, groups
from runner.migrate.values import Env, Line, Shape
from runner.model.python import PythonSpec, parse_python

RUN = (Line(("pytest",)),)


def spec_in(name: str) -> PythonSpec | None:
    found = (
        parse_python(f"{part[2]}.{part[3:]}") for part in name.split("-") if part[:3] == "py3" and part[3:]
    )
    return next(found, None)


def env(name: str, commands: tuple[Line, ...] = RUN, shape: Mapping[str, tuple[str, ...]] = {}) -> Env:
    spec = spec_in(name)
    text = spec.text if spec else None
    return Env(name, Shape(text, **shape), values={"commands": commands})


def made(*names: str) -> tuple[Group, ...]:
    return groups([env(name) for name in names])


def axes(group: Group) -> dict[str, tuple[str, ...]]:
    return {axis.name: axis.labels for axis in group.axes}


def test_factors_of_one_family_are_an_axis_and_ids_keep_the_factors() -> None:
    (group,) = made("py311-django42", "py311-django52", "py312-django42", "py312-django52")
    assert group.name == "tests"
    assert axes(group) == {"python": ("3.11", "3.12"), "django": ("42", "52")}
    assert group.ids()["py312-django42"] == "tests-py312-django42"
    assert holes(group) == ()


def test_a_factor_without_a_number_belongs_to_its_family_with_labels_that_are_alike() -> None:
    (group,) = made("py312-django52", "py312-djangomain")
    assert axes(group) == {"python": ("3.12",), "django": ("django52", "djangomain")}
    assert group.ids()["py312-djangomain"] == "tests-py312-djangomain"


def test_words_that_do_the_same_at_the_same_points_are_an_axis() -> None:
    (group,) = made(*(f"py31{minor}-{db}" for db in ("sqlite", "postgres") for minor in (1, 2)))
    assert axes(group) == {"python": ("3.11", "3.12"), "db": ("sqlite", "postgres")}


def test_words_that_do_something_else_are_sessions() -> None:
    one, other = groups([env("py311-test"), env("py311-mypy", (Line(("mypy", "src")),))])
    assert (one.name, other.name) == ("test", "mypy")


def test_words_at_other_points_are_sessions() -> None:
    names = [group.name for group in made("py311-sqlite", "py312-sqlite", "py312-postgres")]
    assert names == ["sqlite", "postgres"]


def test_a_factor_that_is_there_or_not_makes_two_sessions() -> None:
    one, other = made("py311", "py312", "py311-cov", "py312-cov")
    assert (one.name, other.name) == ("tests", "cov")
    assert axes(other) == {"python": ("3.11", "3.12")}


def test_environments_without_a_pattern_stay_what_they_are() -> None:
    assert [(group.name, group.axes) for group in made("lint", "docs")] == [("lint", ()), ("docs", ())]


@pytest.mark.parametrize(
    "shape", [{"tags": ("slow",)}, {"platforms": ("win32",)}, {"after": ("lint",)}, {"needs": ("lint",)}]
)
def test_what_is_true_of_sessions_as_a_whole_parts_them(shape: dict[str, tuple[str, ...]]) -> None:
    one, other = groups([env("py311"), env("py312", shape=shape)])
    assert (one.name, other.name) == ("tests", "tests-slow" if "tags" in shape else "tests-2")


def test_pythons_are_in_order_and_a_falling_one_stays() -> None:
    (mixed,) = made("py312", "py310", "py311")
    (falling,) = made("py312", "py311", "py310")
    assert axes(mixed) == {"python": ("3.10", "3.11", "3.12")}
    assert axes(falling) == {"python": ("3.12", "3.11", "3.10")}


def test_holes_are_told_in_few_entries() -> None:
    names = [f"py31{minor}-django{version}" for minor in (0, 1, 2) for version in (42, 52, 60)]
    (group,) = made(
        *(name for name in names if name not in {"py310-django60", "py311-django60", "py312-django42"})
    )
    assert sorted(map(str, holes(group))) == [
        "{'python': ('3.10', '3.11'), 'django': ('60',)}",
        "{'python': ('3.12',), 'django': ('42',)}",
    ]


def test_an_axis_is_not_called_like_a_key() -> None:
    (group,) = made("timeout1", "timeout2")
    assert axes(group) == {"timeout-version": ("timeout1", "timeout2")}


def test_no_two_sessions_or_cells_have_one_name() -> None:
    made_groups = made("tests", "py311", "Tests", "tests-py311", "a b", "a_b", "ALL", "-x")
    ids = [id_.lower() for group in made_groups for id_ in group.ids().values()]
    names = [group.name.lower() for group in made_groups]
    assert len(set(ids)) == len(ids) == 8
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("one", "other"), [("A", "a"), ("a", "A")])
def test_labels_that_differ_in_case_only_are_told_apart(one: str, other: str) -> None:
    (group,) = made(f"py311-{one}", f"py311-{other}")
    assert list(group.ids().values()) == [f"tests-py311-{one}", f"tests-py311-{other}_2"]
