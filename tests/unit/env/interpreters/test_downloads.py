"""Which Pythons are downloaded, and what is found then."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.env.interpreters.asking import MakeInterpreters, asks

from runner.model.errors import CellError
from runner.model.ports import Stop
from runner.model.python import PythonSpec
from runner.process import StopSwitch


class Shelf:
    """Downloads that have a few Pythons, by request, and put them where uv does."""

    def __init__(self, fake: Callable[[str, str], Path], **pythons: str) -> None:
        self._fake = fake
        self._pythons = pythons
        self.asked: list[str] = []

    def install(self, spec: PythonSpec, stop: Stop) -> None:
        self.asked.append(spec.text)
        version = self._pythons.get(spec.factor)
        if version is None:
            raise CellError("python", f"no {spec.text} on this shelf")
        name = ".".join(version.split(".")[:2])
        self._fake(f"home/.local/share/uv/python/cpython-{version}-linux/bin/python{name}", version)


def test_what_no_place_has_is_downloaded_once_and_there_in_the_next_run(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path], later: Callable[[], None]
) -> None:
    shelf = Shelf(fake, py312="3.12.4")
    with pytest.raises(CellError, match="is not installed"):
        interpreters().find(asks("3.12"), StopSwitch())
    later()
    for _ in range(2):
        run = interpreters(downloads=shelf)
        assert [run.find(asks("3.12"), StopSwitch()).version for _ in range(2)] == ["3.12.4"] * 2
    assert shelf.asked == ["3.12"]


def test_who_asks_first_does_not_matter(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    """The Python that one request brought does not serve another in the same run."""
    for order in (("3.12", "3.12.4"), ("3.12.4", "3.12")):
        shelf = Shelf(fake, py312="3.12.9", py3124="3.12.4")
        run = interpreters(downloads=shelf)
        found = {text: run.find(asks(text), StopSwitch()).version for text in order}
        assert found == {"3.12": "3.12.9", "3.12.4": "3.12.4"}


def test_of_several_that_would_do_one_that_is_there_comes_first(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    shelf = Shelf(fake, py314="3.14.2")
    several = replace(asks("3.13"), others=(asks("3.14"), asks("3.15")))
    assert interpreters(downloads=shelf).find(several, StopSwitch()).version == "3.14.2"
    assert shelf.asked == ["3.13", "3.14"]
    fake("home/.pyenv/versions/3.15.0/bin/python3.15", "3.15.0")
    again = replace(asks("3.13"), others=(asks("3.16"), asks("3.15")))
    assert interpreters(downloads=shelf).find(again, StopSwitch()).version == "3.15.0"
    assert shelf.asked == ["3.13", "3.14"]


def test_what_one_request_did_not_find_another_may_still_download(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    run = interpreters(downloads=Shelf(fake, py312="3.12.4"))
    several = replace(asks("3.12"), others=(asks("3.13"),))
    assert [run.find(spec, StopSwitch()).version for spec in (asks("3.12"), several)] == ["3.12.4"] * 2


def test_what_cannot_be_downloaded_is_told_and_a_path_is_not_asked_for(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    shelf = Shelf(fake)
    run = interpreters(downloads=shelf, missing="download")
    several = replace(asks("3.13"), others=(asks("3.14"),))
    for spec, says in (
        (several, "no 3.13 on this shelf\nno 3.14 on this shelf"),
        (PythonSpec(text="./python", path="./python"), "there is no Python at"),
        (asks("2.7"), "cannot be used"),
        (replace(asks("3.12"), missing="skip"), "is not installed"),
    ):
        with pytest.raises(CellError, match=says) as caught:
            run.find(spec, StopSwitch())
        assert caught.value.skip == (spec.missing == "skip")
    assert shelf.asked == ["3.13", "3.14"]


def test_what_was_downloaded_and_does_not_answer_is_an_error(
    interpreters: MakeInterpreters, fake: Callable[[str, str], Path]
) -> None:
    shelf = Shelf(fake, py312="3.11.4")
    with pytest.raises(CellError, match=r"Python 3\.12 was downloaded, but what is there now"):
        interpreters(downloads=shelf).find(asks("3.12"), StopSwitch())
