"""The program's own streams: they wait where they must, and nobody breaks them."""

import io
import os
import threading
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import pytest

from runner.cli.streams import Outlet, give_up, own


def writing_to(descriptor: int) -> TextIOWrapper:
    return TextIOWrapper(os.fdopen(descriptor, "wb"), encoding="utf-8")


def test_a_stream_of_a_test_is_taken_as_it_is() -> None:
    stream = io.StringIO()
    assert own(stream, errors="strict") is stream


def test_all_is_written_though_the_pipe_is_non_blocking() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 1_000_000
    read: list[bytes] = []
    # It comes when the pipe is full already, and so writing would raise BlockingIOError.
    reader = threading.Timer(0.3, lambda: read.extend(iter(lambda: os.read(reading, 1 << 16), b"")))
    reader.start()
    stream = own(original := writing_to(writing), errors="strict")
    stream.write(text)
    stream.flush()
    original.close()
    reader.join(30)
    os.close(reading)
    assert b"".join(read).decode() == text


def test_closing_it_closes_nothing(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as original:
        stream = own(original, errors="strict")
        stream.close()
        stream.write("after")
        stream.flush()
        assert not stream.closed
    assert (tmp_path / "out").read_text() == "after"


def broken() -> TextIOWrapper:
    reading, writing = os.pipe()
    os.close(reading)
    return writing_to(writing)


def test_a_heedless_one_never_raises() -> None:
    original = broken()
    stream = own(original, errors="strict", heedless=True)
    stream.write("x" * 100_000)
    stream.flush()
    with pytest.raises(BrokenPipeError):
        own(original, errors="strict").write("x" * 100_000)
    give_up(original)
    original.close()


def test_an_outlet_says_once_why_nothing_goes_through_and_goes_on() -> None:
    said: list[str] = []
    original = broken()
    outlet = Outlet(own(original, errors="strict"), said.append)
    for _ in range(3):
        assert outlet.write("text") == 4
        outlet.flush()
    assert said == ["nobody reads the output any more"]
    original.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_an_outlet_tells_a_full_disk_from_a_reader_that_went_away() -> None:
    said: list[str] = []
    original: TextIO
    with Path("/dev/full").open("w") as original:
        outlet = Outlet(own(original, errors="strict"), said.append)
        outlet.write("text")
        outlet.flush()
    assert said == ["the output cannot be written (No space left on device)"]
