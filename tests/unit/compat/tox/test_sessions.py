"""Environments as sessions."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.compat.tox.conftest import Read, Shown

from runner.model.config import Session


def settings(session: Session) -> dict[str, object]:
    return {key: value for layer in session.layers for key, value in layer.values.items()}


def refused(session: Session) -> str:
    assert session.foreign is not None
    return "\n".join(map(str, session.foreign.refused))


def test_the_shape_of_a_session(read: Read) -> None:
    config = read(
        "[tox]\nenv_list = a, b\nlabels = t = b\nskip_missing_interpreters = true\n"
        "[testenv]\ndescription = says\n   it\n[testenv:b]\nlabels = own\ndepends = a*\nplatform = nowhere\n"
        "[testenv:c]\n"
    )
    a, b, c = config.sessions
    assert (a.name, a.description, a.default, a.tags, a.after) == ("a", "says it", True, (), ())
    assert (b.tags, b.platforms) == (("own", "t"), ("nowhere",))
    assert [other.text for other in b.after] == ["a"]
    assert c.default is False
    assert (config.missing_python, config.jobs) == ("skip", 1)


def test_the_settings_of_a_session(read: Read) -> None:
    (session,) = read(
        "[testenv]\ncommands = - x\n    ! y\ncommands_retry = 2\nignore_errors = yes\nignore_outcome = 1\n"
        "interrupt_timeout = -1\nextras = A_b\n"
    ).sessions
    found = settings(session)
    commands = found["commands"]
    assert isinstance(commands, tuple)
    ignored, inverted = commands
    assert (ignored.ignore_failure, ignored.retries, inverted.retries) == (True, 0, 2)
    assert 0 not in inverted.ok_codes
    assert (found["keep-going"], found["allow-failure"], found["interrupt-grace"]) == (True, True, 0.0)
    assert refused(session) == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("platform = (", "is no regular expression", id="platform"),
        pytest.param("package = nosuch", "'nosuch' is no way to package", id="package"),
        pytest.param("runner = nosuch", "there is no runner 'nosuch'", id="runner"),
        pytest.param(
            "install_command = conda install {packages}", "not another program", id="install_command"
        ),
        pytest.param("pass_env = A B\n    C", "names cannot hold blanks", id="pass_env"),
        pytest.param("change_dir =", "the path is empty", id="change_dir"),
        pytest.param("pylock = no.toml", "cannot be read", id="pylock"),
    ],
)
def test_what_is_wrong_stands_with_its_line(read: Read, tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "setup.py").touch()
    (session,) = read(f"[testenv]\n{line}\n").sessions
    assert message in refused(session)
    assert "tox.ini:2: py." in refused(session)


def test_without_a_project_there_is_nothing_to_package(read: Read, value: Shown, tmp_path: Path) -> None:
    assert value("package", "[testenv]") == "skip"
    (tmp_path / "setup.py").touch()
    assert value("package", "wheel") == "wheel"
    assert value("package", "[testenv]\npackage = wheel\nskip_install = true") == "skip"
    assert value("package", "[testenv]\nuse_develop = true") == "editable"
    assert value("package", "[tox]\nno_package = true\n[testenv]\npackage = wheel") == "skip"


def test_an_external_package_is_made_by_another_environment(read: Read, tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    sessions = read(
        "[testenv]\npackage = external\n[pkgenv]\npackage_glob = dist/*.whl\ncommands = make\n"
    ).sessions
    run, packager = sessions
    assert packager.name == ".pkg_external"
    assert [need.text for need in run.needs] == [".pkg_external"]
    assert settings(run)["package-file"].text == str(tmp_path / "dist/*.whl")  # type: ignore[attr-defined]


def test_the_build_s_settings(read: Read, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My_Project"\n')
    package = read("[testenv:.pkg]\nset_env = A=1\nconfig_settings_build_wheel = k=v\n").package
    assert (package.name, package.buildable, package.config_settings) == ("my-project", True, {"k": "v"})
    assert set(package.env) == {"A"}


def test_a_lock_becomes_requirements(read: Read, tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_text(
        "[[packages]]\nname = 'a'\nversion = '1'\nmarker = \"python_version > '3'\"\n"
        "[[packages]]\nname = 'b'\nversion = '2'\nmarker = \"'x' in extras\"\n"
        "[[packages]]\nname = 'c'\nversion = '3'\nmarker = \"'y' in extras\"\n"
    )
    (session,) = read("[testenv]\npylock = pylock.toml\nextras = x\n").sessions
    lines = [text.text for text in settings(session)["deps"]]  # type: ignore[attr-defined]
    assert lines == ["a==1 ; python_version > '3'", "b==2"]


def test_a_brief_reading_leaves_the_settings_out(read: Read) -> None:
    text = "[tox]\nenv_list = a\n[testenv]\ndescription = d\nskip_install = maybe\n"
    (session,) = read(text, brief=True).sessions
    assert (session.name, session.description) == ("a", "d")
    assert settings(session) == {}


def test_variables_are_passed_by_name(value: Shown) -> None:
    passed = value("pass_env", "MINE_*, foo")
    assert {"MINE_*", "foo", "HOME", "PIP_*", "CC"} <= set(passed)  # type: ignore[call-overload]
    assert "CI" not in set(passed)  # type: ignore[call-overload]


def test_folders(value: Shown, tmp_path: Path) -> None:
    assert value("change_dir", "sub") == str(tmp_path / "sub")
    assert value("change_dir", "[testenv]") == str(tmp_path)
    found = value("set_env", "A={env_tmp_dir}")
    assert isinstance(found, Mapping)
    assert found["A"].startswith(str(tmp_path / ".runner"))
