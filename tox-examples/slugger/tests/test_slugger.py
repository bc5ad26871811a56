import os

import pytest
import slugger


@pytest.mark.parametrize("title, expected", [
    ("Hello, World!", "hello-world"),
    ("Crème brûlée", "creme-brulee"),
    ("", ""),
])
def test_titles(title, expected):
    assert slugger.slug(title) == expected


def test_and_is_a_word_of_the_language():
    assert slugger.slug("A&B") == f"a-{slugger.WORDS[slugger.LANGUAGE]}-b"


def test_commands_run_among_the_tests():
    assert "test_slugger.py" in os.listdir()
