import pytest
from tests.unit.plan.builders import origin

from runner.model.text import Template
from runner.plan.template import TemplateError, Variable, explain, fill, not_set, parse

VALUES = {"django": "4.2", "root": "/my project", "braces": "{env:A}"}
ENVIRON = {"A": "a value", "EMPTY": "", "BRACES": "{root}"}


def filled(text: str) -> str:
    missing: list[Variable] = []
    result = fill(parse(text), VALUES, ENVIRON, missing.append)
    assert not missing
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("django~={django}.0", "django~=4.2.0"),
        ("{root}/{django}", "/my project/4.2"),
        ("{{django}}", "{django}"),
        ("{{{django}}}", "{4.2}"),
        ("{{{{", "{{"),
        ("a}}b", "a}b"),
        ("{env:A}", "a value"),
        ("{env:A:other}", "a value"),
        ("{env:EMPTY:other}", ""),
        ("{env:NONE:other}", "other"),
        ("{env:NONE:}", ""),
        ("{env:NONE:with:colon}", "with:colon"),
        ("{env:NONE:{django}}", "4.2"),
        ("{env:NONE:{env:NEITHER:{root}/x}}!", "/my project/x!"),
        ("{env:NONE:{env:NEITHER:deep}}", "deep"),
        ('{env:NONE:{{"a": 1}}}', '{"a": 1}'),
        ("{env:NONE:{{{django}}}}", "{4.2}"),
        ("{env:NONE:a}}}", "a}"),
        ("{env:NONE:{{a}", "{a"),
        ("{braces} {env:BRACES}", "{env:A} {root}"),
    ],
)
def test_substitutions(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "caret"),
    [
        ("a } b", "closes nothing", "  ^"),
        ("{env:A:x}}", "closes nothing", "         ^"),
        ("x {root", "never closed", "  ^"),
        ("x {env:A:{root}", "never closed", "  ^"),
        ("x {env:A:{{root}}", "never closed", "  ^"),
        ("a {} b", "needs a name", "  ^^"),
        ("a {env:} b", "needs its name", "  ^^^^^^"),
        ("a {env} b", "needs its name", "  ^^^^^"),
        ("{a {b}}", "unknown substitution {a }", "^^^"),
        ("{django:x}", "unknown substitution {django}", "^^^^^^^"),
    ],
)
def test_errors_point_at_the_place(text: str, message: str, caret: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text)
    shown, under, *_ = explain(Template(text, origin("deps")), caught.value).hint.splitlines()
    assert message in str(caught.value)
    assert (shown, under) == (text, caret)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("{{ok}} {y:z}", "{{y:z}}"),
        ('echo {"a": 1}', '{{"a": 1}}'),
        ("{a {b}}", "{{ and }}"),
        ("{a:{b}}", "{{ and }}"),
    ],
)
def test_the_escaped_spelling_is_that_of_the_whole(text: str, escaped: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text)
    assert caught.value.hint == f"for literal braces write {escaped}"


def test_defaults_nest_only_so_deep() -> None:
    def nested(depth: int) -> str:
        return "{env:X:" * depth + "x" + "}" * depth

    assert filled(nested(20)) == "x"
    assert filled(f"{nested(20)}{nested(20)}") == "xx"
    with pytest.raises(TemplateError, match="defaults nest at most 20 deep"):
        parse(nested(5000))


def test_errors_in_long_text_show_the_line() -> None:
    text = "first\n\tsecond {oops\nthird"
    with pytest.raises(TemplateError) as caught:
        parse(text)
    assert explain(Template(text, origin("deps")), caught.value).hint.splitlines()[:2] == [
        " second {oops",
        "        ^",
    ]


def test_all_missing_variables_are_told() -> None:
    missing: list[Variable] = []
    fill(parse("{env:X} {env:A} {env:Y:{env:Z}}"), VALUES, ENVIRON, missing.append)
    assert [variable.name for variable in missing] == ["X", "Z"]
    assert "{env:X:default}" in not_set(missing[0]).hint
