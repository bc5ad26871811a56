"""Files in the ini language."""

import pytest
from tests.unit.compat.tox.conftest import Read, Shown, names

from runner.model.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("[tox]\nenv_list = a, b", "a b", id="listed"),
        pytest.param("[tox]\nenvlist =\n    a\n    py3{9,10}", "a py39 py310", id="alias, lines and braces"),
        pytest.param("", "py", id="nothing"),
        pytest.param("[testenv:x]", "py x", id="a section"),
        pytest.param("[testenv:a,b]", "py a b", id="a generative section"),
        pytest.param(
            "[tox]\nenv_list = a\n[testenv]\ndeps =\n    linux: x\n    !neg: y\n    a: z",
            "a linux neg",
            id="factors",
        ),
        pytest.param("[tox]\nenv_list = a-b\n[testenv]\ndeps = b-a: x", "a-b", id="factors that are known"),
        pytest.param("[tox]\nenv_list = a\nlabels = l = a, b", "a b", id="labels"),
        pytest.param("[tox]\nenv_list = a\n[other]\nx = f: y", "a", id="other sections do not count"),
        pytest.param("[DEFAULT]\nenv_list = d\n[tox]", "d", id="the default section leaks"),
    ],
)
def test_the_environments(read: Read, text: str, found: str) -> None:
    assert names(read(text)) == found.split(" ")


@pytest.mark.parametrize(
    ("sections", "description"),
    [
        pytest.param("[testenv]\ndescription = base", "base", id="base"),
        pytest.param("[testenv]\ndescription = base\n[testenv:a-b]\ndescription = own", "own", id="own"),
        pytest.param(
            "[testenv:a-{b,c}]\ndescription = one\n[testenv:a-b]\ndescription = two",
            "one",
            id="the first in the file",
        ),
        pytest.param(
            "[testenv]\ndescription = base\n[testenv:a-b]\ndescription =\n    x: never",
            "base",
            id="nothing holds",
        ),
        pytest.param("[testenv:a-b]\nbase = s\n[s]\ndescription = s", "s", id="another base"),
        pytest.param(
            "[testenv:a-b]\nbase = c\n[testenv:c]\ndescription = c", "c", id="an environment as base"
        ),
        pytest.param(
            "[testenv:a-b]\nbase = c\n[testenv:c]\nbase = d\n[testenv:d]\ndescription = d",
            "",
            id="a base has no base",
        ),
        pytest.param("[testenv]\nDescription = X # not this", "X", id="case, and a comment"),
        pytest.param('[testenv]\ndescription = "a # b', '"a', id="a comment within quotes"),
        pytest.param("[testenv]\ndescription = a \\# b", "a # b", id="no comment"),
        pytest.param("[testenv]\ndescription = a \\\n    b", "a b", id="continued"),
        pytest.param("[testenv]\ndescription = %%(x)s %", "%%(x)s %", id="percent"),
    ],
)
def test_where_a_key_is_from(value: Shown, sections: str, description: str) -> None:
    assert value("description", f"[tox]\nenv_list = a-b\n{sections}\n", env="a-b") == description


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("[tox]\nx", 2, id="no value"),
        pytest.param("x = 1", 1, id="no section"),
        pytest.param("[a]\n[a]", 2, id="a section twice"),
        pytest.param("[a]\nx=1\nX=2", 3, id="a key twice"),
    ],
)
def test_a_broken_file_says_where(read: Read, text: str, line: int) -> None:
    with pytest.raises(ConfigError) as told:
        read(text)
    origin = told.value.problems[0].origin
    assert origin is not None
    assert (origin.file, origin.line) == ("tox.ini", line)


def test_other_places_for_an_ini_file(read: Read) -> None:
    assert names(read("[tox:tox]\nenv_list = a\n[testenv:b]", "setup.cfg")) == ["a", "b"]
    legacy = '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenv_list = c\n"""\n'
    assert names(read(legacy, "legacy_tox_ini")) == ["c"]


def test_what_is_wrong_with_a_key_is_told_with_its_place(read: Read) -> None:
    (session,) = read("[tox]\nenv_list = a\n[testenv]\ncommands = x\nskip_install = maybe\n").sessions
    assert session.foreign is not None
    (problem,) = session.foreign.refused
    assert "'maybe' is neither true nor false" in problem.message
    assert problem.origin is not None
    assert (problem.origin.file, problem.origin.line) == ("tox.ini", 5)
