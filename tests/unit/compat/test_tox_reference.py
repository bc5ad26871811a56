"""The reference of tox configs: its tables hold what the code holds."""

import re
from collections.abc import Mapping
from pathlib import Path

from runner.cli.options import OPTIONS, VERBS
from runner.compat.tox import keys, notices
from runner.compat.tox.scope import Key

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "tox.md").read_text("utf-8")
CODE = re.compile(r"`([^`]+)`")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the tables below a heading, without the first row of each."""
    text = PAGE.partition(f" {heading}\n")[2]
    assert text, heading
    lines = re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return table[2:]


def named(heading: str) -> dict[str, str]:
    """Return what stands in code in the first cells, each with the second cell."""
    return {name: meaning for first, meaning in rows(heading) for name in CODE.findall(first)}


def names_of(table: Mapping[str, Key]) -> set[str]:
    """Return the keys and aliases of tox; ours is what no file can hold, whether there is a project."""
    return set(table) - {"has_project"}


CORE = "The core: `[tox]`, the top level"
EVERY, RUN, PACKAGING = "Every environment", "Environments that run commands", "Environments that package"


def test_every_key_is_in_the_tables_and_none_else() -> None:
    every = names_of(keys.RUN) & names_of(keys.PACKAGE)
    assert set(named(CORE)) == names_of(keys.CORE)
    assert {*named(EVERY), *named(RUN)} == names_of(keys.RUN)
    assert {*named(EVERY), *named(PACKAGING)} == names_of(keys.PACKAGE)
    assert set(named(EVERY)) <= every


def test_the_keys_without_a_use_are_those_that_the_notes_tell_of() -> None:
    headings = (CORE, EVERY, RUN, PACKAGING)
    told = {name for at in headings for name, here in named(at).items() if here.startswith("no use")}
    aliases = {alias for name in notices._NOT_NEEDED for key in _of(name) for alias in key.names}
    assert told - {"wheel_build_env"} == aliases


def _of(name: str) -> list[Key]:
    return [table[name] for table in (keys.CORE, keys.RUN, keys.PACKAGE) if name in table]


def test_the_plugins_are_those_that_the_notes_tell_of() -> None:
    plugins = named("Plugins")
    assert set(plugins) == set(notices._COVERED)
    for name, reason in notices._COVERED.items():
        if name.startswith("tox-"):
            assert plugins[name].replace("`", "") == reason.replace("`", ""), name


def test_what_is_said_to_stand_for_options_of_tox_is_there() -> None:
    flags = {flag for option in OPTIONS for flag in option.flags} | {"--version", "--help", "--"}
    variables = {option.variable for option in OPTIONS}
    for _, instead in (*rows("Subcommands"), *rows("Options")):
        for code in CODE.findall(instead):
            words = code.split()
            assert {word.partition("=")[0] for word in words if word.startswith("-")} <= flags, code
            assert {word for word in words if word.startswith("RUNNER_")} <= variables, code
            if words[0] == "runner" and words[1:] and words[1][0].isalpha():
                assert words[1] in VERBS, code
