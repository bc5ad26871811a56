import pytest
from tests.unit.plan.builders import axis, cells, config, match, plan, session, text, when

from runner.model.errors import ConfigError


def test_a_session_without_axes_is_one_cell_named_like_it() -> None:
    (cell,) = cells(config(session("lint"))).values()
    assert (cell.id, cell.folder, cell.factors, cell.axes, cell.alone) == ("lint", "lint", (), {}, True)


def test_cells_are_the_product_python_first_then_the_axes_as_written() -> None:
    found = cells(
        config(session("t", python=["3.11", "pypy3.10"], matrix={"db": ["pg"], "django": ["4.2", "5.2"]}))
    )
    assert list(found) == [
        "t-py311-pg-django4.2",
        "t-py311-pg-django5.2",
        "t-pypy310-pg-django4.2",
        "t-pypy310-pg-django5.2",
    ]
    cell = found["t-pypy310-pg-django4.2"]
    assert cell.axes == {"python": "pypy3.10", "db": "pg", "django": "4.2"}
    assert (cell.python.implementation, cell.python.version) == ("pypy", (3, 10))
    assert not cell.alone


def test_a_pinned_python_adds_no_factor() -> None:
    cell = cells(config(session("t", python="3.13t")))["t"]
    assert (cell.python.text, cell.factors) == ("3.13t", ())


def test_without_a_python_it_is_the_one_that_runs_runner() -> None:
    python = cells(config(session("t")))["t"].python
    assert (python.text, python.version, python.path) == ("3.12", (3, 12), "/usr/bin/python3.12")


def test_exclude_removes_from_the_product() -> None:
    made = session(
        "t",
        python=["3.10", "3.11"],
        matrix={"django": ["4.2", "5.2"]},
        exclude=(match(python="3.10", django="5.2"), match(python="3.4")),
    )
    assert list(cells(config(made))) == ["t-py310-django4.2", "t-py311-django4.2", "t-py311-django5.2"]


def test_a_session_that_exclude_leaves_empty_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"sessions\.t: session 't' has no cells"):
        plan(config(session("t", python=["3.10"], exclude=(match(python="*"),))))


def test_an_axis_without_values_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"matrix\.db: the axis 'db' has no values"):
        plan(config(session("t", matrix={"db": []})))


def test_include_adds_cells_with_new_values_and_their_settings() -> None:
    made = session(
        "t",
        python=["3.11", "3.12"],
        matrix={"db": ["sqlite"]},
        include=(when(match(python="3.14", db="oracle-23"), {"extra-deps": ["oracledb"]}),),
    )
    found = cells(config(made))
    assert list(found) == ["t-py311-sqlite", "t-py312-sqlite", "t-py314-oracle-23"]
    new = found["t-py314-oracle-23"]
    assert new.settings.deps == (text("oracledb"),)
    assert new.python.version == (3, 14)
    assert found["t-py311-sqlite"].settings.deps == ()


def test_axes_that_an_include_leaves_out_take_all_their_values() -> None:
    made = session(
        "t", python=["3.11", "3.12"], matrix={"db": ["pg"]}, include=(when(match(db=["x", "y"]), {}),)
    )
    assert list(cells(config(made))) == [
        "t-py311-pg",
        "t-py312-pg",
        "t-py311-x",
        "t-py311-y",
        "t-py312-x",
        "t-py312-y",
    ]


def test_an_include_of_a_point_that_is_there_gives_its_settings_to_it() -> None:
    made = session(
        "t",
        matrix={"db": {"pg": {"deps": ["label"]}, "my": {}}},
        include=(
            when(match(db="pg"), {"deps": ["include"], "retries": 1}),
            when(match(db="p*"), {"retries": 2}),
        ),
    )
    found = cells(config(made))
    assert list(found) == ["t-pg", "t-my"]
    assert found["t-pg"].settings.deps == (text("include"),)
    assert found["t-pg"].settings.retries == 2


def test_an_include_brings_an_excluded_point_back() -> None:
    made = session(
        "t", matrix={"db": ["a", "b"]}, exclude=(match(db="b"),), include=(when(match(db="b"), {}),)
    )
    assert list(cells(config(made))) == ["t-a", "t-b"]


def test_an_include_for_another_platform_adds_nothing() -> None:
    made = session("t", matrix={"db": ["a"]}, include=(when(match(db="b", platform="win32"), {}),))
    assert list(cells(config(made))) == ["t-a"]


def test_an_include_value_listed_twice_counts_once() -> None:
    made = session("t", matrix={"db": ["a"]}, include=(when(match(db=["b", "b"]), {"extra-deps": ["x"]}),))
    assert cells(config(made))["t-b"].settings.deps == (text("x"),)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({"python": "3.x"}, "'3.x' cannot be a value here"),
        ({"db": "-b"}, "'-b' cannot be a value here"),
        ({"db": "z*"}, "matches no value"),
        ({"python": "<2"}, "matches no value"),
        ({"color": "red"}, "'color' is no axis of session 't'"),
    ],
)
def test_an_include_that_can_add_nothing_is_an_error(patterns: dict[str, str], message: str) -> None:
    made = session("t", python=["3.11"], matrix={"db": ["a"]}, include=(when(match(**patterns), {}),))
    with pytest.raises(ConfigError) as caught:
        plan(config(made))
    assert message in str(caught.value)


def test_ids_are_unique_ignoring_case_and_both_cells_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        plan(config(session("t", matrix={"db": ["PG", "pg"]})))
    assert "session 't' at db = PG and session 't' at db = pg" in str(caught.value)


def test_two_sessions_cannot_make_the_same_id() -> None:
    with pytest.raises(ConfigError, match="two cells have the id 't-py311'"):
        plan(config(session("t", python=["3.11"]), session("t-py311")))


def test_too_many_cells_are_counted_not_made() -> None:
    huge = {f"axis{number}": [str(value) for value in range(100)] for number in range(10)}
    with pytest.raises(ConfigError) as caught:
        plan(config(session("small"), session("huge", matrix=huge)))
    assert "100,000,000,000,000,000,001 cells" in str(caught.value)
    assert "session 'huge'" in str(caught.value)
    assert "max-cells is 10,000" in str(caught.value)


def test_max_cells_counts_all_sessions_and_what_include_adds() -> None:
    four = session("four", matrix={"n": ["1", "2", "3", "4"]})
    assert len(cells(config(four, max_cells=4))) == 4
    with pytest.raises(ConfigError, match="has 5 cells"):
        plan(config(four, session("one"), max_cells=4))
    more = session("four", matrix={"n": ["1", "2", "3", "4"]}, include=(when(match(n="5"), {}),))
    with pytest.raises(ConfigError, match="has 5 cells"):
        plan(config(more, max_cells=4))
    wide = [str(value) for value in range(100)]
    bomb = session(
        "bomb",
        matrix={"a": ["1"], "b": ["1"], "c": ["1"], "d": ["1"]},
        include=(when(match(a=wide, b=wide, c=wide, d=wide), {}),),
    )
    with pytest.raises(ConfigError, match="has 100,000,000 cells"):
        plan(config(bomb))


def test_long_ids_get_short_folders_of_their_own() -> None:
    long = [f"{'x' * 70}{end}" for end in "ab"]
    one, other = cells(config(session("t", matrix={"n": long}))).values()
    assert one.id == f"t-{long[0]}"
    assert len(one.folder) <= 64
    assert one.folder.lower() != other.folder.lower()
    assert one.folder.startswith("t-xxx")


def test_factors_start_with_a_letter() -> None:
    assert [value.factor for value in axis("django", ["4.2", "main"]).values] == ["django4.2", "main"]
    made = session("t", matrix={"n": ["1"]}, include=(when(match(n=["2", "two"]), {}),))
    assert list(cells(config(made))) == ["t-n1", "t-n2", "t-two"]


def test_include_is_checked_whatever_the_platform() -> None:
    for patterns in ({"nope": "x", "platform": "win32"}, {"platform": "win32", "nope": "x"}):
        made = session("t", matrix={"db": ["a"]}, include=(when(match(**patterns), {}),))
        with pytest.raises(ConfigError, match="'nope' is no axis of session 't'"):
            plan(config(made))
    made = session("t", include=(when(match(platform="<3"), {}),))
    with pytest.raises(ConfigError, match="compares nothing"):
        plan(config(made))


def test_entries_of_include_are_counted_one_by_one() -> None:
    entries = tuple(when(match(n=[f"x{entry}y{value}" for value in range(9)]), {}) for entry in range(50))
    with pytest.raises(ConfigError, match="has 11 cells, all of them in session 't'"):
        plan(config(session("t", matrix={"n": ["1", "2"]}, include=entries), max_cells=10))


def test_two_sessions_whose_cells_all_collide_are_told_once() -> None:
    numbers = [str(number) for number in range(9)]
    with pytest.raises(ConfigError) as caught:
        plan(config(session("t", matrix={"n": numbers}), session("T", matrix={"n": numbers})))
    assert [problem.message for problem in caught.value.problems] == [
        "two cells have the id 'T-n0': session 't' at n = 0 and session 'T' at n = 0"
    ]
