"""Where the text of a config asks for the platform."""

import pytest

from runner.migrate import asked_platforms


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("    win32: colorama", ("win32",)),
        ("deps = !linux,py311-darwin: six", ("linux", "darwin")),
        ("set_env = A = 1; sys_platform == 'win32'", ("sys_platform",)),
        ("    A=1; os_name == 'nt'", ("os_name",)),
        ("    win32: A=1; platform_machine == 'x'", ("win32", "platform_machine")),
        ("""A = { value = "1", marker = "sys_platform == 'win32'" }""", ("sys_platform",)),
        (
            """deps = [{ replace = "if", condition = "factor.win32 or factor['linux']" }]""",
            ("win32", "linux"),
        ),
        ("    colorama; sys_platform == 'win32'", ()),
        ("deps = colorama==1; sys_platform == 'win32'", ()),
        ("    A = 1; platform_python_implementation == 'PyPy'", ()),
        ("    echo linux: six", ()),
        ("    # win32: six", ()),
        ("    lint: ruff", ()),
    ],
)
def test_lines_that_ask_for_the_platform(line: str, asked: tuple[str, ...]) -> None:
    found = asked_platforms(f"[testenv]\n{line}\n", shared=False)
    assert found == ({"testenv": asked} if asked else {})


def test_sections_of_other_tools_do_not_count() -> None:
    text = "[metadata]\nA =\n  win32: x\n[testenv:a]\ndeps =\n  win32: x\n[tool.tox.env]\nb = win32: x\n"
    assert list(asked_platforms(text, shared=True)) == ["testenv:a", "tool.tox.env"]
