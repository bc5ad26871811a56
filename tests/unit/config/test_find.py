"""Which config file is found."""

import os
from pathlib import Path

import pytest

from runner.config import EXAMPLE, Found, find, read
from runner.model.errors import ConfigError
from runner.model.request import ConfigKind


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def refusal(start: Path, explicit: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        find(start, explicit)
    return str(caught.value)


def test_runner_toml_wins_over_everything_beside_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        runner__toml="",
        pyproject__toml="[tool.runner]",
        tox__ini="[tox]",
        setup__cfg="[tox:tox]",
        tox__toml="",
        noxfile__py="",
    )
    names = ("pyproject.toml", "tox.ini", "setup.cfg", "tox.toml", "noxfile.py")
    others = tuple(tmp_path / name for name in names)
    assert find(tmp_path) == Found(tmp_path / "runner.toml", "runner", others, "runner.toml")


def test_pyproject_wins_over_other_tools_configs(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[tool.runner]\n[tool.tox]", noxfile__py="")
    found = find(tmp_path)
    assert found == Found(
        tmp_path / "pyproject.toml", "pyproject", (tmp_path / "noxfile.py",), "pyproject.toml"
    )


def test_the_nearest_folder_with_a_config_wins(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "a", pyproject__toml="[tool.runner.sessions.x]")
    write(tmp_path / "a" / "b" / "c", setup__cfg="[metadata]", pyproject__toml="[project]")
    found = find(tmp_path / "a" / "b" / "c")
    assert found.file == tmp_path / "a" / "pyproject.toml"
    assert found.shown == "../../pyproject.toml"


def test_a_config_far_above_is_shown_whole(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "a" / "b" / "c")
    assert find(tmp_path / "a" / "b" / "c").shown == str(tmp_path / "runner.toml")


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "repo" / "src")
    (tmp_path / "repo" / ".git").mkdir()
    message = refusal(tmp_path / "repo" / "src")
    assert message == (
        f"no config in {tmp_path / 'repo' / 'src'} or the folders above it\n"
        "    looked for runner.toml, pyproject.toml with [tool.runner], tox.ini, setup.cfg with [tox:tox], "
        "pyproject.toml with [tool.tox], tox.toml\n"
        "    to begin, write a runner.toml:\n"
        "    [sessions.tests]\n"
        '    python = ["3.12", "3.13"]\n'
        '    deps = ["pytest"]\n'
        '    commands = ["pytest {posargs}"]'
    )


def test_the_repository_itself_is_searched_also_as_a_worktree(tmp_path: Path) -> None:
    write(tmp_path / "repo" / "src")
    write(tmp_path / "repo", runner__toml="", **{".git": "gitdir: elsewhere"})
    assert find(tmp_path / "repo" / "src").file == tmp_path / "repo" / "runner.toml"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("tox.ini", "[tox]", "tox.ini"),
        ("tox.ini", "", "tox.ini"),
        ("setup.cfg", "[metadata]\n[tox:tox]\n", "setup.cfg"),
        ("pyproject.toml", "[tool.tox]\nenv_list = []", "[tool.tox]"),
        ("pyproject.toml", "[tool.tox]\nlegacy_tox_ini = '[tox]'\nrequires = []", "[tool.tox]"),
        ("pyproject.toml", "[tool.tox]\nlegacy_tox_ini = '[tox]'", "legacy_tox_ini"),
        ("tox.toml", "", "tox.toml"),
    ],
)
def test_configs_of_tox_are_found(tmp_path: Path, name: str, text: str, kind: ConfigKind) -> None:
    (tmp_path / name).write_text(text)
    expected = Found(tmp_path / name, kind, (), name)
    assert find(tmp_path) == expected
    assert find(tmp_path, Path()) == expected
    assert find(tmp_path, Path(name)) == expected
    assert expected.foreign == kind


@pytest.mark.parametrize("text", ["[tool.tox]", "[tool]\ntox = 3", "tool = 'tox'"])
def test_a_table_of_tox_without_keys_is_no_config(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(text)
    assert refusal(tmp_path).startswith(f"no config in {tmp_path}")
    assert find(tmp_path, Path("pyproject.toml")).kind == "pyproject"


def test_configs_of_tox_win_in_its_own_order(tmp_path: Path) -> None:
    write(tmp_path, tox__toml="", noxfile__py="", setup__cfg="[tox:tox]")
    write(tmp_path, pyproject__toml="[tool.tox]\nrequires = []", tox__ini="")
    order = ["tox.ini", "setup.cfg", "pyproject.toml", "tox.toml", "noxfile.py"]
    for name in order[:-1]:
        found = find(tmp_path)
        assert [found.file.name, *(other.name for other in found.others)] == order[order.index(name) :]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("other.ini", "tox.ini"),
        ("ci.cfg", "tox.ini"),
        ("setup.cfg", "setup.cfg"),
        ("gone/tox.ini", "tox.ini"),
    ],
)
def test_a_config_of_tox_may_have_another_name(tmp_path: Path, name: str, kind: str) -> None:
    assert find(tmp_path, Path(name)).kind == kind


def test_an_explicit_pyproject_is_ours_where_it_can_be(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[tool.runner]\n[tool.tox]\nrequires = []", tox__ini="")
    assert find(tmp_path, Path("pyproject.toml")) == Found(
        tmp_path / "pyproject.toml", "pyproject", (), "pyproject.toml"
    )


def test_a_noxfile_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").touch()
    for explicit in (None, Path(), Path("noxfile.py")):
        assert refusal(tmp_path, explicit).startswith(
            "noxfile.py: noxfiles are not read yet\n    to begin, write a runner.toml:\n"
        )


def test_a_name_that_no_file_can_have_is_left_to_the_reader(tmp_path: Path) -> None:
    found = find(tmp_path, Path("x" * 300))
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        read(found)


def test_a_setup_cfg_that_is_no_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / "setup.cfg")
    assert refusal(tmp_path).startswith(f"no config in {tmp_path}")


def test_a_nearer_config_of_another_tool_is_not_skipped(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "a", noxfile__py="")
    assert "not read yet" in refusal(tmp_path / "a")
    write(tmp_path / "a", tox__ini="[tox]")
    assert find(tmp_path / "a").kind == "tox.ini"


def test_the_pyproject_of_other_tools_is_no_config(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "a", pyproject__toml='[project]\nname = "runner-of-tox"\ntool = "x"\n[tools.runner]')
    assert find(tmp_path / "a").file == tmp_path / "runner.toml"


@pytest.mark.parametrize(
    ("name", "kind"), [("ci.toml", "runner"), ("anything", "runner"), ("pyproject.toml", "pyproject")]
)
def test_an_explicit_file_may_have_any_name(tmp_path: Path, name: str, kind: str) -> None:
    found = find(tmp_path / "elsewhere", Path("..", "conf", name))
    assert (found.file, found.kind, found.others) == (tmp_path / "conf" / name, kind, ())


def test_dots_behind_a_link_mean_what_the_system_means_by_them(tmp_path: Path) -> None:
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / "runner.toml").touch()
    (tmp_path / "elsewhere" / "link").symlink_to(tmp_path / "project" / "src")
    found = find(tmp_path, Path("elsewhere/link/../runner.toml"))
    assert found.file == tmp_path / "project" / "runner.toml"
    (tmp_path / "project" / "src" / "runner.toml").touch()
    by_the_link = find(tmp_path, Path("project/../elsewhere/link"))
    assert by_the_link.file == tmp_path / "elsewhere" / "link" / "runner.toml"


def test_an_explicit_folder_is_the_only_one_looked_into(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="")
    write(tmp_path / "a")
    assert refusal(tmp_path, Path("a")).startswith(f"no config in the folder {tmp_path / 'a'}\n")
    write(tmp_path / "a", runner__toml="", noxfile__py="")
    found = find(tmp_path, Path("a"))
    assert (found.file, found.others) == (tmp_path / "a" / "runner.toml", (tmp_path / "a" / "noxfile.py",))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone") == (
        f"cannot look for a config in {tmp_path / 'gone'}: No such file or directory"
    )


def test_a_broken_pyproject_that_may_be_the_config_is_told(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[tool.runner\n")
    assert refusal(tmp_path).startswith("pyproject.toml:1: not valid TOML: ")


def test_a_broken_file_that_is_passed_over_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, runner__toml="", pyproject__toml="[tool.runner\n")
    (tmp_path / "setup.cfg").write_bytes(b"\xff[tox:tox]")
    assert find(tmp_path).others == ()


def test_the_example_has_few_lines() -> None:
    assert len(EXAMPLE.splitlines()) <= 5
