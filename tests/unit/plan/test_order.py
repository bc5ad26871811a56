import msgspec
import pytest
from tests.unit.plan.builders import chosen, config, plan, session, text

from runner.model.errors import ConfigError, NothingSelected
from runner.model.plan import Edges

TESTS = session("tests", python=["3.11", "3.12"])
COVERAGE = session("coverage", needs=["tests"], default=False)


def test_what_a_cell_needs_is_added_and_runs_first() -> None:
    found = plan(config(COVERAGE, TESTS), select=["coverage"])
    assert found.chosen == ("tests-py311", "tests-py312", "coverage")
    assert found.edges["coverage"] == Edges(needs=("tests-py311", "tests-py312"))
    assert found.edges["tests-py311"] == Edges()


def test_needs_of_needs_are_added() -> None:
    made = config(
        session("a", needs=["b"]), session("b", needs=["c"], default=False), session("c", default=False)
    )
    assert plan(made).chosen == ("c", "b", "a")
    assert {cell.id for cell in plan(made).cells if cell.default} == {"a", "b", "c"}, "a bare run runs them"


def test_needs_are_added_whatever_option_selected_the_cell() -> None:
    made = config(TESTS, session("report", python=["3.12"], needs=["tests"], tags=("report",)))
    assert chosen(made, tags=["report"]) == {"report-py312", "tests-py311", "tests-py312"}
    assert chosen(made, select=["report"], pythons=["3.12"]) == {"report-py312", "tests-py311", "tests-py312"}


def test_no_needs_runs_just_the_selection() -> None:
    found = plan(config(COVERAGE, TESTS), select=["coverage"], no_needs=True)
    assert found.chosen == ("coverage",)
    assert found.edges == {"coverage": Edges()}


def test_skipped_cells_are_not_waited_for_nor_what_they_need() -> None:
    made = config(
        session("a", needs=["b"]), session("b", needs=["c"], default=False), session("c", default=False)
    )
    found = plan(made, skip=["b"])
    assert found.chosen == ("a",)
    assert found.edges["a"] == Edges()


def test_a_selection_skipped_whole_does_not_run_its_needs() -> None:
    with pytest.raises(NothingSelected, match="--skip takes all"):
        plan(config(COVERAGE, TESTS), select=["coverage"], skip=["coverage"])


def test_after_orders_and_adds_nothing() -> None:
    made = config(session("last", after=["first"]), session("first"))
    assert plan(made).chosen == ("first", "last")
    assert plan(made).edges["last"] == Edges(after=("first",))
    assert plan(made, select=["last"]).chosen == ("last",)


def test_needs_may_hold_the_axes() -> None:
    made = config(
        session("build", python=["3.11", "3.12"], matrix={"db": ["pg", "my"]}),
        session("check", python=["3.11", "3.12"], matrix={"db": ["pg", "my"]}, needs=["build-{py}-{db}"]),
    )
    edges = plan(made).edges
    assert edges["check-py311-my"].needs == ("build-py311-my",)


def test_py_in_needs_is_that_of_a_pinned_or_running_python() -> None:
    made = config(
        session("build", python=["3.11", "3.12"]),
        session("pinned", python="3.11", needs=["build-{py}"]),
        session("free", after=["build-{py}"]),
    )
    assert plan(made).edges["pinned"].needs == ("build-py311",)
    assert plan(made).edges["free"].after == ("build-py312",)


def test_a_cell_never_needs_itself() -> None:
    made = config(session("t", matrix={"n": ["1", "2", "3"]}, needs=["t-n1"]))
    edges = plan(made).edges
    assert edges["t-n1"] == Edges()
    assert edges["t-n2"] == Edges(needs=("t-n1",))


@pytest.mark.parametrize("selector", ["ALL", "py311", "*-py311", "n1"])
def test_needs_name_a_session(selector: str) -> None:
    made = config(TESTS, session("other", matrix={"n": ["1"]}), session("t", needs=[selector]))
    with pytest.raises(ConfigError, match="names no session"):
        plan(made)


def test_needs_may_be_a_glob_that_starts_with_a_name() -> None:
    made = config(TESTS, session("t", needs=["tests-*2"]))
    assert plan(made).edges["t"].needs == ("tests-py312",)


@pytest.mark.parametrize("key", ["needs", "after"])
def test_a_selector_that_matches_nothing_is_told_with_the_nearest(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: 'tets-py311' matches no cell(.|\n)*tests-py311"):
        plan(config(TESTS, msgspec.structs.replace(session("t"), **{key: (text("tets-py311"),)})))


def test_a_filled_selector_that_matches_nothing_names_the_cell() -> None:
    made = config(TESTS, session("t", python=["3.11", "3.13"], needs=["tests-{py}"]))
    with pytest.raises(ConfigError) as caught:
        plan(made)
    assert "needs: 'tests-py313' matches no cell (for t-py313)" in str(caught.value)
    assert "py311" not in str(caught.value).partition("\n")[0]


def test_after_may_be_any_selector() -> None:
    made = config(TESTS, session("last", after=["ALL"]), session("mid", after=["py311"]))
    edges = plan(made).edges
    assert edges["last"].after == ("tests-py311", "tests-py312", "mid")
    assert edges["mid"].after == ("tests-py311",)


def test_a_cycle_is_printed() -> None:
    made = config(
        session("a", needs=["b"]), session("b", after=["c"]), session("c", needs=["a"]), session("d")
    )
    with pytest.raises(ConfigError, match="a needs b, b is after c, c needs a"):
        plan(made)


def test_a_cycle_that_does_not_run_is_an_error_too() -> None:
    made = config(
        session("a", needs=["b"]), session("b", needs=["a"]), session("d", needs=["a"]), session("e")
    )
    with pytest.raises(ConfigError, match="a needs b, b needs a"):
        plan(made, select=["e"])


def test_cells_of_one_session_that_wait_for_each_other_are_a_cycle() -> None:
    with pytest.raises(ConfigError, match="t-n1 needs t-n2, t-n2 needs t-n1"):
        plan(config(session("t", matrix={"n": ["1", "2"]}, needs=["t"])))


def test_the_longest_starts_first() -> None:
    made = config(session("a"), session("b"), session("c"))
    assert plan(made, durations={"a": 1, "b": 3, "c": 2}).chosen == ("b", "c", "a")
    assert plan(made, durations={"a": 1, "b": 3, "c": 2, "z": 9}).expected == {"b": 3, "c": 2, "a": 1}


def test_without_durations_the_file_says_the_order() -> None:
    assert plan(config(session("c"), session("a"), session("b"))).chosen == ("c", "a", "b")


def test_a_cell_that_never_ran_counts_as_the_longest() -> None:
    made = config(session("a"), session("new"), session("long"), session("new2"))
    assert plan(made, durations={"a": 1, "long": 9}).chosen == ("new", "new2", "long", "a")


def test_a_short_cell_that_a_long_one_needs_starts_early() -> None:
    made = config(session("mid"), session("short"), session("long", needs=["short"]))
    assert plan(made, durations={"mid": 5, "short": 1, "long": 9}).chosen == ("short", "long", "mid")


def test_the_order_of_the_command_line_changes_nothing() -> None:
    made = config(session("a"), session("b"), TESTS)
    one = plan(made, select=["a", "b", "py311"], skip=["a", "b"], pythons=["3.12", "3.11"])
    other = plan(made, select=["py311", "b", "a"], skip=["b", "a"], pythons=["3.11", "3.12"])
    assert one == other


def test_a_selector_that_thousands_of_cells_miss_is_told_once() -> None:
    numbers = [str(number) for number in range(60)]
    made = session("big", matrix={"a": numbers, "b": numbers}, needs=["bgi-{a}-{b}"])
    with pytest.raises(ConfigError) as caught:
        plan(config(made))
    (problem,) = caught.value.problems
    assert problem.message == "needs: 'bgi-0-0' matches no cell (for big-a0-b0)"
