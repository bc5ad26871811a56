"""Which Python an environment is of."""

import pytest
from tests.unit.compat.tox.conftest import Shown
from tests.unit.plan.builders import HOST

from runner.compat.tox.errors import ToxError
from runner.compat.tox.pythons import asked, conflicting, of_name, spec_of


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        *(
            (name, name)
            for name in (
                "py311",
                "py3.11",
                "cpython311",
                "pypy3",
                "pypy310",
                "jython",
                "py313t",
                "py3",
                "py2",
            )
        ),
        ("py311-a", "py311"),
        ("a-py311", "py311"),
        ("3.9", "3.9"),
        ("3.13t", "3.13t"),
        ("3.9-lint", "3.9"),
        ("pypy-3.10", "pypy3.10"),
        ("pypy-3.10-lint", "pypy3.10"),
        ("cpython-3.12", "3.12"),
        *((name, None) for name in ("py", "lint", "py-lint", "310", "312", "py-django-4-2", "python3")),
    ],
)
def test_of_a_name(name: str, request_: str | None) -> None:
    assert of_name(name) == request_


def test_a_name_cannot_ask_twice() -> None:
    with pytest.raises(ToxError, match="more than one Python: py39, py310"):
        of_name("py39-py310")


@pytest.mark.parametrize(
    ("text", "implementation", "version", "threads"),
    [
        ("py311", "cpython", (3, 11), False),
        ("python3.9", "cpython", (3, 9), False),
        ("3.13t", "cpython", (3, 13), True),
        ("pypy3.10", "pypy", (3, 10), False),
        ("py310", "cpython", (3, 10), False),
        ("3.11.4", "cpython", (3, 11, 4), False),
    ],
)
def test_what_is_looked_for(text: str, implementation: str, version: tuple[int, ...], threads: bool) -> None:
    spec = spec_of((text,), HOST)
    assert spec is not None
    assert (spec.implementation, spec.version, spec.free_threaded) == (implementation, version, threads)


@pytest.mark.parametrize("text", ["py", "py3", "python", "python3", HOST.executable])
def test_the_python_that_runs_runner(text: str) -> None:
    assert spec_of((text,), HOST) is None


@pytest.mark.parametrize("text", ["jython", "graalpy3", "py311d"])
def test_pythons_that_runner_makes_no_environments_of(text: str) -> None:
    with pytest.raises(ToxError):
        spec_of((text,), HOST)


@pytest.mark.parametrize("text", ["/usr/bin/python3", "./x", "9" * 5000, "3." + "9" * 5000])
def test_everything_else_is_a_path(text: str) -> None:
    assert asked(text).path == text


@pytest.mark.parametrize(
    ("name", "base", "is_conflict"),
    [
        ("py311", "py311", False),
        ("py311", "python3.11", False),
        ("py311", "3.12", True),
        ("py3", "3.12", False),
        ("py313", "3.13t", True),
        ("pypy3", "py3", True),
        ("py311", "/some/python", False),
    ],
)
def test_a_base_python_may_contradict_the_name(name: str, base: str, is_conflict: bool) -> None:
    assert conflicting(name, base, HOST) is is_conflict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "[testenv:py311]\nbase_python = py312", "the name py311 asks for py311", id="contradicts"
        ),
        pytest.param(
            "[tox]\nignore_base_python_conflict = true\n[testenv:py311]\nbase_python = py312",
            "py311",
            id="ignored",
        ),
        pytest.param("[testenv:py311]\nbase_python =", "base_python is empty", id="empty"),
        pytest.param("[testenv:py311]\nbase_python = 3.11, python3.11", "python3.11", id="several"),
    ],
)
def test_base_python(value: Shown, text: str, found: str) -> None:
    assert found in str(value("base_python", text, env="py311"))
