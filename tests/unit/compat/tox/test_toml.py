"""Files in TOML, the values in them, and their matrices."""

import pytest
from tests.unit.compat.tox.conftest import Read, Shown, names

from runner.compat.tox.condition import holds
from runner.compat.tox.errors import ToxError
from runner.model.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('env_list = ["a", "b-c"]', "a b-c", id="text"),
        pytest.param('env_list = ["py3{9,10}"]', "py3{9,10}", id="braces are text"),
        pytest.param('env_list = [{ prefix = "3.", start = 12, stop = 14 }]', "3.12 3.13 3.14", id="range"),
        pytest.param('env_list = [{ prefix = "3.", start = 13 }]', "3.13 3.14 3.15", id="without an end"),
        pytest.param('env_list = [{ prefix = "3.", stop = 12 }]', "3.11 3.12", id="without a beginning"),
        pytest.param('env_list = [{ product = [["a", "b"], ["c", "d"]] }]', "a-c a-d b-c b-d", id="product"),
        pytest.param(
            'env_list = [{ product = [["a", "b"], ["c"]], exclude = ["b-c"] }]',
            "a-c",
            id="product without one",
        ),
        pytest.param(
            'env_list = [{ product = [{ prefix = "p", start = 1, stop = 2 }, { x = ["c"] }] }]',
            "p1-c p2-c",
            id="groups",
        ),
        pytest.param('env_list = [{ dj = ["4", "5"] }]', "4 5", id="label"),
        pytest.param("[env.x]", "py x", id="a table"),
        pytest.param("[env_base.t]\nfactors = [['a', 'b'], ['c']]", "py t-a-c t-b-c", id="a template"),
        pytest.param("env_list = ['a']\nlabels = { l = ['b'] }", "a b", id="labels"),
    ],
)
def test_the_environments(read: Read, text: str, found: str) -> None:
    assert names(read(text, "tox.toml")) == found.split(" ")


@pytest.mark.parametrize(
    ("tables", "description"),
    [
        pytest.param("[env_run_base]\ndescription = 'run'", "run", id="run base"),
        pytest.param("[env_run_base]\ndescription = 'run'\n[env.t-a]\ndescription = 'own'", "own", id="own"),
        pytest.param(
            "[env_base.t]\nfactors = [['a']]\ndescription = 't'\n[env_run_base]\ndescription = 'r'",
            "t",
            id="template",
        ),
        pytest.param(
            "[env.t-a]\nbase = ['o']\n[env.o]\ndescription = 'o'\n[env_run_base]\ndescription = 'r'",
            "o",
            id="base",
        ),
        pytest.param(
            "[env.t-a]\nbase = ['o']\n[env_run_base]\ndescription = 'r'", "", id="a base replaces the others"
        ),
        pytest.param("[env.t-a]\nDescription = 'x'", "", id="case counts"),
    ],
)
def test_where_a_key_is_from(value: Shown, tables: str, description: str) -> None:
    assert value("description", f"env_list = ['t-a']\n{tables}\n", env="t-a", kind="tox.toml") == description


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        pytest.param("'x {env_name}'", "x t-a", id="text"),
        pytest.param("{ replace = 'env', name = 'T' }", "text", id="variable"),
        pytest.param("{ replace = 'env', name = 'NO', default = 'd' }", "d", id="variable with a default"),
        pytest.param("{ replace = 'ref', of = ['s', 'k'] }", "s t-a", id="reference"),
        pytest.param(
            "{ replace = 'ref', env = 'o', key = 'description' }", "of o", id="another environment's value"
        ),
        pytest.param("'{[s]k}'", "s t-a", id="reference in text"),
        pytest.param("'{[env.o]description}'", "of o", id="another environment's in text"),
        pytest.param(
            "{ replace = 'if', condition = 'env.T and factor.a', then = 'y', else = 'n' }", "y", id="if"
        ),
        pytest.param("{ replace = 'if', condition = 'env.NO', then = 'y' }", "", id="if without else"),
        pytest.param("{ replace = 'glob', pattern = '*.no', default = 'd' }", "d", id="no match"),
        pytest.param("'{factor:dj}'", "a", id="label"),
        pytest.param("'{factor:0}{factor:1}'", "ta", id="positions"),
        pytest.param("'{factor:no:d}'", "d", id="no such label"),
    ],
)
def test_what_is_filled_in(value: Shown, written: str, filled: str) -> None:
    config = (
        "env_list = [{ product = [['t'], { dj = ['a'] }] }]\n"
        f"[env.t-a]\ndescription = {written}\n"
        "[env.o]\ndescription = 'of {env_name}'\n[s]\nk = 's {env_name}'\n"
    )
    assert value("description", config, env="t-a", kind="tox.toml", environ={"T": "text"}) == filled


@pytest.mark.parametrize(
    ("written", "posargs", "argv"),
    [
        pytest.param("[['x', 'a b']]", None, [["x", "a b"]], id="words"),
        pytest.param(
            "[['x', { replace = 'posargs', default = ['d'], extend = true }]]",
            None,
            [["x", "d"]],
            id="default",
        ),
        pytest.param(
            "[['x', { replace = 'posargs', default = ['d'], extend = true }]]", (), [["x"]], id="empty"
        ),
        pytest.param(
            "[['x', { replace = 'posargs', extend = true }]]", ("a", "b c"), [["x", "a", "b c"]], id="given"
        ),
        pytest.param("[['x', '{posargs}']]", None, [["x", ""]], id="in text an empty argument"),
        pytest.param("[['x'], []]", None, [["x"]], id="an empty command is none"),
        pytest.param(
            "[['-', 'x'], ['!', 'y'], ['- z']]", None, [["x"], ["y"], ["- z"]], id="marks are words"
        ),
        pytest.param("{ replace = 'ref', of = ['s', 'commands'] }", None, [["s"]], id="reference"),
    ],
)
def test_commands(read: Read, written: str, posargs: tuple[str, ...] | None, argv: list[list[str]]) -> None:
    config = read(
        f"[env_run_base]\ncommands = {written}\n[s]\ncommands = [['s']]\n", "tox.toml", posargs=posargs
    )
    commands = config.sessions[0].layers[-1].values["commands"]
    assert [[text.text for text in command.run] for command in commands] == argv  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "written", "message"),
    [
        pytest.param("recreate", "'true'", "expected true or false, not text", id="bool"),
        pytest.param("commands", "'pytest'", "expected a list of commands, not text", id="commands"),
        pytest.param("commands", "[['x', 1]]", "expected text in quotes, not a number", id="argument"),
        pytest.param("description", "1", "expected text in quotes, not a number", id="text"),
        pytest.param("commands_retry", "1.5", "expected a whole number", id="whole number"),
        pytest.param("suicide_timeout", "inf", "too large", id="endless"),
        pytest.param("pass_env", "'A'", "expected a list of texts", id="list"),
        pytest.param(
            "description", "{ replace = 'ref', of = ['no'] }", "there is nothing at no", id="reference"
        ),
        pytest.param(
            "description", "{ replace = 'ref', env = 'no', key = 'x' }", "there is no key", id="environment"
        ),
        pytest.param("description", "{ replace = 'env' }", "expected {replace", id="variable"),
        pytest.param(
            "description", "{ replace = 'if', condition = '1 +', then = '' }", "is no condition", id="if"
        ),
        pytest.param("set_env", "{ A = 1 }", "expected text", id="variable's value"),
        pytest.param(
            "deps", "{ replace = 'ref', of = ['env_run_base', 'deps'] }", "in a circle", id="itself"
        ),
    ],
)
def test_types_are_strict(value: Shown, key: str, written: str, message: str) -> None:
    assert message in str(value(key, f"[env_run_base]\n{key} = {written}\n", kind="tox.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("env_list = 'a'", "a list of environments", id="text"),
        pytest.param("env_list = [{ prefix = 'x' }]", "a range needs start or stop", id="range"),
        pytest.param("env_list = [{ prefix = 'x', start = '1' }]", "whole numbers", id="bound"),
        pytest.param("env_list = [{ env = ['x'] }]", "'env' cannot be the label", id="reserved"),
        pytest.param("env_list = [{ product = [[{ prefix = 'x' }]] }]", "must be text", id="nested range"),
        pytest.param(
            "env_list = [{ a = { values = ['x'], default = 'y' } }]", "'y' is none of", id="default"
        ),
        pytest.param("[env_base.t]\nx = 1", "env_base.t: expected factors", id="template"),
        pytest.param("env_base = 1", "env_base: expected", id="templates"),
    ],
)
def test_environments_that_cannot_be(read: Read, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text, "tox.toml")


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("env.CI", True),
        ("env['CI']", True),
        ("env.NO", False),
        ("not env.NO", True),
        ("env.CI == 'yes'", True),
        ("env.CI != 'yes'", False),
        ("factor.a and factor['3.9']", True),
        ("factor.b or env_name == 'a-3.9'", True),
        ("'text'", True),
        ("''", False),
    ],
)
def test_conditions(condition: str, true: bool) -> None:
    assert holds(condition, {"CI": "yes"}, {"a", "3.9"}, "a-3.9") is true


@pytest.mark.parametrize(
    "condition",
    ["", "1", "x", "env", "x.y", "env.A < 'b'", "f()", "env.A == 'a' == 'b'", "(" * 500, "a;b", "env[0]"],
)
def test_no_conditions(condition: str) -> None:
    with pytest.raises(ToxError):
        holds(condition, {}, set(), "a")
