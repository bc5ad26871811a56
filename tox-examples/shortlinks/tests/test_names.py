import pytest
from shortlinks.names import name_of, number_of


@pytest.mark.parametrize(("number", "name"), [(0, "0"), (34, "z"), (35, "10"), (1224, "zz")])
def test_a_number_has_one_name(number, name):
    assert name_of(number) == name
    assert number_of(name) == number


def test_there_is_nothing_before_the_first():
    with pytest.raises(ValueError, match="begin with 0"):
        name_of(-1)
