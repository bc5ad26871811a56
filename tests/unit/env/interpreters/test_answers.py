import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from runner.env.interpreters.answers import Answers, Looked, Question, host
from runner.model.python import Interpreter


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Return a file that stands for a Python, in a folder that is a day old."""
    path = tmp_path / "bin" / "python3.12"
    path.parent.mkdir()
    path.write_text("a python\n")
    settle(path)
    settle(path.parent)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "answers"


@pytest.fixture
def asked(python: Path) -> Question:
    return Question(host(), implementation="cpython", version=(3, 12), folders=(str(python.parent),))


@pytest.fixture
def known(store: Path, python: Path, asked: Question) -> Interpreter:
    """Return the remembered answer to the question that is `asked`."""
    interpreter = describe(python)
    Answers(store).keep(asked, interpreter, look(python))
    assert answer(store, asked) == interpreter
    return interpreter


def settle(path: Path) -> None:
    day_ago = time.time() - 24 * 3600
    os.utime(path, (day_ago, day_ago))


def look(python: Path) -> Looked:
    looked = Looked()
    looked.folder(str(python.parent))
    looked.program(str(python))
    return looked


def describe(python: Path) -> Interpreter:
    return Interpreter(
        executable=str(python.resolve()),
        implementation="cpython",
        version="3.12.4",
        sys_version="3.12.4 (main)",
        soabi="cpython-312-x86_64-linux-gnu",
        free_threaded=False,
        size=python.stat().st_size,
        mtime=python.stat().st_mtime_ns,
        platform="linux-x86_64",
        tags=("py3-none-any",),
    )


def answer(store: Path, question: Question) -> Interpreter | None:
    """Return the interpreter that is remembered; None also when nothing is."""
    found = Answers(store).find(question)
    return None if found is None else found.interpreter


@pytest.mark.parametrize(
    "change",
    [
        lambda python: python.write_text("another python\n"),
        lambda python: python.chmod(0o600),
        lambda python: (python.parent / "python3").touch(),
        lambda python: python.rename(python.with_name("python")),
        lambda python: python.parent.rename(python.parent.with_name("elsewhere")),
    ],
    ids=["written to", "chmod", "one more", "renamed", "folder gone"],
)
def test_an_answer_lasts_until_what_was_looked_at_changes(
    store: Path, python: Path, asked: Question, known: Interpreter, change: Callable[[Path], object]
) -> None:
    change(python)
    assert Answers(store).find(asked) is None


def test_that_there_is_none_lasts_until_a_missing_folder_appears(tmp_path: Path, asked: Question) -> None:
    store, looked = tmp_path / "answers", Looked()
    looked.folder(str(tmp_path / "later"))
    Answers(store).keep(asked, None, looked)
    found = Answers(store).find(asked)
    assert found is not None
    assert found.interpreter is None
    (tmp_path / "later").mkdir()
    settle(tmp_path / "later")
    assert Answers(store).find(asked) is None


def test_a_link_led_elsewhere_to_an_equal_file_is_a_change(
    store: Path, python: Path, asked: Question
) -> None:
    (python.parent.parent / "twin").mkdir()
    (python.parent.parent / "twin" / "python3.12").hardlink_to(python)
    link = python.parent.parent / "link"
    link.symlink_to("bin")
    looked = Looked()
    looked.program(f"{link}/python3.12")
    Answers(store).keep(asked, describe(python), looked)
    assert answer(store, asked) == describe(python)
    link.unlink()
    link.symlink_to("twin")
    assert Answers(store).find(asked) is None


@pytest.mark.parametrize("ago", [0.5, -3600.0], ids=["just now", "in the future"])
def test_what_changed_just_now_may_change_again_unseen(
    store: Path, python: Path, asked: Question, ago: float
) -> None:
    then = time.time() - ago
    os.utime(python.parent, (then, then))
    Answers(store).keep(asked, describe(python), look(python))
    assert not store.exists()


def test_what_two_searches_saw_differently_is_doubtful(python: Path) -> None:
    first = look(python)
    assert not first.doubtful
    python.write_text("another python\n")
    settle(python)
    second = look(python)
    second.include(first)
    assert second.doubtful


def test_an_interpreter_that_was_not_looked_at_is_not_remembered(
    store: Path, python: Path, asked: Question
) -> None:
    Answers(store).keep(asked, describe(python), Looked())
    Answers(store).keep(asked, msgspec.structs.replace(describe(python), size=1), look(python))
    assert not store.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"[" * 100_000,
        lambda whole: b"\xff" + whole,
        lambda whole: whole.replace(b'"tags":["', b'"tags":[1,"'),
        lambda whole: whole.replace(b"/bin", b"/b\\u0000"),
        lambda whole: whole.replace(b'"version":[3,12]', b'"version":[3,11]'),
        lambda whole: whole.replace(b'"size":', b'"size":1'),
        lambda whole: whole.replace(b'"executable":"', b'"executable":"/other'),
    ],
    ids=["empty", "cut", "deep", "bytes", "types", "nul", "question", "size", "executable"],
)
def test_a_broken_file_is_as_if_it_were_not_there_and_is_written_anew(
    store: Path, python: Path, asked: Question, known: Interpreter, damage: Callable[[bytes], bytes]
) -> None:
    (file,) = store.iterdir()
    whole = file.read_bytes()
    broken = damage(whole)
    assert broken != whole
    file.write_bytes(broken)
    assert Answers(store).find(asked) is None
    Answers(store).keep(asked, known, look(python))
    assert answer(store, asked) == known


def test_a_file_in_the_place_of_another_is_not_taken_for_it(
    store: Path, python: Path, asked: Question, known: Interpreter
) -> None:
    (file,) = store.iterdir()
    other = msgspec.structs.replace(asked, version=(3, 13))
    Answers(store).keep(other, None, look(python))
    (place,) = set(store.iterdir()) - {file}
    place.write_bytes(file.read_bytes())
    assert Answers(store).find(other) is None
    assert answer(store, asked) == known


def test_where_nothing_can_be_kept_nothing_is_remembered(
    tmp_path: Path, python: Path, asked: Question
) -> None:
    (tmp_path / "file").touch()
    for folder in (None, tmp_path / "file" / "answers", tmp_path / "file"):
        Answers(folder).keep(asked, describe(python), look(python))
        assert Answers(folder).find(asked) is None


def test_a_path_that_is_no_text_is_not_remembered(store: Path, python: Path) -> None:
    question = Question(host(), path=os.fsdecode(b"/opt/caf\xe9/python"))
    Answers(store).keep(question, describe(python), look(python))
    assert Answers(store).find(question) is None


def test_answers_of_long_ago_go_when_another_comes(
    store: Path, python: Path, asked: Question, known: Interpreter
) -> None:
    (old,) = store.iterdir()
    month_ago = time.time() - 31 * 24 * 3600
    os.utime(old, (month_ago, month_ago))
    question = Question(host(), path=str(python))
    Answers(store).keep(question, known, look(python))
    assert answer(store, question) == known
    assert not old.exists()
