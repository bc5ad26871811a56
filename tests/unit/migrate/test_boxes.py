"""Points are covered by boxes: each once, and nothing else that is not free."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from runner.migrate.boxes import cover

AXES = (("a", "b", "c"), ("x", "y"), ("1", "2", "3"))
POINTS = list(product(*AXES))


@given(st.sets(st.sampled_from(POINTS)), st.sets(st.sampled_from(POINTS)))
def test_each_wanted_point_is_in_one_box(wanted: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> None:
    free = other - wanted
    held = [point for box in cover(sorted(wanted), free, AXES) for point in product(*box)]
    assert {point for point in held if point in wanted} == wanted
    assert len([point for point in held if point in wanted]) == len(wanted)
    assert set(held) <= wanted | free


def test_a_plane_is_one_box_and_free_points_make_it_whole() -> None:
    plane = [point for point in POINTS if point[1] == "x"]
    assert cover(plane, (), AXES) == [(AXES[0], ("x",), AXES[2])]
    assert cover(plane[1:], plane[:1], AXES) == [(AXES[0], ("x",), AXES[2])]


def test_without_axes_there_is_one_point() -> None:
    assert cover([()], (), ()) == [()]
