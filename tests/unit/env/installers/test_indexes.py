import os
from pathlib import Path

import pytest

from runner.env.installers.indexes import Translation, translated, with_own_indexes
from runner.env.installers.pipsettings import pip_settings
from runner.env.installers.uvsettings import uv_files
from runner.model.errors import CellError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".config" / "pip").mkdir(parents=True)
    (folder / ".config" / "uv").mkdir()
    return folder


def user_conf(home: Path, text: str) -> dict[str, str]:
    (home / ".config/pip/pip.conf").write_text(text, encoding="utf-8")
    return {"HOME": str(home)}


def test_pip_reads_files_first_and_variables_last(home: Path, tmp_path: Path) -> None:
    shared = tmp_path / "global.conf"
    shared.write_text("[global]\nindex-url = https://a.example/\nno_index = 1\ntimeout = 5\n")
    environ = user_conf(home, "[global]\nindex_url=https://b.example/\n[install]\nfind-links=\n  x\n  y\n")
    assert pip_settings(environ, (shared,)) == {
        "index-url": "https://b.example/",
        "no-index": "1",
        "find-links": "\nx\ny",
    }
    assert (
        pip_settings(environ | {"PIP_INDEX_URL": "https://c.example/"}, ())["index-url"]
        == "https://c.example/"
    )


def test_a_named_config_file_replaces_the_users(home: Path, tmp_path: Path) -> None:
    environ = user_conf(home, "[global]\nindex-url = https://user.example/\n")
    named = tmp_path / "named.conf"
    named.write_text("[install]\nextra-index-url = https://named.example/\n")
    assert pip_settings(environ | {"PIP_CONFIG_FILE": str(named)}, ()) == {
        "extra-index-url": "https://named.example/"
    }
    assert pip_settings(environ | {"PIP_CONFIG_FILE": os.devnull}, (named,)) == {}


def test_a_broken_config_file_is_named(home: Path) -> None:
    with pytest.raises(CellError, match=r"pip's settings in .*pip\.conf cannot be read"):
        pip_settings(user_conf(home, "index-url = no section\n"), ())


def test_pips_settings_are_translated_for_uv(home: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "links here").mkdir()
    (tmp_path / "simple").mkdir()
    links = (tmp_path / "links here").as_uri()
    environ = user_conf(
        home,
        f"""[global]
index-url = https://user:secret@a.example/simple
extra-index-url = {(tmp_path / "simple").as_uri()} file:///nowhere/simple https://b.example/simple
find-links = {links} /nowhere/wheels
trusted-host = a.example b.example
cert = /etc/cert.pem
""",
    )
    assert translated(environ, root, ()) == Translation(
        {
            "UV_DEFAULT_INDEX": "https://user:secret@a.example/simple",
            "UV_INDEX": f"{(tmp_path / 'simple').as_uri()} https://b.example/simple",
            "UV_FIND_LINKS": links,
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_INSECURE_HOST": "a.example b.example",
            "SSL_CERT_FILE": "/etc/cert.pem",
        },
        (),
        ("cert", "extra-index-url", "find-links", "index-url", "trusted-host"),
    )


def test_folders_of_links_are_relative_to_root(root: Path) -> None:
    (root / "wheels").mkdir()
    environ = {"HOME": "/nowhere", "PIP_FIND_LINKS": "wheels nowhere", "PIP_NO_INDEX": "yes"}
    variables = {"UV_FIND_LINKS": (root / "wheels").as_uri(), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    settings = ("find-links", "no-index")
    assert translated(environ, root, ()) == Translation(variables, ("--no-index",), settings)


def test_nothing_said_is_nothing_translated(root: Path) -> None:
    assert translated({"HOME": "/nowhere", "PIP_NO_INDEX": "0"}, root, ()) == Translation()


@pytest.mark.parametrize("name", ["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS"])
def test_uvs_own_variables_win_whole(root: Path, name: str) -> None:
    environ = {"HOME": "/nowhere", "PIP_INDEX_URL": "https://a.example/", name: "https://b.example/"}
    assert translated(environ, root, ()) == Translation()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("root/uv.toml", 'index-url = "https://b.example/"'),
        ("root/pyproject.toml", '[[tool.uv.index]]\nurl = "https://b.example/"'),
        ("uv.toml", '[pip]\nextra-index-url = ["https://b.example/"]'),
        ("home/.config/uv/uv.toml", "no-index = true"),
    ],
)
def test_uvs_own_files_win_whole(home: Path, root: Path, tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    environ = {"HOME": str(home), "PIP_INDEX_URL": "https://a.example/"}
    assert translated(environ, root, ()) == Translation()
    assert translated(environ | {"UV_NO_CONFIG": "1"}, root, ()) != Translation()


def test_other_settings_of_uv_do_not_hide_pips(home: Path, root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.uv]\nlink-mode = "copy"\n')
    (root.parent / "uv.toml").write_text("no-index = true\n")
    environ = {"HOME": str(home), "PIP_INDEX_URL": "https://a.example/"}
    assert translated(environ, root, ()).variables["UV_DEFAULT_INDEX"] == "https://a.example/"


def test_what_is_said_of_install_beats_what_is_said_of_all_commands_in_a_later_file(
    home: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "global.conf"
    shared.write_text("[install]\nindex-url = https://install.example/\n")
    environ = user_conf(home, "[global]\nindex-url = https://all.example/\n")
    assert pip_settings(environ, (shared,)) == {"index-url": "https://install.example/"}


def test_pips_proxy_serves_uv_where_no_variable_names_one(home: Path, root: Path) -> None:
    environ = user_conf(home, "[global]\nproxy = http://proxy.example:3128\n")
    expected = Translation({"ALL_PROXY": "http://proxy.example:3128"}, (), ("proxy",))
    assert translated(environ, root, ()) == expected
    assert translated(environ | {"https_proxy": "http://other.example"}, root, ()) == Translation()


def test_a_named_config_file_of_uv_is_the_only_one(home: Path, root: Path) -> None:
    (root / "uv.toml").write_text("no-index = true\n")
    (root / "mine.toml").write_text('link-mode = "copy"\n')
    environ = {"HOME": str(home), "PIP_INDEX_URL": "https://a.example/", "UV_CONFIG_FILE": "mine.toml"}
    assert [Path(file.path).name for file in uv_files(environ, root)] == ["mine.toml"]
    assert translated(environ, root, ()) != Translation()


def test_uv_alone_looks_not_where_pip_does(home: Path, tmp_path: Path) -> None:
    own = user_conf(home, "[global]\nindex-url = https://pip.example/\n") | {"UV_CONFIG_FILE": "uv.toml"}
    (tmp_path / "uv.toml").write_text("")
    told = {**own, **translated(own, tmp_path, ()).variables}
    assert told["UV_DEFAULT_INDEX"] == "https://pip.example/"
    assert with_own_indexes(told, own) == own
    asked = {**own, "UV_DEFAULT_INDEX": "https://uv.example/"}
    assert with_own_indexes(asked, asked) == asked
