"""What only a shell would read in a command, and what is left alone."""

import pytest

from runner.config.shell import shell_syntax


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("a | b", "`|`"),
        ("a || b", "`||`"),
        ("a && b", "`&&`"),
        ("a &", "`&`"),
        ("a ; b", "`;`"),
        ("a; b", "`;`"),
        ("a > b", "`>`"),
        ("a >> b", "`>>`"),
        ("a >b", "`>b`"),
        ("a < b", "`<`"),
        ("a <b", "`<b`"),
        ("a 2> b", "`2>`"),
        ("a 2>/dev/null", "`2>/dev/null`"),
        ("a 2>&1", "`2>&1`"),
        ("a &> b", "`&>`"),
        ("a *", "`*`"),
        ("cd a", "`cd`"),
        ("A=1 b", "`A=`"),
        ("a {b} | c", "`|`"),
        ("a {posargs:x | {y}} && c", "`&&`"),
        ("a\n| b", "`|`"),
    ],
)
def test_syntax_of_shells_is_found(line: str, word: str) -> None:
    assert [message.split(" ")[0] for message, _ in shell_syntax(line)] == [word]


@pytest.mark.parametrize(
    "line",
    [
        "pytest -k 'a | b'",
        'echo "a && b"',
        r"find . -exec rm {{}} \;",
        "find . -exec rm {{}} ';'",
        "ls '*'",
        r"ls \*",
        "ls tests/*.py",
        "pip install x>=3 >=4 '<5'",
        "a {posargs:b | c > d *}",
        "a A=1",
        "'A=1' b",
        "python -c 'import a; b()'",
        "a -> b",
        "cdk deploy",
        "",
        "'unclosed | quote",
    ],
)
def test_arguments_are_left_alone(line: str) -> None:
    assert list(shell_syntax(line)) == []
