"""Reading a file: what it may be, and what is said of what it may not be."""

from pathlib import Path

import pytest

from runner.config import find, read
from runner.config.positions import KeyPath
from runner.model.errors import ConfigError

NO_VALUE = "not valid TOML: expected a value: text in quotes, a number, true, false, a [list] or a {table}"


def refusal(folder: Path, data: bytes, name: str = "runner.toml") -> str:
    (folder / name).write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read(find(folder, Path(name)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[sessions.x]\npython = py311\n",
            f":2: {NO_VALUE}\n    python = py311\n             ^",
        ),
        ("a b = 1", ":1: not valid TOML: expected `=` after the key\n    a b = 1\n      ^"),
        ("a = 1 b = 2", ":1: not valid TOML: expected the end of the line\n    a = 1 b = 2\n          ^"),
        ("= 1", ":1: not valid TOML: expected `key = value`, or a [table]\n    = 1\n    ^"),
        ("a = 1\na = 2\nb = 3", ":2: not valid TOML: this key is set twice\n    a = 2\n         ^"),
        ("[a.b]\n[a.b]\n", ":2: not valid TOML: [a.b] is declared twice\n    [a.b]\n        ^"),
        (
            "\n\na = [1,\n",
            f":3: {NO_VALUE}, and the file ends here",
        ),
        ('a = "x\nb = 1', ":1: not valid TOML: illegal character '\\n'\n    a = \"x\n          ^"),
        (
            "a = \0",
            f":1: {NO_VALUE}\n    a = ?\n        ^",
        ),
        ("x" * 500 + " y", ":1: not valid TOML: expected `=` after the key"),
    ],
)
def test_a_syntax_error_says_where_and_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text.encode()) == f"runner.toml{message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"a = 1\nb = '\xe9'",
            ":2: is not UTF-8: byte 0xe9 does not belong here\n    save the file as UTF-8",
        ),
        (
            "a = 1".encode("utf-16"),
            ":1: begins with the byte order mark of UTF-16: a config is UTF-8\n    save the file as UTF-8",
        ),
        (b"a = " + b"[" * 100_000, ": is not usable: lists or tables are nested too deeply"),
        (b"a = " + b"{a=" * 100_000, ": is not usable: lists or tables are nested too deeply"),
        (b"#" * (8 * 1024 * 1024 + 1), ": has 8,388,609 bytes: a config has at most 8,388,608"),
    ],
)
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    assert refusal(tmp_path, data) == f"runner.toml{message}"


@pytest.mark.parametrize(
    "number", [b"9" * 10_000, b"0x" + b"f" * 10_000, b"[{b = 0b" + b"1" * 50_000 + b"}]"]
)
def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path, number: bytes) -> None:
    assert refusal(tmp_path, b"a = " + number).startswith(
        "runner.toml: is not usable: a number has too many digits"
    )


def test_a_hundred_levels_are_read(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_text("a = " + "[" * 100 + "]" * 100)
    innermost: KeyPath = ("a", *([0] * 99))
    assert read(find(tmp_path)).positions[innermost] == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^ci\.toml: cannot be read: No such file or directory$"):
        read(find(tmp_path, Path("ci.toml")))


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").mkdir()
    with pytest.raises(ConfigError, match=r"^runner\.toml: is not a file$"):
        read(find(tmp_path))


def test_an_explicit_pyproject_needs_our_table(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"[tool.other]", "pyproject.toml") == (
        "pyproject.toml: has no table [tool.runner]\n    add one, or name another file with -c"
    )


def test_root_is_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "ci.toml").write_text("")
    raw = read(find(tmp_path, Path("conf/ci.toml")))
    assert (raw.root, raw.shown) == (tmp_path / "conf", "conf/ci.toml")


def test_plugins_are_known_before_anything_else_is_checked(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.runner]\nnonsense = 1\nplugins = [\n"runner_x.y",\n"ci/p.py", "p.py"]\n'
    )
    refs = read(find(tmp_path)).plugins()
    assert [(ref.name, str(ref.origin)) for ref in refs] == [
        ("runner_x.y", "pyproject.toml:4: tool.runner.plugins[0]"),
        ("ci/p.py", "pyproject.toml:5: tool.runner.plugins[1]"),
        ("p.py", "pyproject.toml:5: tool.runner.plugins[2]"),
    ]


def test_plugins_of_a_wrong_type_are_told(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_text('plugins = "x"')
    with pytest.raises(ConfigError) as caught:
        read(find(tmp_path)).plugins()
    assert (
        str(caught.value)
        == 'runner.toml:1: plugins: expected a list of strings; got "x"\n    write plugins = ["x"]'
    )


def test_without_plugins_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_text("")
    assert read(find(tmp_path)).plugins() == ()


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_bytes(b"\xef\xbb\xbfplugins = ['one']")
    assert [ref.name for ref in read(find(tmp_path)).plugins()] == ["one"]
