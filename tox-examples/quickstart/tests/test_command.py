import subprocess

import pytest

from greeter import command


def test_the_command_greets_everybody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["greet", "Ada", "Marie@fr"])
    assert command.main() == 0
    assert capsys.readouterr().out == "Hello, Ada!\nBonjour, Marie !\n"


def test_the_command_says_who_cannot_be_greeted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["greet", "Ada@xx"])
    assert command.main() == 2
    assert "xx: expected one of" in capsys.readouterr().err


def test_the_command_is_installed() -> None:
    ran = subprocess.run(["greet", "Ada"], capture_output=True, text=True, check=True)
    assert ran.stdout == "Hello, Ada!\n"
