from pathlib import Path

import pytest

from runner.env.requirements.index import Index
from runner.env.requirements.pylock import (
    absolute,
    allowed,
    checked,
    committed_path,
    entries,
    folder_notes,
    pins,
    quoted,
    relative,
    with_logins,
    with_project,
    without_comments,
)
from runner.model.environment import Built, Pin
from runner.model.errors import CellError
from runner.model.toml import tomllib

HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.12"\n'
HASHES = f'{{ sha256 = "{"0" * 64}" }}'


def lock_of(*packages: str) -> str:
    return HEAD + "".join(f"\n[[packages]]\n{package}\n" for package in packages)


ALPHA = f'name = "alpha"\nversion = "1.0"\nwheels = [{{ url = "https://x/alpha.whl", hashes = {HASHES} }}]'
BETA = f"""name = "beta"
version = "2.0"
wheels = [
    {{ url = "https://x/beta-1.whl", hashes = {HASHES} }},
    {{ url = "https://x/beta-2.whl", hashes = {HASHES} }},
]"""
SUB = 'name = "Sub_Folder"\ndirectory = { path = "../sub", editable = true }'
LOCAL = f'name = "loc"\nversion = "1.0"\narchive = {{ path = \'../my "dir/loc.whl\', hashes = {HASHES} }}'


def test_what_is_in_a_lock_is_read_without_parsing_it() -> None:
    text = lock_of(ALPHA, BETA, SUB, LOCAL)
    assert checked(text) == ()
    assert pins(text) == (Pin("alpha", "1.0"), Pin("beta", "2.0"), Pin("sub-folder", ""), Pin("loc", "1.0"))
    assert [entry.name for entry in entries(text) if entry.folder] == ["sub-folder"]
    assert folder_notes(text) == ("sub-folder is not locked: a folder is installed as it is",)
    assert entries(f"{HEAD}packages = []\n") == ()


@pytest.mark.parametrize(
    "text",
    [
        lock_of(ALPHA)[:-9],
        HEAD,
        f"{HEAD}packages = 3\n",
        lock_of(ALPHA.replace(" = ", "=")),
        lock_of(f"marker = 'x'\n{ALPHA}"),
    ],
)
def test_a_text_that_is_not_as_uv_writes_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it is no"):
        checked(text)


def test_files_without_a_hash_are_named() -> None:
    text = lock_of('name = "alpha"\nversion = "1.0"\narchive = { url = "https://x/alpha.whl" }')
    assert checked(text) == ("alpha 1.0 is locked without a hash: its files cannot be verified",)


def test_paths_move_between_absolute_and_relative(tmp_path: Path) -> None:
    inside = f'name = "in"\nversion = "1"\nwheels = [{{ url = "{(tmp_path / "a b").as_uri()}/in.whl" }}]'
    text = lock_of(SUB, LOCAL, inside)
    everywhere = absolute(text, tmp_path / "locks")
    paths = [str(package) for package in tomllib.loads(everywhere)["packages"]]
    assert str(tmp_path / "sub") in paths[0]
    assert str(tmp_path / 'my "dir' / "loc.whl") in paths[1]
    back = relative(everywhere, tmp_path / "locks", tmp_path)
    sub, loc, wheel = tomllib.loads(back)["packages"]
    assert sub["directory"] == {"path": "../sub", "editable": True}
    assert loc["archive"]["path"] == '../my "dir/loc.whl'
    assert wheel["wheels"] == [{"path": "../a b/in.whl"}]
    assert relative(everywhere, tmp_path / "locks", tmp_path / "elsewhere") == everywhere


def test_the_project_goes_in_wherever_the_lock_ends(tmp_path: Path) -> None:
    project = Built(path=f'{tmp_path}/a"b/p.whl', sha256="1" * 64, name="p", version="1", kind="editable")
    entry = {
        "name": "p",
        "version": "1",
        "archive": {"path": f'{tmp_path}/a"b/p.whl', "hashes": {"sha256": "1" * 64}},
    }
    for text, others in (
        (lock_of(ALPHA), ["alpha"]),
        (f"{HEAD}packages = []\n", []),
        (f'{lock_of(ALPHA)}\n[tool.other]\npackages = "x"\n', ["alpha"]),
    ):
        packages = tomllib.loads(with_project(text, project))["packages"]
        assert packages[-1] == entry
        assert [package["name"] for package in packages[:-1]] == others


def test_text_of_every_kind_is_quoted() -> None:
    text = 'a"b\\c\n\t\x00\x1f\x7f é'
    assert tomllib.loads(f"text = {quoted(text)}") == {"text": text}


def test_comments_go() -> None:
    assert without_comments(f"# one\n{lock_of(ALPHA)}\n# two\n# three\n") == lock_of(ALPHA)


def test_dots_of_a_cell_are_not_in_its_locks_name() -> None:
    assert committed_path("/project", "tests-django5.2") == Path("/project/locks/pylock.tests-django5_2.toml")


def test_of_a_package_with_hashes_only_those_files_stay() -> None:
    one, two, source = (digit * 64 for digit in "123")
    beta = (
        'name = "beta"\nversion = "2.0"\n'
        f'sdist = {{ url = "https://x/beta.tar.gz", hashes = {{ sha256 = "{source}" }} }}\n'
        "wheels = [\n"
        f'    {{ url = "https://x/beta-1.whl", hashes = {{ sha256 = "{one}" }} }},\n'
        f'    {{ url = "https://x/beta-2.whl", hashes = {{ sha256 = "{two}" }} }},\n'
        "]"
    )
    text = lock_of(ALPHA, beta)

    def files(*shas: str) -> object:
        alpha, kept = tomllib.loads(allowed(text, {"beta": frozenset(f"sha256:{sha}" for sha in shas)}))[
            "packages"
        ]
        assert len(alpha["wheels"]) == 1
        return ["sdist" in kept, [wheel["url"][-5] for wheel in kept.get("wheels", [])]]

    assert allowed(text, {}) == text
    assert files(one, two, source) == [True, ["1", "2"]]
    assert files(two) == [False, ["2"]]
    assert files(source) == [True, []]
    with pytest.raises(CellError, match="no file of beta has a sha256 that is listed for it"):
        files("4" * 64)
    with pytest.raises(CellError, match="no file of sub-folder"):
        allowed(lock_of(SUB.replace("Sub_Folder", "sub-folder")), {"sub-folder": frozenset(("sha256:aa",))})


def test_files_on_the_host_of_an_index_get_its_login() -> None:
    text = lock_of(
        'name = "a"\nversion = "1"\n'
        'sdist = { url = "https://host/two/files/a-1.zip", hashes = { sha256 = "aa" } }\n'
        'wheels = [\n    { url = "https://host/one/files/a-1.whl", hashes = { sha256 = "bb" } },\n]\n',
        'name = "b"\nvcs = { type = "git", url = "https://host/one/b", commit-id = "cc" }\n',
    )
    indexes = (
        Index("https://me:1@host/one/simple"),
        Index("https://me:2@host/two/simple"),
        Index("https://else/"),
    )
    found = with_logins(text, indexes)
    assert found == text.replace("host/two/", "me:2@host/two/").replace(
        "host/one/files", "me:1@host/one/files"
    )
    assert with_logins(text, indexes[2:]) == text


def test_a_login_goes_to_its_own_index_alone_and_whole() -> None:
    text = lock_of('name = "a"\nversion = "1"\nsdist = { url = "https://host/a-1.zip" }\n')
    assert with_logins(text, (Index("https://me:1@HOST"),)) == text.replace("host/", "me:1@host/")
    assert with_logins(text, (Index("http://me:1@host/"), Index("https://me:1@host:81/"))) == text
    found = tomllib.loads(with_logins(text, (Index('https://me:"\\n@host/'),)))
    assert found["packages"][0]["sdist"]["url"] == 'https://me:"\\n@host/a-1.zip'
