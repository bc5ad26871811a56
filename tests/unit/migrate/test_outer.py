"""Where variables, arguments and folders come out in values, substitutions are written."""

from collections.abc import Callable

import pytest

from runner.migrate import MARKED, Marks, Outer, filled_in, folders
from runner.migrate.values import Line, Value, Values

Text = Callable[[dict[str, str]], Value]


def filled(
    make: Callable[[dict[str, str], tuple[str, ...] | None], Values],
) -> tuple[dict[str, Value], list[str]]:
    """Return what is written for values that `make` makes of variables and arguments, and what is told."""
    marks = Marks()
    told: list[str] = []

    def read(posargs: tuple[str, ...] | None, unset: frozenset[str] | None) -> Values:
        return make({} if unset is None else Outer(marks, unset), posargs)

    known = folders("/p/.runner/envs/py311", "/p", {"other": "/p/.runner/envs/other"})
    return filled_in(read, marks, known, told.append), told


def test_a_variable_with_its_default() -> None:
    values, told = filled(lambda outer, _: {"cwd": f"a/{outer.get('A', 'x')}/b"})
    assert values == {"cwd": "a/{env:A:x}/b"}
    assert not told


def test_a_default_that_is_a_variable() -> None:
    values, _ = filled(lambda outer, _: {"cwd": outer.get("A") or f"in {outer.get('B', 'b')}"})
    assert values == {"cwd": "{env:A:in {env:B:b}}"}


def test_two_variables_and_a_folder_in_one_text() -> None:
    values, _ = filled(lambda outer, _: {"env.X": f"/p/{outer.get('A', '1')}:{outer.get('B', '2')}"})
    assert values == {"env.X": "{root}/{env:A:1}:{env:B:2}"}


def test_variables_in_lists_and_commands() -> None:
    values, _ = filled(
        lambda outer, _: {
            "deps": (f"django{outer.get('V', '>=5')}",),
            "commands": (Line(("run", outer.get("FILE", "f.py") or ""), retries=2),),
        }
    )
    assert values == {
        "deps": ("django{env:V:>=5}",),
        "commands": (Line(("run", "{env:FILE:f.py}"), retries=2),),
    }


def test_a_variable_that_is_no_argument_when_unset_is_told() -> None:
    values, told = filled(
        lambda outer, _: {"commands": (Line(("run", *filter(None, [outer.get("OPTIONS")]))),)}
    )
    assert values == {"commands": (Line(("run",)),)}
    assert len(told) == 1
    assert "`run`" in told[0]


def test_a_setting_that_a_variable_switches_is_what_it_is_without() -> None:
    values, told = filled(lambda outer, _: {"keep-going": "CI" in outer})
    assert values == {"keep-going": False}
    assert told[0].startswith("keep-going")


@pytest.mark.parametrize(
    ("bare", "given", "written"),
    [
        (("pytest", "tests"), ("pytest", *MARKED), ("pytest", "{posargs:tests}")),
        (("pytest",), ("pytest", *MARKED), ("pytest", "{posargs}")),
        (("pytest", "-x", "a b"), ("pytest", *MARKED), ("pytest", "{posargs:-x 'a b'}")),
        (("sh", "-c", "x", "end"), ("sh", *MARKED, "end"), ("sh", "{posargs:-c x}", "end")),
        (("pytest", "-v"), MARKED, ("{posargs:pytest -v}",)),
        (("a", "b"), ("a", *MARKED, "b", *MARKED), ("a", "{posargs}", "b", "{posargs}")),
    ],
)
def test_arguments_have_their_place_and_default(
    bare: tuple[str, ...], given: tuple[str, ...], written: tuple[str, ...]
) -> None:
    values, told = filled(lambda _, posargs: {"commands": (Line(bare if posargs is None else given),)})
    assert values == {"commands": (Line(written),)}
    assert not told


@pytest.mark.parametrize("given", [("sh", "-c", " ".join(MARKED)), ("sh", MARKED[0], f"{MARKED[1]}.txt")])
def test_arguments_within_an_argument_are_told(given: tuple[str, ...]) -> None:
    values, told = filled(
        lambda _, posargs: {"commands": (Line(("sh", "-c", "x") if posargs is None else given),)}
    )
    assert values == {"commands": (Line(("sh", "-c", "x")),)}
    assert len(told) == 1
    assert "posargs" in told[0]


def test_arguments_elsewhere_than_in_commands_are_told() -> None:
    _, told = filled(lambda _, posargs: {"env.ARGS": " ".join(posargs or ())})
    assert told[0].startswith("env.ARGS")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/p/.runner/envs/py311/tmp/x", "{tmp}/x"),
        ("/p/.runner/envs/py311", "{env-dir}"),
        ("/p/.runner/envs/py311-x", "{root}/.runner/envs/py311-x"),
        ("/p/.runner/envs/other/bin", "{env-dir of other}/bin"),
        ("-r/p/requirements.txt", "-r{root}/requirements.txt"),
        ("--cov=/p", "--cov={root}"),
        ("file:///p/x", "file://{root}/x"),
        ("/pp and /x/p and ./p", "/pp and /x/p and ./p"),
        ("{not a substitution}", "{{not a substitution}}"),
    ],
)
def test_folders_and_braces(text: str, written: str) -> None:
    values, _ = filled(lambda _, __: {"env.X": text})
    assert values == {"env.X": written}
