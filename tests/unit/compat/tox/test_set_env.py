"""The variables that set_env sets."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.compat.tox.conftest import Shown

OF_TOX = {
    *("PIP_DISABLE_PIP_VERSION_CHECK", "PYTHONHASHSEED", "PYTHONIOENCODING", "PIP_USER", "VIRTUAL_ENV"),
    *("TOX_ENV_NAME", "TOX_ENV_DIR", "TOX_WORK_DIR"),
}


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        pytest.param("A=1\n    B = x y", {"A": "1", "B": "x y"}, id="plain"),
        pytest.param("A=", {"A": ""}, id="empty"),
        pytest.param("A=b=c", {"A": "b=c"}, id="equals"),
        pytest.param("A='q'", {"A": "'q'"}, id="quotes stay"),
        pytest.param("A={env:B}\n    B=1", {"A": "1", "B": "1"}, id="in any order"),
        pytest.param("A={env:A:none}", {"A": "host"}, id="itself is the machine's"),
        pytest.param("A=$HOME", {"A": "$HOME"}, id="no shell"),
        pytest.param("A=1; python_version > '1'", {"A": "1"}, id="a marker that holds"),
        pytest.param("A=1; python_version < '1'", {}, id="a marker that does not"),
        pytest.param(r"A=a\;b", {"A": "a;b"}, id="no marker"),
        pytest.param("A='a;b'", {"A": "'a;b'"}, id="a semicolon in quotes"),
        pytest.param("{[s]vars}\n    A=2", {"A": "2", "C": "py"}, id="pasted, and overridden"),
        pytest.param("file|x.env\n    A=2", {"A": "2", "F": "it's", "G": "1;2"}, id="a file, then a line"),
        pytest.param("A=2\n    file|x.env", {"A": "file", "F": "it's", "G": "1;2"}, id="a line, then a file"),
        pytest.param("x: A=1\n    py: A=2", {"A": "2"}, id="factors"),
    ],
)
def test_lines(value: Shown, tmp_path: Path, lines: str, variables: dict[str, str]) -> None:
    (tmp_path / "x.env").write_text("# comment\n\nexport A=file\nF = it's\nG=1;2\n")
    config = f"[testenv]\nset_env =\n    {lines}\n[s]\nvars =\n    A=1\n    C={{env_name}}\n"
    found = value("set_env", config, environ={"A": "host"})
    assert isinstance(found, Mapping)
    assert {name: text for name, text in found.items() if name not in OF_TOX} == variables
    assert set(found) >= OF_TOX


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param("A", "expected NAME=value", id="no value"),
        pytest.param("=1", "without a name", id="no name"),
        pytest.param("A={env:B}\n    B={env:A}", "in a circle", id="a circle"),
        pytest.param("{[s]loop}", "in a circle", id="pasted in a circle"),
        pytest.param("file|no.env", "there is no file", id="no file"),
        pytest.param("file|.", "cannot be read", id="a folder"),
        pytest.param("file|bad.env", "bad.env:2: expected NAME=value", id="a broken file"),
        pytest.param("file|bytes.env", "cannot be read", id="bytes"),
        pytest.param("A=1; nonsense", "is no marker", id="no marker"),
    ],
)
def test_what_is_wrong(value: Shown, tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "bad.env").write_text("A=1\nnothing\n")
    (tmp_path / "bytes.env").write_bytes(b"A=\xff\n")
    config = f"[testenv]\nset_env =\n    {lines}\n[s]\nloop = {{[t]loop}}\n[t]\nloop = {{[s]loop}}\n"
    assert message in str(value("set_env", config))


def test_what_tox_sets_wins_but_for_two(value: Shown) -> None:
    found = value("set_env", "TOX_ENV_NAME=x\n    PIP_USER=1\n    PYTHONHASHSEED=3")
    assert isinstance(found, Mapping)
    assert (found["TOX_ENV_NAME"], found["PIP_USER"], found["PYTHONHASHSEED"]) == ("py", "0", "3")
    assert value("set_env", "A=1")["PYTHONHASHSEED"] == "7"  # type: ignore[index]
