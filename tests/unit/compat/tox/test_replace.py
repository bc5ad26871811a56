"""What expressions in values of an ini file stand for."""

import os
from pathlib import Path

import pytest
from tests.unit.compat.tox.conftest import Read, Shown

from runner.model.config import Session

HOST = {"T": "text", "L": "1,2", "N": "a\nb", "B": "{env_name}", "E": ""}
SHARED = "[shared]\ntext = t {env_name}\nset = A=1\nfactored =\n    py: mine\n    x: other\n"
SHARED += "self = {[shared]self}\n"


def words(session: Session) -> list[str]:
    """Return the words of the session's only command."""
    (commands,) = [layer.values["commands"] for layer in session.layers if "commands" in layer.values]
    assert isinstance(commands, tuple)
    (command,) = commands
    return [text.text for text in command.run]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        pytest.param("{env:T}", "text", id="variable"),
        pytest.param("a{env:T}b", "atextb", id="within text"),
        pytest.param("{env:NO}", "", id="not set"),
        pytest.param("{env:NO:d:{env:T}}", "d:text", id="default"),
        pytest.param("{env:E:d}", "", id="set to nothing"),
        pytest.param("{env:B}", "py", id="what the machine says is read again"),
        pytest.param("{env_name} {envname}", "py py", id="key"),
        pytest.param("{nosuch}", "{nosuch}", id="unknown"),
        pytest.param("{nosuch:y}", "y", id="unknown with a default"),
        pytest.param("{k:v for k in d}", "v for k in d", id="a comprehension"),
        pytest.param("{'a':1}", "{'a':1}", id="a dict"),
        pytest.param("{py39,py38}", "{py39,py38}", id="names"),
        pytest.param("{", "{", id="a brace"),
        pytest.param(r"\{env_name\}", "{env_name}", id="escaped"),
        pytest.param("{/}{:}", os.sep + os.pathsep, id="separators"),
        pytest.param("{tty:a:b}", "b", id="no terminal"),
        pytest.param("{factor:x:d}", "d", id="no labels"),
        pytest.param("{[shared]text}", "t py", id="a section, for the caller"),
        pytest.param("{[shared]factored}", "mine", id="with the caller's factors"),
        pytest.param("{[shared]no:d}", "d", id="no such key"),
        pytest.param("{[nosuch]k}", "{[nosuch]k}", id="no such section"),
        pytest.param("{[nosuch]k:d}", "d", id="no such section, with a default"),
        pytest.param(
            "{[testenv:py]description}", "{[testenv:py]description}", id="no such environment's section"
        ),
        pytest.param("{glob:*.nosuch:none}", "none", id="no matches"),
    ],
)
def test_an_expression(value: Shown, text: str, filled: str) -> None:
    config = f"[testenv]\ndescription = {text}\n{SHARED}"
    assert value("description", config, environ=HOST) == filled


@pytest.mark.parametrize(
    ("line", "posargs", "argv"),
    [
        pytest.param("x {posargs}", None, ["x"], id="none"),
        pytest.param("x {posargs:a 'b c'}", None, ["x", "a", "b c"], id="default"),
        pytest.param("x {posargs:a:b}", None, ["x", "a:b"], id="default with a colon"),
        pytest.param("x {posargs:{env_name}}", None, ["x", "py"], id="nested default"),
        pytest.param("x {posargs:a}", (), ["x"], id="empty, not the default"),
        pytest.param("x {posargs:a}", ("one", "two words"), ["x", "one", "two words"], id="given"),
        pytest.param("x []", ("a b",), ["x", "a b"], id="brackets"),
        pytest.param("x pre{posargs}post", ("a", "b"), ["x", "prea", "bpost"], id="glued"),
        pytest.param('x "{posargs}"', ("a", "b c"), ["x", "a b c"], id="in double quotes"),
        pytest.param("x '{posargs}'", ("it's", "b"), ["x", "it's b"], id="in quotes"),
        pytest.param('x "{posargs}"', ('say "a"',), ["x", 'say "a"'], id="quotes in quotes"),
        pytest.param('x "{posargs}"', None, ["x", ""], id="nothing in quotes"),
        pytest.param(
            "x {posargs}", ("{env_name}", "$HOME"), ["x", "{env_name}", "$HOME"], id="taken as they are"
        ),
        pytest.param("{posargs}", ("x", "y z"), ["x", "y z"], id="the whole command"),
        pytest.param("x {posargs}", ("a\nb",), ["x", "a b"], id="several lines"),
    ],
)
def test_posargs(read: Read, line: str, posargs: tuple[str, ...] | None, argv: list[str]) -> None:
    (session,) = read(f"[testenv]\ncommands = {line}\n", posargs=posargs).sessions
    assert words(session) == argv


def test_a_lone_expression_may_become_several_commands_and_entries(value: Shown) -> None:
    assert list(value("commands", "{env:N}", environ=HOST)) == ["a", "b"]  # type: ignore[call-overload]
    assert list(value("labels", "{env:L}", environ=HOST)) == ["1", "2"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        pytest.param("labels", "x{env:L}", "would cut it in two", id="a comma within an entry"),
        pytest.param("deps", "x{env:N}", "cannot add a line", id="a line within a requirement"),
        pytest.param("description", "{env:}", "no name of a variable", id="no variable"),
        pytest.param("description", "{glob:}", "no pattern", id="no pattern"),
        pytest.param("description", "{factor:}", "no label", id="no label"),
        pytest.param("description", "{description}", "in a circle", id="itself"),
    ],
)
def test_what_cannot_be_filled_in(value: Shown, key: str, text: str, message: str) -> None:
    assert message in str(value(key, text, environ=HOST))


def test_a_section_that_names_itself_ends(value: Shown) -> None:
    assert value("description", f"[testenv]\ndescription = {{[shared]self}}\n{SHARED}") == "{[shared]self}"


def test_globs_are_sorted_absolute_and_quoted(value: Shown, tmp_path: Path) -> None:
    for name in ("b.txt", "a c.txt"):
        (tmp_path / name).touch()
    assert value("description", "{glob:*.txt}") == f"{tmp_path}/a c.txt {tmp_path}/b.txt"


def test_paths_among_posargs_are_as_they_are_from_where_commands_run(read: Read, tmp_path: Path) -> None:
    (tmp_path / "f.txt").touch()

    def argv(more: str, posargs: tuple[str, ...]) -> list[str]:
        config = read(f"[testenv]\nchange_dir = sub\ncommands = x {{posargs}}\n{more}", posargs=posargs)
        return words(config.sessions[0])

    given = ("f.txt", "no.txt", "-k")
    assert argv("", given) == ["x", "../f.txt", "no.txt", "-k"]
    assert argv("args_are_paths = false", given) == ["x", *given]
