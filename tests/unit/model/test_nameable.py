"""Which paths text can hold."""

import pytest

from runner.model.nameable import unnameable


@pytest.mark.parametrize("path", ["/a", "/ä/名前", "/a b\n"])
def test_text_can_be_named(path: str) -> None:
    assert unnameable(path) == ""


def test_bytes_that_are_no_text_are_shown_with_what_to_do() -> None:
    said = "/n\\xe4me is not valid UTF-8, and locks and results could not name it: rename it"
    assert unnameable("/n\udce4me") == said


def test_text_that_the_locale_does_not_have_is_told_apart() -> None:
    name = "/\udcc3\udca4"  # as Python reads it where file names are ASCII
    assert "/ä cannot be named in the encoding of this locale" in unnameable(name)
