"""Random selections and orders, against slow and obvious readings of the same rules."""

from itertools import permutations, product

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.plan.builders import config, plan, session

from runner.model.config import Config, Session
from runner.model.errors import NothingSelected
from runner.model.plan import Cell, Edges, Plan
from runner.plan.order import starting_order

NAMES = ("a", "b", "a-b", "tests", "main")
LABELS = ("a", "b", "main", "a-b", "1", "x")


@st.composite
def configs(draw: st.DrawFn) -> Config:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3))
    return config(*(draw(sessions(name)) for name in names))


@st.composite
def sessions(draw: st.DrawFn, name: str) -> Session:
    labels = st.lists(st.sampled_from(LABELS), unique=True, min_size=1, max_size=3)
    matrix = draw(st.dictionaries(st.sampled_from(("n", "m")), labels, max_size=2))
    python = draw(st.sampled_from((None, ["3.11"], ["3.11", "3.12"])))
    return session(name, python=python, matrix=matrix, default=draw(st.booleans()))


SELECTORS = st.one_of(
    st.lists(st.sampled_from([*NAMES, *LABELS, "py311", "py312", "n1"]), min_size=1, max_size=3).map(
        "-".join
    ),
    st.sampled_from(["ALL", "*", "a*", "py3*", "*-py311", "tests-*", "?", "[ab]*", "m*"]),
)


def globbed(pattern: str, text: str) -> bool:
    """Match one pattern of those above, character by character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(globbed(pattern[1:], text[at:]) for at in range(len(text) + 1))
    if pattern.startswith("[ab]"):
        return text[:1] in ("a", "b") and globbed(pattern[4:], text[1:])
    return bool(text) and pattern[0] in ("?", text[0]) and globbed(pattern[1:], text[1:])


def joins(cell: Cell) -> dict[str, bool]:
    """Return all dash-joins of distinct members, and whether one that spells so uses the session's name."""
    members = {cell.session, *cell.factors}
    found: dict[str, bool] = {}
    for size in range(1, len(members) + 1):
        for chosen in permutations(sorted(members), size):
            text = "-".join(chosen)
            found[text] = found.get(text, False) or cell.session in chosen
    return found


def meant(selector: str, cells: tuple[Cell, ...], defaults: set[str]) -> set[str]:
    """Return the ids that a selector means: the paragraph of the manual, sentence by sentence."""
    if selector == "ALL":
        return {cell.id for cell in cells}
    if any(char in selector for char in "*?["):
        found = {cell.id for cell in cells if globbed(selector, cell.id)}
        if "-" not in selector:
            of_defaults = [cell for cell in cells if cell.session in defaults]
            found |= {
                cell.id for cell in of_defaults if any(globbed(selector, factor) for factor in cell.factors)
            }
        return found
    if any(cell.id == selector for cell in cells):
        return {selector}
    hits = {cell.id: joins(cell)[selector] for cell in cells if selector in joins(cell)}
    if any(hits.values()):
        return {id_ for id_, named in hits.items() if named}
    return {cell.id for cell in cells if cell.id in hits and cell.session in defaults}


def outcome(made: Config, **asked: list[str]) -> set[str] | None:
    try:
        return set(plan(made, **asked).chosen)  # type: ignore[arg-type] # as plan's
    except NothingSelected:
        return None


def planned(made: Config) -> Plan:
    """Plan everything; configs whose cells collide are not of interest here."""
    ids = [cell for one in made.sessions for cell in ids_of(one)]
    assume(len(set(ids)) == len(ids))
    found = plan(made, select=["ALL"])
    assert [cell.id for cell in found.cells] == ids
    return found


def ids_of(one: Session) -> list[str]:
    """Return the ids of a session without excludes."""
    factors = [[value.factor for value in axis.values] for axis in one.axes]
    return ["-".join((one.name, *chosen)) for chosen in product(*factors)]


@given(configs(), st.lists(SELECTORS, min_size=1, max_size=3), st.lists(SELECTORS, max_size=2))
def test_selectors_mean_what_the_reference_says(made: Config, select: list[str], skip: list[str]) -> None:
    cells = planned(made).cells
    names = {one.name for one in made.sessions}
    defaults = {one.name for one in made.sessions if one.default}
    wanted = [meant(selector, cells, defaults) for selector in select]
    without = [meant(selector, cells, names) for selector in skip]
    expected = set().union(*wanted) - set().union(*without)
    all_match = all(wanted) and all(without)
    assert outcome(made, select=select, skip=skip) == (expected if all_match and expected else None)


@given(configs(), st.lists(SELECTORS, min_size=1, max_size=3))
def test_the_default_key_selects_with_every_session_counting(made: Config, default: list[str]) -> None:
    cells = planned(made).cells
    names = {one.name for one in made.sessions}
    wanted = [meant(selector, cells, names) for selector in default]
    assume(all(wanted))
    keyed = config(*made.sessions, default=tuple(default))
    assert outcome(keyed) == set().union(*wanted)
    assert {cell.id for cell in plan(keyed).cells if cell.default} == set().union(*wanted)


@given(configs(), st.permutations(["3.11", "3.12", "3.14"]), st.integers(1, 3))
def test_pythons_are_added_then_kept(made: Config, pythons: list[str], count: int) -> None:
    planned(made)
    asked = pythons[:count]
    added = [one for one in made.sessions if one.axes and one.axes[0].name == "python"]
    found = outcome(made, select=["ALL"], pythons=asked)
    if not added:
        assert found is None
        return
    factors = {"py" + python.replace(".", "") for python in asked}
    after = plan(made, select=["ALL"], pythons=asked)
    expected = {cell.id for cell in after.cells if cell.python.path is None and cell.factors[0] in factors}
    assert found == expected
    for one in added:
        points = 1
        for axis in one.axes[1:]:
            points *= len(axis.values)
        assert sum(cell.session == one.name for cell in after.chosen_cells()) == points * count


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Edges], dict[str, float]]:
    """Return edges without cycles, in shuffled order, and durations of some of the cells."""
    ids = [f"c{number}" for number in range(draw(st.integers(1, 8)))]
    edges = {}
    for at, id_ in enumerate(ids):
        before = st.lists(st.sampled_from(ids[:at]), unique=True, max_size=3) if at else st.just([])
        edges[id_] = Edges(tuple(draw(before)), tuple(draw(before)))
    order = draw(st.permutations(ids))
    durations = draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 9).map(float)))
    return {id_: edges[id_] for id_ in order}, durations


@given(graphs())
def test_cells_start_as_the_reference_starts_them(graph: tuple[dict[str, Edges], dict[str, float]]) -> None:
    edges, durations = graph
    longest = max(durations.values(), default=0.0)
    waits = {id_: {*edge.needs, *edge.after} for id_, edge in edges.items()}

    def chain(id_: str) -> float:
        followers = (chain(other) for other, waited in waits.items() if id_ in waited)
        return durations.get(id_, longest) + max(followers, default=0.0)

    started: list[str] = []
    while len(started) < len(edges):
        ready = [id_ for id_ in edges if id_ not in started and waits[id_] <= set(started)]
        started.append(min(ready, key=lambda id_: (-chain(id_), id_ in durations, list(edges).index(id_))))
    assert starting_order(edges, durations) == tuple(started)


@given(st.permutations(["a", "b", "py311", "t"]), st.permutations(["b-x", "t-py312"]))
def test_the_order_of_the_command_line_changes_nothing(select: list[str], skip: list[str]) -> None:
    made = config(session("a"), session("b", matrix={"n": ["x", "y"]}), session("t", python=["3.11", "3.12"]))
    assert plan(made, select=select, skip=skip).chosen == ("a", "b-y", "t-py311")
