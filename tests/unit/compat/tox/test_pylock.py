"""What a lock file of packages asks for, as lines of requirements."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.compat.tox.conftest import Read

Lines = Callable[..., list[str]]


@pytest.fixture
def lines(read: Read, tmp_path: Path) -> Lines:
    """Return what an environment installs from a lock with these packages."""

    def lines_of(*packages: str, head: str = "", settings: str = "") -> list[str]:
        text = "\n".join((head, *(f"[[packages]]\nname = 'a'\n{package}" for package in packages)))
        (tmp_path / "pylock.toml").write_text(text)
        (session,) = read(f"[testenv]\npylock = pylock.toml\n{settings}\n").sessions
        (deps,) = (layer.values["deps"] for layer in session.layers if "deps" in layer.values)
        assert isinstance(deps, tuple)
        return [text.text for text in deps]

    return lines_of


def test_all_files_of_a_package_are_allowed(lines: Lines) -> None:
    files = (
        "version = '1'\nsdist = {url = 'https://x/a-1.tar.gz', hashes = {sha256 = 'aa'}}\n"
        "wheels = [{hashes = {sha256 = 'bb'}}, {hashes = {sha256 = 'cc', sha512 = 'dd'}}]\n"
    )
    hashes = "--hash=sha256:aa --hash=sha256:bb --hash=sha256:cc --hash=sha512:dd"
    assert lines(files) == [f"a==1 {hashes}"]
    assert lines(files + "marker = \"os_name == 'x'\"") == [f"a==1 ; os_name == 'x' {hashes}"]


@pytest.mark.parametrize(
    ("package", "line"),
    [
        (
            "archive = {url = 'https://x/a.zip', hashes = {sha256 = 'aa'}}",
            "a @ https://x/a.zip --hash=sha256:aa",
        ),
        ("archive = {path = 'a.zip', subdirectory = 'in'}", "a @ {folder}/a.zip#subdirectory=in"),
        ("directory = {path = './a b'}", "a @ {folder}/a%20b"),
        ("directory = {path = 'a', subdirectory = 'in', editable = true}", "-e {folder}/a/in"),
        ("vcs = {type = 'git', url = 'https://x/a', commit-id = 'c1'}", "a @ git+https://x/a@c1"),
        (
            "vcs = {type = 'git', path = '../a', commit-id = 'c1', subdirectory = 'in'}",
            "a @ git+{above}/a@c1#subdirectory=in",
        ),
        ("wheels = [{hashes = {sha256 = 'aa'}}]", "a --hash=sha256:aa"),
    ],
)
def test_where_packages_come_from(lines: Lines, tmp_path: Path, package: str, line: str) -> None:
    assert lines(package) == [line.format(folder=tmp_path.as_uri(), above=tmp_path.parent.as_uri())]


@pytest.mark.parametrize(
    ("marker", "requires", "condition"),
    [
        ("", ">=3.8", "python_full_version >= '3.8'"),
        ("", ">=3.8,<4", "python_full_version < '4' and python_full_version >= '3.8'"),
        (
            "os_name == 'x' or os_name == 'y'",
            ">=3.8",
            "(os_name == 'x' or os_name == 'y') and python_full_version >= '3.8'",
        ),
    ],
)
def test_the_pythons_of_a_package(lines: Lines, marker: str, requires: str, condition: str) -> None:
    marked = f'marker = "{marker}"\n' if marker else ""
    assert lines(f"version = '1'\nrequires-python = '{requires}'\n{marked}") == [f"a==1 ; {condition}"]


@pytest.mark.parametrize(
    ("marker", "line"),
    [
        ("'My_X' in extras", "a==1"),
        ("'my-x' not in extras", None),
        ("'y' in extras or 'g' in dependency_groups", "a==1"),
        ("'y' in extras and os_name == 'x'", 'a==1 ; python_full_version < "0" and os_name == "x"'),
        (
            "'my-x' in extras and (python_version < '3' or 'y' not in extras)",
            'a==1 ; python_full_version >= "0" and (python_version < "3" or python_full_version >= "0")',
        ),
    ],
)
def test_only_extras_and_groups_are_decided(lines: Lines, marker: str, line: str | None) -> None:
    package = f"version = '1'\nmarker = \"{marker}\""
    found = lines(package, settings="extras = my-x\ndependency_groups = g")
    assert found == ([] if line is None else [line])


def test_default_groups_are_for_those_who_ask_for_none(lines: Lines) -> None:
    package, head = "version = '1'\nmarker = \"'d' in dependency_groups\"", "default-groups = ['d']"
    assert lines(package, head=head) == ["a==1"]
    assert lines(package, head=head, settings="dependency_groups = e") == []


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("marker = 'no marker'", "a: "),
        ("marker = \"extras == 'x'\"", "by `in` and `not in`"),
        ("requires-python = 'three'", "a: "),
        ("version = '1 --pre'", "has blanks"),
        ("archive = {url = 'https://x/a b'}", "has blanks"),
        ("wheels = [{hashes = {sha256 = 'a --pre'}}]", "a hash that is none"),
        ("version = 1", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(read: Read, tmp_path: Path, package: str, message: str) -> None:
    (tmp_path / "pylock.toml").write_text(f"[[packages]]\nname = 'a'\n{package}")
    (session,) = read("[testenv]\npylock = pylock.toml\n").sessions
    assert session.foreign is not None
    (refused,) = map(str, session.foreign.refused)
    assert "tox.ini:2: py.pylock" in refused
    assert message in refused
