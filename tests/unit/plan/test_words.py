import pytest
from tests.unit.plan.builders import origin

from runner.model.text import Literal, Template
from runner.plan.template import Plain, Span, TemplateError, fill
from runner.plan.words import words_of

VALUES = {"root": "/my project", "n": "1"}


def line(text: str) -> list[str]:
    words = words_of(Template(text, origin("commands")), line=True)
    return [
        "<posargs>" if word.posargs else fill(word.parts, VALUES, {"A": "x y"}, lambda _: None)
        for word in words
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("a b\tc\n d", ["a", "b", "c", "d"]),
        ("'a b' c", ["a b", "c"]),
        ('"a b"c', ["a bc"]),
        ("''", [""]),
        (r"a\ b", ["a b"]),
        (r"'a\'", ["a\\"]),
        (r'"a\"b\n\\"', ['a"b\\n\\']),
        ("a\\\nb", ["ab"]),
        ("a \\\n  b", ["a", "b"]),
        ('"a\\\nb"', ["ab"]),
        ("a#b # c", ["a#b", "#", "c"]),
        ("x {root} y", ["x", "/my project", "y"]),
        ("x '{root}/a b' y", ["x", "/my project/a b", "y"]),
        ('--dir="{root}"', ["--dir=/my project"]),
        ("{env:NONE:a b}", ["a b"]),
        ("{env:NONE:it's}", ["it's"]),
        ("{env:A}{n}", ["x y1"]),
        (r"\{root}", ["/my project"]),
        (r'"\{root}"', ["\\/my project"]),
        ("{{a b}}", ["{a", "b}"]),
        ("'{{ }}'", ["{ }"]),
        ("pytest {posargs:a b} x", ["pytest", "<posargs>", "x"]),
        ('pytest "{posargs}"', ["pytest", "<posargs>"]),
    ],
)
def test_a_line_is_split_as_a_shell_splits_with_substitutions_as_units(
    text: str, expected: list[str]
) -> None:
    assert line(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("a 'b", "quote"), ('a "b\\"', "quote"), ("a \\", "backslash"), ("'{root}", "quote")],
)
def test_what_is_not_closed_is_told(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        line(text)


def test_braces_of_literal_text_are_text() -> None:
    words = words_of(Literal("echo {root} }"), line=True)
    assert [word.parts for word in words][1:] == [
        (Plain("{root}", Span(5, 11)),),
        (Plain("}", Span(12, 13)),),
    ]


def test_an_item_of_a_list_is_one_argument_as_it_is() -> None:
    (word,) = words_of(Template("a 'b {root}", origin("commands")), line=False)
    assert fill(word.parts, VALUES, {}, lambda _: None) == "a 'b /my project"


def test_words_know_whether_they_were_quoted() -> None:
    words = words_of(Literal(r"a 'b' \* *"), line=True)
    assert [word.bare for word in words] == [True, False, False, True]
