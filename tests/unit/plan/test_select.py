import pytest
from tests.unit.plan.builders import HOST, chosen, config, match, plan, session

from runner.model.errors import ConfigError, NothingSelected, RunnerError, UsageError

PROJECT = config(
    session("tests", python=["3.11", "3.12"], matrix={"django": ["4.2", "5.2"]}, tags=("slow", "unit")),
    session("docs", python=["3.12"], default=False, tags=("doc",)),
    session("lint", tags=("fast",)),
    session("type-check", matrix={"mode": ["strict", "lowest-direct"]}, tags=("fast",)),
)
PY311 = {"tests-py311-django4.2", "tests-py311-django5.2"}
PY312 = {"tests-py312-django4.2", "tests-py312-django5.2"}
TYPES = {"type-check-strict", "type-check-lowest-direct"}
BARE = PY311 | PY312 | TYPES | {"lint"}


def failure(kind: type[RunnerError], **asked: object) -> str:
    with pytest.raises(kind) as caught:
        plan(PROJECT, **asked)  # type: ignore[arg-type] # as plan's
    return str(caught.value)


def test_a_bare_run_runs_the_default_sessions() -> None:
    assert chosen(PROJECT) == BARE
    assert {cell.id for cell in plan(PROJECT).cells if cell.default} == BARE
    assert len(plan(PROJECT).cells) == 8


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("ALL", BARE | {"docs-py312"}),
        ("lint", {"lint"}),
        ("docs", {"docs-py312"}),
        ("py311", PY311),
        ("py312", PY312),
        ("tests-py311", PY311),
        ("py311-tests", PY311),
        ("django4.2-py311", {"tests-py311-django4.2"}),
        ("tests-django4.2", {"tests-py311-django4.2", "tests-py312-django4.2"}),
        ("docs-py312", {"docs-py312"}),
        ("py312-docs", {"docs-py312"}),
        ("type-check", TYPES),
        ("lowest-direct", {"type-check-lowest-direct"}),
        ("lowest-direct-type-check", {"type-check-lowest-direct"}),
        ("tests-*-django5.2", {"tests-py311-django5.2", "tests-py312-django5.2"}),
        ("*py312", {"docs-py312"} | PY312),
        ("py31?", PY311 | PY312),
        ("*", BARE | {"docs-py312"}),
        ("django[45].2", PY311 | PY312),
        ("py31[0-1]", PY311),
        ("py31[!2-9]", PY311),
    ],
)
def test_every_form_of_selector(selector: str, expected: set[str]) -> None:
    assert chosen(PROJECT, select=[selector]) == expected


def test_selectors_are_united_in_any_order() -> None:
    assert chosen(PROJECT, select=["py311", "lint"]) == PY311 | {"lint"}
    assert plan(PROJECT, select=["lint", "py311"]) == plan(PROJECT, select=["py311", "lint", "lint"])


def test_an_id_means_that_cell_alone() -> None:
    both = config(session("a", matrix={"x": ["b", "c"]}), session("b", matrix={"x": ["a"]}))
    assert chosen(both, select=["a-b"]) == {"a-b"}
    assert chosen(both, select=["b-a"]) == {"b-a"}


def test_a_session_named_like_a_factor_takes_the_name() -> None:
    made = config(session("main", matrix={"x": ["one"]}), session("t", matrix={"django": ["main", "4.2"]}))
    assert chosen(made, select=["main"]) == {"main-one"}
    assert chosen(made, select=["t-main"]) == {"t-main"}


@pytest.mark.parametrize("selector", ["b-b", "b-b-a", "a-b-b"])
def test_the_members_of_a_selector_are_distinct(selector: str) -> None:
    made = config(session("a", matrix={"x": ["a", "b"]}))
    with pytest.raises(NothingSelected, match="matches no cell"):
        plan(made, select=[selector])
    assert chosen(made, select=["a-a"]) == {"a-a"}, "the id"


def test_the_default_key_says_what_a_bare_run_runs_and_whose_factors_count() -> None:
    made = config(*PROJECT.sessions, default=("docs", "tests-py311-django4.2"))
    assert chosen(made) == {"docs-py312", "tests-py311-django4.2"}
    assert chosen(made, select=["py312"]) == {"docs-py312"} | PY312
    with pytest.raises(NothingSelected, match="session 'type-check' has it: -e type-check-strict"):
        plan(made, select=["strict"])


def test_in_default_every_session_counts() -> None:
    made = config(session("t", python=["3.12"], default=False), default=("py312",))
    assert chosen(made) == {"t-py312"}


def test_a_default_that_matches_nothing_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"'tets' matches no cell(.|\n)*tests"):
        plan(config(*PROJECT.sessions, default=("tets",)))


def test_an_empty_default_leaves_nothing() -> None:
    with pytest.raises(NothingSelected, match=r"no default session(.|\n)*tests, docs, lint, type-check"):
        plan(config(*PROJECT.sessions, default=()))


def test_unknown_selectors_are_all_named_with_the_nearest() -> None:
    message = failure(NothingSelected, select=["djngo4.2", "lint", "tsts"])
    assert "-e 'djngo4.2' matches no cell" in message
    assert "the nearest: django4.2" in message
    assert "-e 'tsts' matches no cell" in message
    assert "'lint'" not in message


def test_a_python_that_no_axis_has_is_told_with_the_option_that_adds_it() -> None:
    assert "-p 3.14 adds it" in failure(NothingSelected, select=["py314"])
    assert "-p 3.14t adds it" in failure(NothingSelected, select=["tests-py314t-django4.2"])
    assert "-p pypy3.10 adds it" in failure(NothingSelected, select=["pypy310"])
    assert "-p 3.14 adds it" in failure(NothingSelected, select=["tests-py314-*"])
    assert "adds it" not in failure(NothingSelected, select=["lint-py314"])


def test_a_factor_of_a_session_that_is_no_default_is_told_with_the_session() -> None:
    made = config(session("t"), session("extra", matrix={"db": ["pg"]}, default=False))
    with pytest.raises(NothingSelected, match="session 'extra' has it: -e extra-pg"):
        plan(made, select=["pg"])


def test_skip_wins_and_counts_every_session() -> None:
    assert chosen(PROJECT, skip=["py311"]) == BARE - PY311
    assert chosen(PROJECT, select=["ALL"], skip=["py312"]) == BARE - PY312
    assert chosen(PROJECT, select=["lint", "docs"], skip=["docs"]) == {"lint"}
    assert "--skip 'nope' matches no cell" in failure(NothingSelected, skip=["nope"])
    assert "--skip takes all" in failure(NothingSelected, select=["lint"], skip=["lint"])


def test_tags_are_united_then_intersect() -> None:
    assert chosen(PROJECT, tags=["fast", "doc"]) == {"lint", "docs-py312"} | TYPES
    assert chosen(PROJECT, tags=["fast"], select=["lint", "tests"]) == {"lint"}
    assert "-t 'fsat' matches no cell" in failure(NothingSelected, tags=["fsat"])
    assert "the tags: fast" in failure(NothingSelected, tags=["fsat"])
    assert "no cell is selected by all of: -e docs -t fast" in failure(
        NothingSelected, tags=["fast"], select=["docs"]
    )


def test_python_keeps_only_cells_with_it() -> None:
    assert chosen(PROJECT, pythons=["3.11"]) == PY311
    assert chosen(PROJECT, pythons=["3.11", "3.12"]) == PY311 | PY312
    assert chosen(PROJECT, pythons=["3.12"], select=["docs"]) == {"docs-py312"}


def test_python_adds_to_every_python_axis() -> None:
    found = plan(PROJECT, pythons=["3.14"], select=["ALL"])
    assert set(found.chosen) == {"tests-py314-django4.2", "tests-py314-django5.2", "docs-py314"}
    assert len(found.cells) == 11


def test_an_added_python_passes_exclude_too() -> None:
    made = config(
        session("t", python=["3.11"], matrix={"n": ["1", "2"]}, exclude=(match(python=">3.12", n="2"),))
    )
    assert chosen(made, pythons=["3.14"]) == {"t-py314-n1"}


def test_python_keeps_a_pinned_session_but_not_one_that_follows_runner() -> None:
    made = config(session("t", python=["3.11"]), session("pinned", python="3.12"), session("free"))
    assert HOST.python == "3.12"
    assert chosen(made, pythons=["3.12"]) == {"t-py312", "pinned"}


@pytest.mark.parametrize("text", ["3", "py312", "3.x", ""])
def test_a_python_that_is_no_version_is_a_usage_error(text: str) -> None:
    assert "is not a Python version" in failure(UsageError, pythons=[text])


def test_a_python_that_no_cell_can_have_is_told() -> None:
    with pytest.raises(NothingSelected, match=r"-p 3\.14: no cell has it"):
        plan(config(session("lint")), pythons=["3.14"])


def test_python_and_a_session_without_it_have_nothing_in_common() -> None:
    assert "no cell is selected by all of: -e lint -p 3.11" in failure(
        NothingSelected, select=["lint"], pythons=["3.11"]
    )
