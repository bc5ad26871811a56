"""What backends keep in the user cache stays there while a run uses it."""

import errno
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.env.backends.keeping import BackendFolders, unused
from runner.env.folders import prepare_cache, remove_cache
from runner.model.errors import Cancelled, CellError
from runner.testing import FakeStop


def test_it_is_removed_when_no_run_uses_it(tmp_path: Path) -> None:
    cache = prepare_cache(tmp_path / "cache")
    one, other = BackendFolders(cache), BackendFolders(cache)
    one.use(FakeStop())
    other.use(FakeStop())
    one.leave()
    told = rf"uses what backends keep in \S+ \(pid {os.getpid()}\): wait for"
    with pytest.raises(CellError, match=told), unused(cache):
        pass
    other.leave()
    with unused(cache):
        assert remove_cache(cache)


def test_a_lock_that_was_removed_before_it_was_had_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = prepare_cache(tmp_path / "cache")
    real = fcntl.flock

    def late(lock: int, how: int) -> None:
        monkeypatch.undo()
        assert remove_cache(cache)
        real(lock, how)

    monkeypatch.setattr("fcntl.flock", late)
    run = BackendFolders(cache)
    run.use(FakeStop())
    with pytest.raises(CellError), unused(cache):
        pass
    run.leave()


def test_a_folder_that_was_removed_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = prepare_cache(tmp_path / "cache")
    real = os.open

    def late(path: Path, flags: int, mode: int) -> int:
        monkeypatch.undo()
        assert remove_cache(cache)
        return real(path, flags, mode)

    monkeypatch.setattr("os.open", late)
    run = BackendFolders(cache)
    run.use(FakeStop())
    with pytest.raises(CellError), unused(cache):
        pass
    run.leave()


def test_where_nothing_can_be_locked_what_to_do_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = prepare_cache(tmp_path / "cache")
    run = BackendFolders(cache)
    run.use(FakeStop())
    run.leave()

    def refuse(lock: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    told = rf"cannot be locked, .*: {os.strerror(errno.ENOLCK)}; if none does, remove {cache}/backends"
    with pytest.raises(CellError, match=told), unused(cache):
        pass
    monkeypatch.undo()
    (cache / "backends/.in-use").unlink()
    (cache / "backends/.in-use").mkdir()
    with pytest.raises(CellError, match="Is a directory; if none does"), unused(cache):
        pass


def test_a_run_that_comes_while_it_is_removed_waits_and_begins_anew(tmp_path: Path) -> None:
    cache = prepare_cache(tmp_path / "cache")
    before, late = BackendFolders(cache), BackendFolders(cache)
    before.use(FakeStop())
    before.leave()
    with ThreadPoolExecutor() as pool:
        with unused(cache):
            stop = FakeStop()
            stopped = pool.submit(BackendFolders(cache).use, stop)
            stop.rise()
            assert isinstance(stopped.exception(), Cancelled)
            waiting = pool.submit(late.use, FakeStop())
            assert remove_cache(cache)
        waiting.result()
    with pytest.raises(CellError), unused(cache):
        pass
    late.leave()
