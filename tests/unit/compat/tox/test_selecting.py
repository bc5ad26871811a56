"""Selectors that name environments which no section names."""

import pytest
from tests.unit.compat.tox.conftest import Read, names

from runner.model.errors import ConfigError, NothingSelected

CONFIG = "[tox]\nenv_list = py311-dj{42,52}, lint\n[testenv]\ndeps = cov: coverage\n"


@pytest.mark.parametrize(
    "name", ["py314-dj52", "dj52-py39", "lint-cov", "py39", "3.13t", "pypy3.10-cov", "py-rc.1"]
)
def test_known_factors_may_be_combined(read: Read, name: str) -> None:
    assert names(read(CONFIG, select=(name,)))[-1] == name


@pytest.mark.parametrize("name", ["ALL", "py311-*", "lint", "cov"])
def test_selectors_of_known_environments_add_none(read: Read, name: str) -> None:
    assert names(read(CONFIG, select=(name,))) == names(read(CONFIG))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lnt", "did you mean lint?"),
        ("py311-dj53", "did you mean py311-dj"),
        ("nothing", "'nothing' is no factor"),
        ("a/b", "cannot be the name"),
        ("..", "cannot be the name"),
        ("", "cannot be the name"),
    ],
)
def test_unknown_factors_are_refused(read: Read, name: str, message: str) -> None:
    with pytest.raises(NothingSelected) as told:
        read(CONFIG, select=(name,))
    assert message in str(told.value)


@pytest.mark.parametrize("name", ["a/b", "..", "/a"])
def test_an_environment_is_named_like_its_folder(read: Read, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of an environment"):
        read(f"[testenv:{name}]\n")
