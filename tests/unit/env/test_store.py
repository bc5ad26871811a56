"""What is remembered across runs appears whole, goes at once, and is never a reason to fail."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from runner.env.store import UNUSED_DAYS, Store, prune_daily

DAY = 24 * 3600.0


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Store:
    return Store(tmp_path / "cache" / "things", told.append)


def made(folder: Path, text: str = "x") -> Path:
    folder.mkdir(parents=True)
    (folder / "file").write_text(text)
    return folder


def text_in(entry: Path | None) -> str:
    assert entry is not None
    return (entry / "file").read_text()


def test_what_is_kept_is_found_by_its_name(store: Store, tmp_path: Path) -> None:
    assert store.find("a") is None
    kept = store.keep("a", made(tmp_path / "made"))
    assert kept == store.folder / "a"
    assert text_in(store.find("a")) == "x"
    assert tuple(store.names()) == ("a",)
    assert not (tmp_path / "made").exists()


def test_the_first_of_two_stays(store: Store, tmp_path: Path) -> None:
    store.keep("a", made(tmp_path / "1", "first"))
    assert text_in(store.keep("a", made(tmp_path / "2", "second"))) == "first"
    assert tuple(entry.name for entry in store.folder.iterdir()) == ("a",)


def test_one_that_comes_instead_replaces_it(store: Store, tmp_path: Path) -> None:
    store.keep("a", made(tmp_path / "1", "first"))
    assert text_in(store.keep("a", made(tmp_path / "2", "second"), instead=True)) == "second"
    assert text_in(store.find("a")) == "second"


@pytest.mark.parametrize("act", [Path.touch, lambda entry: entry.symlink_to("nowhere")], ids=["file", "link"])
def test_what_is_no_folder_makes_way(store: Store, tmp_path: Path, act: Callable[[Path], object]) -> None:
    store.folder.mkdir(parents=True)
    act(store.folder / "a")
    assert store.find("a") is None
    store.keep("a", made(tmp_path / "made"))
    assert text_in(store.find("a")) == "x"
    assert tuple(entry.name for entry in store.folder.iterdir()) == ("a",)


def test_what_is_dropped_is_gone(store: Store, tmp_path: Path) -> None:
    store.keep("a", made(tmp_path / "made"))
    store.drop("a")
    store.drop("never there")
    assert store.find("a") is None
    assert tuple(store.folder.iterdir()) == ()


def test_where_nothing_can_be_kept_the_made_thing_serves_and_it_is_told_once(
    tmp_path: Path, told: list[str]
) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "things", told.append)
    first = made(tmp_path / "1")
    assert store.keep("a", first) == first
    assert text_in(first) == "x"
    store.keep("b", made(tmp_path / "2"))
    assert len(told) == 1
    assert str(store.folder) in told[0]
    assert store.find("a") is None


def test_what_another_file_system_does_not_take_is_told_in_a_line(tmp_path: Path, told: list[str]) -> None:
    other = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other file system")
    with TemporaryDirectory(dir=other) as folder:
        first = made(tmp_path / "1")
        for n in range(3):
            (first / f"link{n}").symlink_to("nowhere")
            os.mkfifo(first / f"pipe{n}")  # what no copy takes
        store = Store(Path(folder) / "things", told.append)
        assert store.keep("a", first) == first
        assert text_in(first) == "x"
        assert tuple(store.folder.iterdir()) == ()
    (line,) = told
    assert line.count("is a named pipe") == 1


def test_many_that_keep_the_same_at_once_leave_one(store: Store, tmp_path: Path) -> None:
    folders = [made(tmp_path / str(n), str(n)) for n in range(16)]
    kept: list[str] = []
    threads = [
        threading.Thread(target=lambda folder=folder: kept.append(text_in(store.keep("a", folder))))
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 16
    assert len(set(kept)) == 1
    assert tuple(entry.name for entry in store.folder.iterdir()) == ("a",)


def test_what_nothing_used_for_long_goes(store: Store, tmp_path: Path) -> None:
    now = 1_700_000_000.0
    for name, days in (("old", UNUSED_DAYS + 1), ("new", UNUSED_DAYS - 1)):
        entry = store.keep(name, made(tmp_path / name))
        os.utime(entry / ".used", (now - days * DAY,) * 2)
    store.prune(now)
    assert tuple(store.names()) == ("new",)


def test_using_an_entry_keeps_it(store: Store, tmp_path: Path) -> None:
    entry = store.keep("a", made(tmp_path / "a"))
    os.utime(entry / ".used", (0, 0))
    assert store.find("a") is not None
    store.prune((entry / ".used").stat().st_mtime + DAY)
    assert tuple(store.names()) == ("a",)


def test_what_a_killed_run_left_half_made_goes_after_a_day(store: Store, tmp_path: Path) -> None:
    store.keep("a", made(tmp_path / "a"))
    half = made(store.folder / ".part-0123456789ab")
    os.utime(half, (1000, 1000))
    store.prune(1000 + DAY / 2)
    assert half.exists()
    store.prune(1000 + 2 * DAY)
    assert not half.exists()
    assert tuple(store.names()) == ("a",)


def test_once_a_day_the_wheels_of_projects_that_nobody_runs_any_more_go_too(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    cache = tmp_path / "cache"

    def keep(kind: str, days: float) -> None:
        entry = Store(cache / kind, pytest.fail).keep("a", made(tmp_path / kind))
        tree = entry.parent / "tree.json"
        tree.touch()
        for file in (entry / ".used", tree):
            os.utime(file, (now - days * DAY,) * 2)

    for kind, days in (("locks", 40), ("wheels/gone", 40), ("wheels/alive", 1)):
        keep(kind, days)
    prune_daily(cache, now)
    assert not (cache / "locks" / "a").exists()
    assert [folder.name for folder in (cache / "wheels").iterdir()] == ["alive"]
    os.utime(cache / ".pruned", (now, now))
    keep("wheels/back", 40)
    prune_daily(cache, now + DAY / 2)
    assert (cache / "wheels" / "back" / "a").exists()
    prune_daily(cache, now + 2 * DAY)
    assert not (cache / "wheels" / "back").exists()


def test_what_killed_runs_left_in_the_cache_goes_once_a_day_when_it_is_a_day_old(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    cache = tmp_path / "cache"
    entry = Store(cache / "imported", pytest.fail).keep("a", made(tmp_path / "a"))
    left = [
        cache / ".gone-0123456789ab",
        cache / ".CACHEDIR.TAG.01234567",
        cache / "wheels" / "project" / ".part-0123456789ab",
        cache / "wheels" / "project" / ".tree.json.01234567",
        entry / ".imported.json.01234567",
    ]
    young = cache / "locks" / ".part-ba9876543210"
    for path in (*left, young):
        path.mkdir(parents=True)
        os.utime(path, (now - 2 * DAY, now - 2 * DAY))
    os.utime(young, (now, now))
    mutex = cache / "mutex" / "lock-0.lock"
    mutex.parent.mkdir()
    mutex.touch()
    os.utime(mutex, (now - 31 * DAY, now - 31 * DAY))
    prune_daily(cache, now)
    assert [path for path in (*left, mutex) if path.exists()] == []
    assert young.exists()
    assert text_in(entry) == "x"


def test_a_mark_from_the_future_does_not_put_pruning_off(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    half = made(tmp_path / "cache" / ".gone-0123456789ab")
    (tmp_path / "cache" / ".pruned").touch()
    os.utime(tmp_path / "cache" / ".pruned", (now + 999 * DAY, now + 999 * DAY))
    os.utime(half, (now - 2 * DAY, now - 2 * DAY))
    prune_daily(tmp_path / "cache", now)
    assert not half.exists()
