import os
from pathlib import Path

import pytest

from runner.env.interpreters.answers import Looked
from runner.env.interpreters.candidates import (
    Install,
    all_installed,
    installed,
    on_path,
    path_folders,
    versions,
)
from runner.model.python import PythonSpec, parse_python


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_user_without_a_home_has_no_managers_but_still_a_system(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)  # as containers do it
    program(home / "usr/bin/python3.12")
    found = all_installed({}, (f"{home}/*/bin",), Looked())
    assert [install.folder for install in found] == [f"{home}/usr/bin"]


def program(path: Path, link: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if link is None:
        path.touch(mode=0o755)
    else:
        path.symlink_to(link)
    return path


def asks(text: str) -> PythonSpec:
    spec = parse_python(text)
    assert spec is not None
    return spec


def pyenv(home: Path, name: str, executable: str) -> Path:
    bin_ = home / ".pyenv" / "versions" / name / "bin"
    real = program(bin_ / executable)
    program(bin_ / "python3", executable)
    program(bin_ / "python", "python3")
    return real


def everything(home: Path, *globs: str) -> tuple[Install, ...]:
    return all_installed({"HOME": str(home)}, globs, Looked())


def found(text: str, home: Path) -> list[str]:
    candidates = installed(asks(text), everything(home), Looked())
    return [str(Path(each.program.real).relative_to(home)) for each in candidates]


def found_on_path(text: str, *folders: Path) -> list[str]:
    path = ":".join(map(str, folders))
    return [each.program.real for each in on_path(asks(text), {"PATH": path}, Looked())]


def test_shims_are_left_out_of_path() -> None:
    path = "/home/me/.pyenv/shims:/usr/bin:relative::/data/mise/shims:/bin:/usr/bin"
    assert path_folders({"PATH": path}) == ("/usr/bin", "/bin")


def test_path_is_searched_in_order_and_each_real_file_comes_once(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    program(b / "python3.12")
    program(b / "python3", "python3.12")
    program(a / "python", str(b / "python3"))
    other = program(tmp_path / "c" / "python3")
    assert found_on_path("3.12", a, b, tmp_path / "c") == [str(b / "python3.12"), str(other)]


def test_names_tell_what_cannot_match(tmp_path: Path) -> None:
    program(tmp_path / "python3.11")
    program(tmp_path / "python3", "python3.11")
    program(tmp_path / "python3.13t")
    program(tmp_path / "python3.13", "python3.13t")
    program(tmp_path / "manager")
    program(tmp_path / "python", "manager")
    assert [found_on_path(text, tmp_path) for text in ("3.12", "3.13", "pypy3.11")] == [[], [], []]
    assert found_on_path("3.13t", tmp_path) == [str(tmp_path / "python3.13t")]


def test_every_manager_is_searched_active_or_not(home: Path) -> None:
    pyenv(home, "3.12.1", "python3.12")
    program(home / ".asdf/installs/python/3.12.2/bin/python3.12")
    program(home / ".local/share/mise/installs/python/3.12.3/bin/python3.12")
    program(home / ".local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/bin/python3.12")
    assert found("3.12", home) == [
        ".pyenv/versions/3.12.1/bin/python3.12",
        ".local/share/mise/installs/python/3.12.3/bin/python3.12",
        ".asdf/installs/python/3.12.2/bin/python3.12",
        ".local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/bin/python3.12",
    ]
    assert found("3.12.3", home) == [".local/share/mise/installs/python/3.12.3/bin/python3.12"]


def test_system_roots_are_globs(tmp_path: Path) -> None:
    program(tmp_path / "opt" / "python-x" / "bin" / "python3.12")
    program(tmp_path / "opt" / "file")
    installs = everything(tmp_path, f"{tmp_path}/opt/*/bin", f"{tmp_path}/missing/*/bin")
    assert [each.version for each in installed(asks("3.12"), installs, Looked())] == [()]
    assert versions(installs, "cpython") == ("3.12",)


def test_folder_names_tell_version_kind_and_threads(home: Path) -> None:
    pyenv(home, "3.13.0", "python3.13")
    pyenv(home, "3.13.0t", "python3.13t")
    pyenv(home, "3.14.0rc1", "python3.14")
    pyenv(home, "pypy3.10-7.3.16", "pypy3.10")
    uv = home / ".local/share/uv/python"
    program(uv / "cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3.13t")
    assert found("3.13", home) == [".pyenv/versions/3.13.0/bin/python3.13"]
    assert len(found("3.13t", home)) == 2
    assert found("pypy3.10", home) == [".pyenv/versions/pypy3.10-7.3.16/bin/pypy3.10"]
    installs = everything(home)
    assert [each.pre for each in installed(asks("3.14"), installs, Looked())] == [True]
    assert versions(installs, "cpython") == ("3.14.0rc1", "3.13.1t", "3.13.0", "3.13.0t")
    assert versions(installs, "pypy") == ("pypy3.10",)


def test_virtual_environments_that_pyenv_keeps_are_no_installs(home: Path) -> None:
    pyenv(home, "3.12.1", "python3.12")
    bin_ = home / ".pyenv/versions/myproject/bin"
    program(bin_ / "python3.12", str(home / ".pyenv/versions/3.12.1/bin/python3.12"))
    (bin_.parent / "pyvenv.cfg").touch()
    assert len(everything(home)) == 1


def test_the_roots_follow_the_managers_variables(tmp_path: Path) -> None:
    program(tmp_path / "p/versions/3.12.1/bin/python3.12")
    program(tmp_path / "u/cpython-3.12.2-linux-x86_64-gnu/bin/python3.12")
    roots = {"HOME": "/nowhere", "PYENV_ROOT": f"{tmp_path}/p", "UV_PYTHON_INSTALL_DIR": f"{tmp_path}/u"}
    assert versions(all_installed(roots, (), Looked()), "cpython") == ("3.12.2", "3.12.1")
