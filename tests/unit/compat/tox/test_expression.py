"""Text in braces, taken apart."""

import pytest

from runner.compat.tox.expression import POSARGS, Expression, has_expressions, parse

A = Expression((("a",),))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("plain", ("plain",), id="plain"),
        pytest.param("{a}", (A,), id="alone"),
        pytest.param("x{a}y{a}", ("x", A, "y", A), id="between text"),
        pytest.param("{}", (Expression(((),)),), id="empty"),
        pytest.param("{:}", (Expression(((), ())),), id="colon"),
        pytest.param("{a:b:}", (Expression((("a",), ("b",), ())),), id="arguments"),
        pytest.param("{a:{a}c}", (Expression((("a",), (A, "c"))),), id="nested"),
        pytest.param("{a", ("{a",), id="not closed"),
        pytest.param("a}", ("a}",), id="not opened"),
        pytest.param("{x:{a}", ("{x:", A), id="closed within one that is not"),
        pytest.param("a:b", ("a:b",), id="colon outside"),
        pytest.param(r"\{a\}", ("{a}",), id="escaped braces"),
        pytest.param(r"{a\:b}", (Expression((("a:b",),)),), id="escaped colon"),
        pytest.param(r"\[\]", ("[]",), id="escaped brackets"),
        pytest.param(r"\\", (r"\\",), id="two backslashes stay"),
        pytest.param(r"\n\x", (r"\n\x",), id="other backslashes stay"),
        pytest.param(r"\\{a}", (r"\\", A), id="backslashes before a brace"),
        pytest.param("[]", (POSARGS,), id="brackets"),
        pytest.param("[posargs]", ("[posargs]",), id="other brackets"),
    ],
)
def test_text_is_taken_apart(text: str, parts: tuple[object, ...]) -> None:
    assert parse(text) == parts
    assert has_expressions(text) == any(isinstance(part, Expression) for part in parts)
