"""Names and messages of others cannot steer a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from runner.model.text import Origin
from runner.model.visible import line, visible


def test_foreign_text_cannot_steer_the_terminal() -> None:
    hostile = "a\x1b[2Jb\x07c\u202ed\x9be\rf\udcff\tg\nh\u061ci\u2068j"
    assert visible(hostile) == "a\\x1b[2Jb\\x07c\\u202ed\\x9be\\rf\\udcff\tg\nh\\u061ci\\u2068j"
    assert line("a\n\tb\u2028c") == "a\\n\\tb\\u2028c"


@given(st.text(st.characters(categories=["Cc", "Cs", "Zl", "Zp", "L", "Cf"])))
def test_no_control_character_is_left(text: str) -> None:
    assert all(char in "\n\t" or char >= " " for char in visible(text))
    assert not any(char in line(text) for char in "\n\t\r\x1b\x7f\x85\x9b\u2028\u2029\u202e\u2066")
    line(text).encode("utf-8")


def test_the_name_of_a_file_is_on_one_line() -> None:
    assert str(Origin("a\n\x1b[2J.toml", 3, "sessions")) == "a\\n\\x1b[2J.toml:3: sessions"
