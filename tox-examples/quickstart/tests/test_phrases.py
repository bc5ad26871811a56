import pytest

from greeter import LANGUAGES, Guest, UnknownLanguage, greet


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_name(language: str) -> None:
    assert "Ada" in greet(Guest("Ada", language))


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(UnknownLanguage, match="en, fr, is"):
        greet(Guest("Ada", "xx"))
