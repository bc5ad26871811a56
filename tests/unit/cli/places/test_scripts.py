"""The text that activates an environment: quoting, search paths, names that no shell takes."""

import shutil
import subprocess

import pytest

from runner.cli.places.scripts import SCRIPTS, Activation, powershell

SHOWS = 'printf "%s|" "$PATH" "${ODD-unset}" "${GONE-unset}"'
HOSTILE = "'; exit 3; \" $(exit 4) `exit 5` \\ ${X:?} \n\t end"


def shown(shell: str, activation: Activation, *more: str) -> list[str]:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = "\n".join((SCRIPTS[shell](activation), SHOWS, *more))
    environ = {"PATH": "/usr/bin:/bin", "GONE": "no"}
    ran = subprocess.run([program, "-euc", script], env=environ, capture_output=True, text=True, check=True)
    return ran.stdout.split("|")


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_nothing_in_a_value_is_more_than_text(shell: str) -> None:
    activation = Activation(("/a 'b'", "/c"), {"ODD": HOSTILE, "GONE": None, "NOT-A-NAME; exit 6": "x"}, "me")
    assert activation.unnamed == ("NOT-A-NAME; exit 6",)
    path, odd, gone, *after = shown(shell, activation, "deactivate", SHOWS)
    assert (path, odd, gone) == ("/a 'b':/c:/usr/bin:/bin", HOSTILE, "unset")
    assert after[:3] == ["/usr/bin:/bin", "unset", "no"]


def test_a_search_path_of_the_session_takes_the_place_of_the_outer_one() -> None:
    assert shown("sh", Activation(("/a",), {"PATH": "/b:/bin"}, "me"))[0] == "/a:/b:/bin"
    assert shown("sh", Activation((), {}, "me"))[0] == "/usr/bin:/bin"


def test_powershell_has_quotes_of_its_own() -> None:
    text = powershell(Activation(("/it's",), {"ODD": "\u2019; exit", "GONE": None}, "me"))
    assert "$env:ODD = '\u2019\u2019; exit'" in text
    assert "$env:PATH = '/it''s:' + $env:PATH" in text
    assert "Remove-Item -ErrorAction SilentlyContinue env:GONE" in text
