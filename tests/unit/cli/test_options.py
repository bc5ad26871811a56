"""The command line: options before and after the verb, variables, and what it says of mistakes."""

import pytest

from runner.cli.options import GROUPS, OPTIONS, VERBS, Arguments
from runner.cli.parse import Asked, help_text, parse
from runner.model.errors import UsageError

GITHUB_SETS = {"DEBUG", "OS", "ARCH", "NAME", "TEMP", "ENVIRONMENT", "TOOL_CACHE", "WORKSPACE", "TRACKING_ID"}


def arguments(*argv: str, **environ: str) -> Arguments:
    parsed = parse(argv, environ, "1.2")
    assert isinstance(parsed, Arguments)
    return parsed


def problem(*argv: str, **environ: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(argv, environ, "1.2")
    return str(caught.value)


def test_a_bare_command_runs() -> None:
    assert arguments() == Arguments(verb="run")


def test_options_stand_before_or_after_the_verb() -> None:
    assert arguments("-e", "a", "list", "--format", "json") == arguments(
        "list", "--format", "json", "-e", "a"
    )


def test_selectors_are_split_at_commas_and_repeat() -> None:
    assert arguments("-e", "py311,py312", "-e", "lint,").select == ("py311", "py312", "lint")


def test_braces_in_selectors_stand_for_several() -> None:
    assert arguments("-e", "py3{9,10}-{a,b}, lint").select == (
        "py39-a",
        "py39-b",
        "py310-a",
        "py310-b",
        "lint",
    )
    assert arguments("--skip", "py3{9-11},{,x}").skip == ("py39", "py310", "py311", "x")
    assert arguments(RUNNER_SELECT="py3{9,10}").select == ("py39", "py310")
    assert arguments("-t", "{a,b},c", "-p", "3.{9,10}").tags == ("{a,b}", "c")
    assert arguments("-e", "a{b,c[{]*").select == ("a{b", "c[{]*")


def test_braces_that_stand_for_too_much_are_refused() -> None:
    assert problem("-e", "a,{1-90000}") == (
        "-e a,{1-90000}: '{1-90000}' stands for 90,000 names or more; at most 10,000 are possible"
    )
    assert problem(RUNNER_SKIP="{1-20000}").startswith("RUNNER_SKIP={1-20000}: ")


def test_posargs_are_all_that_follows_two_dashes() -> None:
    assert arguments("-e", "a", "--", "-k", "x", "--").posargs == ("-k", "x", "--")
    assert arguments("--").posargs == ()
    assert arguments().posargs is None


def test_upgrade_is_for_all_or_for_the_packages_it_names() -> None:
    assert arguments().upgrade is None
    assert arguments("--upgrade").upgrade == ()
    assert arguments("lock", "--upgrade", "pytest", "--upgrade=attrs").upgrade == ("pytest", "attrs")
    assert arguments("--upgrade", "-e", "x", "--upgrade", "attrs").upgrade == ()


def test_a_verb_after_upgrade_is_no_package() -> None:
    asked = arguments("--upgrade", "lock")
    assert (asked.verb, asked.upgrade) == ("lock", ())
    assert arguments("lock", "--upgrade=list").upgrade == ("list",)


def test_upgrade_comes_from_its_variable() -> None:
    assert arguments(RUNNER_UPGRADE="1").upgrade == ()
    assert arguments(RUNNER_UPGRADE="no").upgrade is None
    assert arguments(RUNNER_UPGRADE="pytest attrs").upgrade == ("pytest", "attrs")


def test_l_is_the_verb_list() -> None:
    assert arguments("-l", "-e", "x").verb == "list"
    assert arguments("list", "-l").verb == "list"


def test_every_option_comes_from_its_variable() -> None:
    seen = arguments(
        RUNNER_SELECT="py311,'a b'",
        RUNNER_FAIL_FAST="yes",
        RUNNER_JOBS="3",
        RUNNER_VERBOSE="2",
        RUNNER_WITH="'pytest<9' attrs",
        RUNNER_REPORT="json=a.json junit=b.xml",
    )
    assert seen.select == ("py311", "a b")
    assert seen.fail_fast
    assert seen.jobs == "3"
    assert seen.verbose == 2
    assert seen.with_ == ("pytest<9", "attrs")
    assert seen.report == ("json=a.json", "junit=b.xml")


@pytest.mark.parametrize("off", ["", "0", "false", "No", " FALSE "])
def test_a_flag_is_off_when_its_variable_says_so(off: str) -> None:
    assert not arguments(RUNNER_FAIL_FAST=off).fail_fast


def test_an_empty_variable_is_as_good_as_unset() -> None:
    empty = {option.variable: " " for option in OPTIONS}
    assert arguments(**empty) == Arguments()


def test_the_command_line_beats_the_variable() -> None:
    assert arguments("-j", "2", "-e", "b", RUNNER_JOBS="3", RUNNER_SELECT="a").jobs == "2"
    assert arguments("-e", "b", RUNNER_SELECT="a").select == ("b",)


def test_a_variable_of_another_verb_is_passed_over() -> None:
    assert arguments("list", RUNNER_JOBS="3").jobs is None


def test_unknown_variables_are_ignored() -> None:
    assert arguments(RUNNER_DEBUG="1", RUNNER_OS="Linux", RUNNER_WHATEVER="x") == Arguments()


def test_no_option_has_a_name_that_ci_services_set() -> None:
    assert not {option.variable.removeprefix("RUNNER_") for option in OPTIONS} & GITHUB_SETS


def test_each_option_belongs_to_some_verb_and_fills_a_field() -> None:
    verbs = {*VERBS, *(f"{group} {verb}" for group, verbs in GROUPS.items() for verb in verbs)}
    for option in OPTIONS:
        assert set(option.verbs) <= verbs, option
        assert option.verbs
        assert option.name in Arguments.__struct_fields__


def test_help_shows_every_option_verb_and_exit_code() -> None:
    text = help_text()
    for option in OPTIONS:
        assert option.flags[-1] in text
    for verb in VERBS:
        assert f"  {verb}" in text
    for code in (
        "0 passed",
        "1 a cell failed",
        "2 usage",
        "3 nothing",
        "4 an environment",
        "130 int",
        "70 int",
    ):
        assert code in text
    assert all(len(line) <= 110 for line in text.splitlines())


def test_version_and_help_are_answers() -> None:
    assert parse(["--version"], {}, "1.2") == Asked("runner 1.2\n")
    asked = parse(["list", "-h", "-c", "x.toml"], {}, "1.2")
    assert asked == Asked(help_text(), within=Arguments(verb="list", config="x.toml"))


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (
            ["lst"],
            "'lst' is not a verb of runner\n    did you mean runner list?\n    to run cells that match",
        ),
        (["run", ""], "'' is not an option or verb of runner"),
        (["-e", ""], "-e is given without a value: expected SEL"),
        (["--fail-fast=no"], "argument --fail-fast: it takes no value, and was given 'no'"),
        (["--selct", "x"], "'--selct' is not an option or verb of runner\n    did you mean --select?"),
        (["list", "-j", "3"], "runner list does not take --jobs (it belongs to: run, plan, lock)"),
        (["-l", "-j2"], "runner list does not take --jobs"),
        (["run", "py311"], "to run cells that match it: runner -e py311"),
        (["-e"], "expected one argument"),
        (["--lock"], "'--lock' is not an option"),
        (["--upgrade", "six==1"], "--upgrade six==1: expected the name of a package, without a version"),
        (["lock", "--upgrade=no pe"], "--upgrade no pe: expected the name of a package"),
    ],
)
def test_mistakes_are_named_with_what_to_do(argv: list[str], says: str) -> None:
    assert says in problem(*argv)


def test_a_variable_that_cannot_be_read_is_named() -> None:
    assert problem(RUNNER_REPORT="json='a") == "RUNNER_REPORT=json='a: No closing quotation"
    assert problem(RUNNER_VERBOSE="lots") == "RUNNER_VERBOSE=lots: expected a number"
    assert problem(RUNNER_UPGRADE="a six==1").startswith("RUNNER_UPGRADE=six==1: expected the name of a pack")
