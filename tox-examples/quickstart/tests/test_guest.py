import attrs
import pytest

from greeter import Guest, read_guest


def test_a_guest_without_language_speaks_english() -> None:
    assert read_guest("Ada") == Guest("Ada", "en")


def test_a_language_follows_the_name() -> None:
    assert read_guest("Jón@is") == Guest("Jón", "is")


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    assert read_guest("  Ada ").name == "Ada"


def test_a_guest_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name"):
        read_guest("@fr")


def test_a_guest_does_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Guest("Ada").name = "Grace"
