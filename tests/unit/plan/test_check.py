import msgspec
import pytest
from tests.unit.plan.builders import command, config, layer, match, plan, session, text, when

from runner.model.config import Package
from runner.model.errors import ConfigError
from runner.model.python import PythonSpec


def problems(**shape: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        plan(config(session("t", **shape)))  # type: ignore[arg-type] # as session's
    return [str(problem) for problem in caught.value.problems]


def test_an_unknown_name_is_told_with_caret_nearest_name_and_escaped_spelling() -> None:
    (problem,) = problems(settings={"deps": ["django~={djano}.0"]}, matrix={"django": ["4"]})
    assert problem.splitlines() == [
        "runner.toml:1: text: unknown substitution {djano}",
        "    django~={djano}.0",
        "            ^^^^^^^",
        "    did you mean {django}? for literal braces write {{djano}}",
    ]


def test_all_that_is_wrong_is_told_once() -> None:
    wrong = problems(
        python=["3.11", "3.12"],
        settings={
            "deps": ["{one}", "{"],
            "env": {"A": "{two}"},
            "commands": ["x {three}", ["y", "{four}"], "z 'open"],
            "cwd": "}",
        },
    )
    assert sorted(
        problem.partition("text: ")[2].partition("\n")[0] for problem in wrong if "text" in problem
    ) == [
        "a single } closes nothing",
        "this { is never closed",
        "unknown substitution {four}",
        "unknown substitution {one}",
        "unknown substitution {three}",
        "unknown substitution {two}",
    ]
    assert any("runner.toml:7: commands: this quote is never closed" in problem for problem in wrong)


@pytest.mark.parametrize(
    "shape",
    [
        {"when": (when(match(platform="win32"), {"deps": ["{oops}"]}),)},
        {"matrix": {"a": {"a1": {"env": {"X": "{oops}"}}}}},
        {"matrix": {"a": ["a1"]}, "include": (when(match(a="a2", platform="win32"), {"cwd": "{oops}"}),)},
        {"settings": {"deps": ["{oops}"]}, "when": (when(match(platform="linux"), {"deps": []}),)},
        {"defaults": {"teardown": ["rm {oops}"]}},
    ],
)
def test_text_of_every_layer_is_checked(shape: dict[str, object]) -> None:
    (problem,) = problems(**shape)
    assert "unknown substitution {oops}" in problem


def test_what_is_inherited_and_overridden_may_name_other_axes() -> None:
    made = session("t", defaults={"deps": ["django~={django}"]}, settings={"deps": []})
    assert plan(config(made)).chosen == ("t",)
    (problem,) = problems(defaults={"deps": ["django~={django"]}, settings={"deps": []})
    assert "never closed" in problem


def test_every_documented_name_is_known() -> None:
    every = "{a} {python} {py} {cell} {session} {root} {env-dir} {tmp} {env:X} {env:X:{a}}"
    made = session(
        "t", matrix={"a": ["1"]}, settings={"cwd": every, "commands": [f"{every} {{posargs:{{a}}}}"]}
    )
    assert plan(config(made)).chosen == ("t-a1",)


@pytest.mark.parametrize(
    "settings",
    [
        {"commands": ["pytest --args={posargs}"]},
        {"commands": [["pytest", "-k{posargs}"]]},
        {"commands": ["pytest {env:A:{posargs}}"]},
        {"commands": ["pytest {posargs:{posargs}}"]},
        {"deps": ["{posargs}"]},
        {"env": {"ARGS": "{posargs:x}"}},
    ],
)
def test_posargs_are_a_whole_argument_of_a_command(settings: dict[str, object]) -> None:
    (problem,) = problems(settings=settings)
    assert "{posargs} can only be a whole argument of a command" in problem


def test_the_default_of_posargs_is_split_and_checked() -> None:
    (problem,) = problems(settings={"commands": ["pytest {posargs:'a b}"]})
    assert "quote is never closed" in problem


@pytest.mark.parametrize("line", ["", "  ", []])
def test_an_empty_command_is_told(line: object) -> None:
    (problem,) = problems(settings={"commands": [line]})
    assert "runner.toml:7: commands: the command is empty" in problem


def test_a_python_that_is_a_path_has_no_version_to_name() -> None:
    path = PythonSpec(text="/opt/python", path="/opt/python")
    for wrong in (
        {"settings": {"deps": ["x{py}"]}},
        {"settings": {"cwd": "{python}"}},
        {"needs": ["b-{py}"]},
    ):
        made = msgspec.structs.replace(session("t", **wrong), python=path)
        with pytest.raises(ConfigError, match="is a path, which has no version"):
            plan(config(made, session("b")))
    made = msgspec.structs.replace(session("t", when=(when(match(python="3*"), {}),)), python=path)
    with pytest.raises(ConfigError, match=r"match\.python: session 't' pins its Python by path"):
        plan(config(made))


@pytest.mark.parametrize("selector", ["b-{cell}", "b-{env:X}", "b-{root}"])
def test_needs_hold_only_what_planning_knows(selector: str) -> None:
    found = problems(needs=[selector], matrix={"db": ["pg"]})
    assert "not known while planning" in found[0]
    assert "{db} {python} {py}" in found[0]


def test_the_text_of_the_package_is_checked() -> None:
    package = Package(env={"A": text("{root} {env:X:}"), "B": text("{django}")})
    with pytest.raises(ConfigError, match=r"unknown substitution \{django\}") as caught:
        plan(config(session("t"), package=package))
    assert len(caught.value.problems) == 1


def test_settings_of_commands_are_checked() -> None:
    one = msgspec.structs.replace(command("x"), cwd=text("{oops}"), env={"A": text("{oops2}"), "B": False})
    found = problems(settings={"commands": [one]})
    assert len(found) == 2
    assert layer("x", {"commands": [one]}).values["commands"] == (one,)
