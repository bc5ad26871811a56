"""The comparison itself: it sees what differs, and only that. tox's own answer stands in for runner's."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.differential.answers import Answer, BrokenError, Table, ask_tox
from tests.differential.compare import compare
from tests.differential.known import KNOWN
from tests.differential.oracle import Oracle

from runner.testing import Project

CONFIG = """
    [tox]
    env_list = py3{11,12}-{a,b}, lint
    labels = static = lint
    [testenv]
    description = run {env_name}
    deps =
        pytest>=7
        a: six
    extras = Foo_Bar
    set_env =
        A = {env_dir}/x
        WORK = {work_dir}/other
    commands =
        - pytest {posargs:tests "a b"}
        python -c 'print({env_tmp_dir})'
    commands_retry = 1
    [testenv:lint]
    package = skip
    change_dir = {tox_root}/sub
    """

Change = Callable[[Table], None]

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One project for all tests here, with the config above until a test writes another."""
    return Project(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def tox(oracle: Oracle, project: Project) -> Answer:
    """What tox says of the config above."""
    project.file("tox.ini", CONFIG)
    return ask_tox(oracle, project.root)


def moved(answer: Answer, root: Path) -> Answer:
    """The same answer as by a tool that keeps its environments in other folders, with another Python."""
    text = json.dumps(msgspec.to_builtins(answer)).replace("/tox/bin/python", "/elsewhere/python")
    for name in answer.envs:
        text = text.replace(f"{root}/.tox/{name}", f"{root}/.other/envs/{name}")
    text = text.replace(f"{root}/.tox", f"{root}/.other")
    return msgspec.convert(json.loads(text), Answer)


def test_nothing_differs_but_folders_the_python_and_what_runner_adds(tox: Answer, project: Project) -> None:
    other = moved(tox, project.root)
    set_env = other.envs["lint"]["set_env"]
    assert isinstance(set_env, dict)
    set_env |= {"RUNNER_CELL": "lint", "PYTHONHASHSEED": "1"}
    comparison = compare(tox, other, str(project.root))
    assert comparison.differences == ()
    assert comparison.fields > 5 * 50


def test_an_answer_that_was_not_moved_is_not_equal_by_accident(tox: Answer, project: Project) -> None:
    wrong = moved(tox, project.root)
    for table in wrong.envs.values():
        table["env_dir"] = "/nowhere"
    assert {found.key for found in compare(tox, wrong, str(project.root)).unknown} >= {
        "set_env",
        "env_python",
    }


def _set(key: str, value: object) -> Change:
    def change(table: Table) -> None:
        table[key] = value

    return change


BROKEN = {
    "another value": ("description", _set("description", "run py311")),
    "another order": ("commands", lambda table: table["commands"].reverse()),
    "a prefix is gone": ("commands", lambda table: table["commands"].__setitem__(0, "pytest tests 'a b'")),
    "other quotes": ("commands", lambda table: table["commands"].__setitem__(0, "- pytest tests a b")),
    "a dep more": ("deps", lambda table: table["deps"].append("idna")),
    "a name that is not canonical": ("extras", _set("extras", ["Foo_Bar"])),
    "a text for a list": ("base_python", _set("base_python", "py311")),
    "true for a number": ("commands_retry", _set("commands_retry", True)),
    "an error for a value": ("commands", _set("commands", {"error": "it is wrong"})),
    "a variable is gone": ("set_env", lambda table: table["set_env"].pop("A")),
    "a variable more": ("set_env", lambda table: table["set_env"].update(MORE="1")),
    "a name that is passed is gone": ("pass_env", lambda table: table["pass_env"].remove("HOME")),
    "a key is gone": ("platform", lambda table: table.pop("platform")),
    "a key more": ("unused", _set("unused", ["comands"])),
    "a folder of another env": ("env_bin_dir", lambda table: _append(table, "env_bin_dir", "x")),
}


def _append(table: Table, key: str, text: str) -> None:
    table[key] = f"{table[key]}{text}"


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_key_is_found_and_named(tox: Answer, project: Project, case: str) -> None:
    key, change = BROKEN[case]
    other = moved(tox, project.root)
    change(other.envs["py311-a"])
    comparison = compare(tox, other, str(project.root))
    assert [(found.env, found.key) for found in comparison.unknown] == [("py311-a", key)]
    assert comparison.fields == comparison.equal + 1
    assert f"py311-a: {key}" in str(comparison)


def test_an_env_that_one_does_not_show_is_found(tox: Answer, project: Project) -> None:
    other = moved(tox, project.root)
    del other.envs["lint"]
    other.envs["lnit"] = {}
    found = compare(tox, other, str(project.root)).unknown
    assert {(each.env, each.tox, each.runner) for each in found} == {
        ("lint", True, False),
        ("lnit", False, True),
    }


@pytest.mark.parametrize("field", ["default", "additional"])
def test_lists_that_differ_are_found(tox: Answer, project: Project, field: str) -> None:
    other = msgspec.structs.replace(moved(tox, project.root), **{field: ("py311-a",)})
    assert [found.key for found in compare(tox, other, str(project.root)).unknown] == [field]


def test_core_keys_count_when_runner_shows_them(tox: Answer, project: Project) -> None:
    other = moved(tox, project.root)
    other.core["labels"] = {"static": ["lint", "py311-a"]}
    assert [found.key for found in compare(tox, other, str(project.root)).unknown] == ["labels"]
    silent = msgspec.structs.replace(other, core={})
    assert compare(tox, silent, str(project.root)).unknown == ()


def test_a_config_that_only_one_refuses_is_found(tox: Answer, oracle: Oracle, project: Project) -> None:
    project.file("tox.ini", "[tox]\nenv_list = a\nenv_list = b\n")
    refused = ask_tox(oracle, project.root)
    assert "already exists" in refused.refused
    assert compare(refused, refused, str(project.root)).unknown == ()
    for pair in ((tox, refused), (refused, tox)):
        assert [found.key for found in compare(*pair, str(project.root)).unknown] == ["refused"]


def test_what_tox_cannot_say_without_the_interpreter_is_known(oracle: Oracle, project: Project) -> None:
    project.file("tox.ini", "[tox]\nenv_list = py399\n")
    tox = ask_tox(oracle, project.root)
    other = moved(tox, project.root)
    other.envs["py399"]["py_dot_ver"] = "3.99"
    comparison = compare(tox, other, str(project.root))
    assert comparison.unknown == ()
    assert [found.key for found in comparison.differences] == ["py_dot_ver"]


def test_that_tox_broke_is_no_answer(oracle: Oracle, project: Project) -> None:
    project.file("tox.ini", CONFIG)
    with pytest.raises(BrokenError, match="null byte"):
        ask_tox(oracle, project.root, "--root", "\0")


def test_one_process_answers_as_many_do(
    oracle: Oracle, project: Project, run_cache: Path, variables: dict[str, str]
) -> None:
    """What a call leaves behind in tox's process has no part in the next answer."""
    project.file("tox.ini", CONFIG)
    before = ask_tox(oracle, project.root, posargs=["x y"])
    project.file("tox.ini", "[testenv]\nset_env = A = {env:B}\n")
    other = ask_tox(oracle, project.root, env={"B": "from outside"})
    project.file("tox.ini", CONFIG)
    assert ask_tox(oracle, project.root, posargs=["x y"]) == before
    assert ask_tox(oracle, project.root) != before
    with Oracle(run_cache / "tox" / "bin" / "python", variables) as fresh:
        assert ask_tox(fresh, project.root, posargs=["x y"]) == before
    assert other.default == ("py",)
    assert other.envs["py"]["set_env"]["A"] == "from outside"  # type: ignore[index]


def test_the_documentation_lists_every_wanted_difference() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "tox.md"
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert [known.reason for known in KNOWN if known.reason not in text] == []
