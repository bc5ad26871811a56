import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from runner.env import folders
from runner.env.deleting import delete
from runner.env.trash import Trash
from runner.model.errors import CellError, ConfigError


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    folder = tmp_path / ".runner"
    folders.prepare_work_dir(folder)
    return folder


def fill(folder: Path) -> Path:
    (folder / "lib" / "deep").mkdir(parents=True)
    (folder / "lib" / "deep" / "file").write_text("old")
    return folder


def test_a_work_dir_is_ignored_by_git_and_by_backups(work_dir: Path) -> None:
    assert (work_dir / ".gitignore").read_text() == "*\n"
    assert (work_dir / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_work_dir_that_was_begun_without_a_marker_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "work" / "logs").mkdir(parents=True)
    folders.prepare_work_dir(tmp_path / "work")
    assert (tmp_path / "work" / folders.MARKER).is_file()


def test_a_folder_with_other_things_in_it_never_becomes_a_work_dir(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    with pytest.raises(ConfigError, match=r"other things in it \(setup\.py\)"):
        folders.prepare_work_dir(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["setup.py"]


def test_a_fresh_folder_is_empty_and_the_old_one_is_gone_at_the_end(work_dir: Path) -> None:
    folder = fill(work_dir / "envs" / "cell")
    folders.mark(folder)
    trash = Trash(work_dir)
    trash.fresh(folder)
    assert [path.name for path in folder.iterdir()] == [folders.MARKER]
    trash.close()
    assert list((work_dir / "trash").iterdir()) == []


def test_a_folder_that_we_were_killed_in_is_still_ours(work_dir: Path) -> None:
    folder = work_dir / "envs" / "cell"
    trash = Trash(work_dir)
    trash.fresh(folder)
    fill(folder)
    trash.fresh(folder)
    trash.close()
    assert not (folder / "lib").exists()


def test_a_virtual_environment_without_our_marker_is_left_alone(work_dir: Path) -> None:
    folder = fill(work_dir / "envs" / "cell")
    (folder / "pyvenv.cfg").touch()
    with pytest.raises(CellError, match="was not made by runner"):
        Trash(work_dir).fresh(folder)


def test_what_another_runner_is_writing_into_a_new_work_dir_is_not_strange(tmp_path: Path) -> None:
    work_dir = tmp_path / ".runner"
    refused = []

    def prepare(_number: int) -> None:
        try:
            folders.prepare_work_dir(work_dir)
        except ConfigError as error:
            refused.append(str(error))

    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            list(pool.map(prepare, range(8)))
            delete(work_dir)
    assert refused == []


def test_a_work_dir_that_cannot_stand_on_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot stand on PATH"):
        folders.prepare_work_dir(tmp_path / "a:b" / ".runner")


def test_a_folder_that_we_did_not_make_is_left_alone(work_dir: Path) -> None:
    folder = fill(work_dir / "envs" / "cell")
    with pytest.raises(CellError, match="was not made by runner: move it away"):
        Trash(work_dir).fresh(folder)
    assert (folder / "lib" / "deep" / "file").read_text() == "old"


def test_nothing_outside_the_work_dir_is_deleted_even_with_our_marker(work_dir: Path, tmp_path: Path) -> None:
    folder = fill(tmp_path / "elsewhere")
    folders.mark(folder)
    with pytest.raises(CellError, match="not below a work-dir of ours"):
        Trash(work_dir).fresh(folder)
    with pytest.raises(CellError, match="not below a work-dir of ours"):
        Trash(tmp_path).fresh(folder)
    assert (folder / "lib" / "deep" / "file").read_text() == "old"


def test_a_link_in_place_of_an_environment_is_not_followed(work_dir: Path, tmp_path: Path) -> None:
    outside = fill(tmp_path / "elsewhere")
    folders.mark(outside)
    (work_dir / "envs").mkdir()
    (work_dir / "envs" / "cell").symlink_to(outside)
    with pytest.raises(CellError, match="was not made by runner"):
        Trash(work_dir).fresh(work_dir / "envs" / "cell")
    assert (outside / "lib" / "deep" / "file").exists()


def test_what_an_earlier_run_left_in_the_trash_is_deleted(work_dir: Path) -> None:
    fill(work_dir / "trash" / "old")
    trash = Trash(work_dir)
    trash.empty()
    trash.close()
    assert list((work_dir / "trash").iterdir()) == []


def test_delete_copes_with_folders_without_permissions_and_does_not_follow_links(tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside")
    folder = fill(tmp_path / "folder")
    (folder / "link").symlink_to(outside)
    (folder / "lib" / "deep").chmod(0o500)
    (folder / "lib").chmod(0)
    delete(folder)
    assert not folder.exists()
    assert (outside / "lib" / "deep" / "file").exists()


def test_removing_the_work_dir_spares_lasting_environments(work_dir: Path) -> None:
    fill(work_dir / "dev" / "cell")
    fill(work_dir / "runs" / "1")
    assert folders.remove_work_dir(work_dir)
    assert (work_dir / "dev" / "cell" / "lib" / "deep" / "file").exists()
    assert not (work_dir / "runs").exists()
    delete(work_dir / "dev")
    assert folders.remove_work_dir(work_dir)
    assert not work_dir.exists()
    assert not folders.remove_work_dir(work_dir)


def test_a_folder_without_our_marker_is_no_work_dir_to_remove(tmp_path: Path) -> None:
    fill(tmp_path / "envs" / "cell")
    assert not folders.remove_work_dir(tmp_path)
    assert not folders.remove_cache(tmp_path)
    assert (tmp_path / "envs" / "cell" / "lib").exists()


def test_a_folder_with_other_things_in_it_never_becomes_the_user_cache(tmp_path: Path) -> None:
    (tmp_path / "thesis").touch()
    with pytest.raises(ConfigError, match=r"user cache .* has other things in it \(thesis\)"):
        folders.prepare_cache(tmp_path)
    assert not folders.remove_cache(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


def test_a_user_cache_that_was_begun_without_a_marker_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "interpreters" / "answers").mkdir(parents=True)
    folders.prepare_cache(tmp_path)
    assert (tmp_path / "CACHEDIR.TAG").is_file()
    assert folders.remove_cache(tmp_path)


def test_a_user_without_a_home_is_told_to_name_a_user_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)  # as containers do it
    with pytest.raises(ConfigError, match="set RUNNER_CACHE_DIR"):
        folders.user_cache({})


def test_a_file_that_cannot_be_written_whole_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory") as raised:
        folders.write_whole(tmp_path / "a", "text")
    assert raised.value.filename == str(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_user_cache_that_a_run_writes_to_can_be_removed(tmp_path: Path) -> None:
    cache = folders.prepare_cache(tmp_path / "cache")
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            for name in ("locks", "wheels"):
                with suppress(OSError):
                    (cache / name / "entry").mkdir(parents=True)

    writing = threading.Thread(target=run)
    writing.start()
    try:
        for _ in range(50):
            folders.prepare_cache(cache)
            assert folders.remove_cache(cache)
    finally:
        ended.set()
        writing.join()


def test_many_that_remove_the_user_cache_at_once_all_succeed(tmp_path: Path) -> None:
    for _ in range(20):
        cache = folders.prepare_cache(tmp_path / "cache")
        for name in ("locks", "wheels", "mutex"):
            fill(cache / name)
        with ThreadPoolExecutor(6) as pool:
            for removal in [pool.submit(folders.remove_cache, cache) for _ in range(6)]:
                removal.result()
        assert not cache.exists()


def test_the_user_cache_is_where_the_variable_says_and_can_be_removed(tmp_path: Path) -> None:
    cache = folders.user_cache({"RUNNER_CACHE_DIR": str(tmp_path / "cache")})
    folders.prepare_cache(cache)
    (cache / "interpreters").mkdir()
    assert folders.remove_cache(cache)
    assert not cache.exists()


def test_a_file_that_is_touched_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        folders.touch(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No such device"):
        folders.touch(tmp_path / "pipe")


def test_links_in_place_of_our_folders_hold_no_environments(work_dir: Path, tmp_path: Path) -> None:
    folders.mark(fill(tmp_path / "elsewhere" / "cell"))
    (work_dir / "envs").symlink_to(tmp_path / "elsewhere")
    for act in (folders.prepare_work_dir, folders.check_work_dir):
        with pytest.raises(ConfigError, match=r"envs in it is a link.* remove the link"):
            act(work_dir)
    assert folders.remove_work_dir(work_dir)
    assert (tmp_path / "elsewhere" / "cell" / "lib" / "deep" / "file").exists()


def test_what_others_put_into_the_work_dir_stays_and_it_can_be_used_again(work_dir: Path) -> None:
    fill(work_dir / "notes")
    fill(work_dir / "runs" / "1")
    assert folders.remove_work_dir(work_dir)
    assert (work_dir / "notes" / "lib" / "deep" / "file").exists()
    assert not (work_dir / "runs").exists()
    folders.prepare_work_dir(work_dir)


def test_what_a_killed_run_wrote_in_part_goes_with_the_work_dir(work_dir: Path) -> None:
    for name in (".durations.json.123", "..gitignore.0123abcd", ".gone-0123456789ab"):
        (work_dir / name).touch()
    assert folders.remove_work_dir(work_dir)
    assert not work_dir.exists()


def test_a_work_dir_that_is_a_link_is_emptied_and_stays(work_dir: Path, tmp_path: Path) -> None:
    fill(work_dir / "runs" / "1")
    (tmp_path / "link").symlink_to(work_dir)
    assert folders.remove_work_dir(tmp_path / "link")
    assert list(work_dir.iterdir()) == []
    folders.prepare_work_dir(tmp_path / "link")


def test_a_work_dir_that_leads_nowhere_or_is_a_file_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"it is a link to .*gone, where no folder is"):
        folders.prepare_work_dir(tmp_path / "link")
    with pytest.raises(ConfigError, match="there is a file of that name"):
        folders.prepare_work_dir(tmp_path / "file")


def test_the_user_cache_is_the_same_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folders.user_cache({"RUNNER_CACHE_DIR": "cache"}) == tmp_path / "cache"


def test_a_user_cache_that_text_cannot_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"not valid UTF-8.*set RUNNER_CACHE_DIR"):
        folders.user_cache({"RUNNER_CACHE_DIR": "/a/\udcff"})
