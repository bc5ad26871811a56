import os
import sys

import pytest
from quantities import PRECISION, STRICT, Quantity, UnitError, metre, second


def test_quantities_of_one_unit_add_up():
    assert 2 * metre + metre == Quantity(3, "m")


def test_quantities_of_two_units_do_not():
    with pytest.raises(UnitError, match="m and s"):
        metre + second


def test_sums_are_rounded():
    assert Quantity(0.1, "s") + Quantity(0.2, "s") == Quantity(0.3, "s")


def test_quantities_are_values():
    assert len({metre, 1 * metre, second}) == 2


def test_precision_is_what_the_environment_says():
    assert int(os.environ["QUANTITIES_PRECISION"]) == PRECISION


def test_tests_are_strict():
    assert STRICT == (sys.platform != "cygwin")
