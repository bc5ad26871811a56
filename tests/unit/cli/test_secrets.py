"""Which values of a run are secret: known from names of variables, from `redact`, and from addresses."""

import sys

import pytest

from runner.cli.secrets import Secrets
from runner.model.config import Redacted
from runner.model.errors import ConfigError
from runner.model.text import Origin
from runner.testing import Project

TELLS_ITS_MODULES = """
import runner.__main__, sys
runner.__main__.main()
print(*sys.modules, file=sys.stderr)
"""


def listed(*globs: str) -> tuple[Redacted, ...]:
    return tuple(
        Redacted(glob, Origin("runner.toml", 1, f"redact[{number}]")) for number, glob in enumerate(globs)
    )


def test_variables_are_known_by_their_names() -> None:
    secrets = Secrets({"API_TOKEN": "abcdefgh", "PLAIN": "in the open", "SHORT_TOKEN": "abc", "NO_TOKEN": ""})
    assert secrets.concealed("abcdefgh, in the open, abc") == "***, in the open, abc"
    secrets.redact(listed("PLA*"))
    assert secrets.concealed("abcdefgh, in the open, abc") == "***, ***, abc"


def test_what_is_listed_and_too_short_is_refused_with_its_place() -> None:
    secrets = Secrets({"A_PIN": "1234", "B_PIN": "   56   ", "EMPTY": "", "LONG": "123456"})
    with pytest.raises(ConfigError) as caught:
        secrets.redact(listed("EMPTY", "*_PIN", "LONG"))
    (problem,) = caught.value.problems
    assert str(problem.origin) == "runner.toml:1: redact[1]"
    assert problem.message.startswith("the value of A_PIN, B_PIN is shorter than 6 characters")


def test_addresses_of_indexes_and_proxies_hold_secrets() -> None:
    secrets = Secrets(
        {
            "PIP_INDEX_URL": "https://me:pass%2Fword@example.org/simple",
            "UV_INDEX": "one=https://first-token@example.org https://git@example.org",
            "https_proxy": "http://you:abc@127.0.0.1",
            "DATABASE_URL": "https://me:in-the-open@example.org",
        }
    )
    shown = secrets.concealed("pass/word pass%2Fword first-token you:abc git@ in-the-open me")
    assert shown == "*** *** *** *** git@ in-the-open me"
    assert secrets.concealed("see https://anyone:else@example.org") == "see https://***@example.org"


def test_what_the_config_gives_to_cells_is_known_too(project: Project) -> None:
    project.config(
        """
        redact = ["MINE"]
        [sessions.tests]
        package = "none"
        deps = ["a @ https://me:dep-password@example.org/a.whl"]
        env = { A_TOKEN = "of-the-session", MINE = "of-the-list" }
        cwd = "of-the-session"
        commands = [
            "echo of-the-command https://me:argv-password@example.org",
            { run = "true", env = { B_TOKEN = "of-the-command" } },
        ]
        """
    )
    shown = project.run("config").assert_exit(0).stdout
    for value in ("dep-password", "of-the-session", "of-the-list", "of-the-command", "argv-password"):
        assert value not in shown
    assert "cwd = ***" in shown
    assert "echo '***'" in shown
    told = project.run("config", "--show-secrets").assert_exit(0).stdout
    for value in ("dep-password", "of-the-session", "of-the-list", "of-the-command", "argv-password"):
        assert value in told


def test_a_verb_that_shows_no_values_does_not_look_for_secrets(project: Project) -> None:
    project.config('redact = ["PLAIN"]\n[sessions.tests]\npackage = "none"\ncommands = ["true"]\n')
    env = {"A_TOKEN": "abcdefgh", "PLAIN": "in the open"}
    listed = project.run_process("list", env=env, program=(sys.executable, "-c", TELLS_ITS_MODULES))
    modules = listed.assert_exit(0).stderr.split()
    assert "runner.cli.secrets" in modules
    assert not {"runner.model.secrets", "runner.env.requirements.credentials"} & set(modules)
