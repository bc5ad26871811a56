"""What belongs to a project's source, as git sees it or by name, and copies of it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.package.git import Git, describe, find_git, git_sees, seen_by_git, tags
from runner.env.package.source import copy_source, listed_files
from runner.model.errors import Cancelled, CellError
from runner.process import StopSwitch, SystemProcesses

GIT = shutil.which("git") or "git is missing"
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
NO_GIT = {"PATH": ""}


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always")
    subprocess.run([GIT, *options, *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True)


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(os.fsencode(path))


def lock(folder: Path) -> None:
    folder.chmod(0)
    if os.access(folder, os.R_OK):
        folder.chmod(0o755)
        pytest.skip("this user may read everything")


def in_folder(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def listed(root: Path, environ: dict[str, str] = ENVIRON, package_root: Path | None = None) -> list[str]:
    found = listed_files(
        root, root / ".runner", SystemProcesses(), environ, StopSwitch(), package_root=package_root
    )
    return list(found)


def copied(root: Path, environ: dict[str, str] = ENVIRON) -> Path:
    copy_source(
        root=root,
        work_dir=root / ".runner",
        folder=root / ".runner/copy",
        processes=SystemProcesses(),
        environ=environ,
        stop=StopSwitch(),
    )
    return root / ".runner/copy"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(root: Path) -> Path:
    git(root, "init", "-q")
    return root


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def test_git_lists_tracked_and_new_files_but_neither_ignored_nor_deleted_ones(repository: Path) -> None:
    write(repository, ".gitignore", "kept.py", "gone.py", "secret.log", "pkg/deep/module.py")
    (repository / ".gitignore").write_text("*.log\n")
    commit(repository)
    (repository / "gone.py").unlink()
    write(repository, "new.py", ".runner/envs/x")
    assert listed(repository) == [".gitignore", "kept.py", "new.py", "pkg/deep/module.py"]


def test_names_that_are_never_source_count_in_git_only_when_tracked(repository: Path) -> None:
    write(repository, "dist/tracked", "a.pyc")
    commit(repository)
    write(
        repository,
        "dist/new",
        "b.pyc",
        "x.egg-info/PKG-INFO",
        ".pytest_cache/v",
        "venv/pyvenv.cfg",
        "venv/bin/x",
    )
    assert listed(repository) == ["a.pyc", "dist/tracked"]


def test_names_with_any_bytes_come_through(repository: Path) -> None:
    names = [
        "tab\there",
        'quote"d',
        "ünïcode",
        "new\nline",
        os.fsdecode(b"not-utf8-\xff"),
        "back\\slash",
        " space ",
    ]
    write(repository, *names[:3])
    commit(repository)
    write(repository, *names[3:])
    assert listed(repository) == sorted(names)
    assert in_folder(copied(repository)) == sorted(names)


def test_submodules_and_nested_repositories_are_included(tmp_path: Path, repository: Path) -> None:
    other = tmp_path / "other"
    write(other, "lib.c", "ignored.o", ".gitignore")
    (other / ".gitignore").write_text("*.o\n")
    git(other, "init", "-q")
    commit(other)
    git(repository, "submodule", "add", "-q", str(other), "vendor/other")
    commit(repository)
    write(repository / "vendor/other", "new.c", "new.o")
    nested = repository / "nested"
    write(nested, "n.py")
    git(nested, "init", "-q")
    expected = [
        ".gitmodules",
        "nested/n.py",
        "vendor/other/.gitignore",
        "vendor/other/lib.c",
        "vendor/other/new.c",
    ]
    assert listed(repository) == expected


def test_a_project_below_the_top_of_a_repository_lists_its_own_files(repository: Path) -> None:
    write(repository, "top.py", "sub/project/a.py")
    commit(repository)
    assert listed(repository / "sub/project") == ["a.py"]


def test_variables_that_git_gives_its_hooks_do_not_lead_astray(tmp_path: Path, repository: Path) -> None:
    write(repository, "a.pyc")
    commit(repository)
    other = tmp_path / "other"
    write(other, "b.py")
    git(other, "init", "-q")
    astray = {**ENVIRON, "GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git/index")}
    assert listed(repository, astray) == ["a.pyc"]  # counts only when tracked


def test_a_project_that_git_ignores_whole_is_walked(repository: Path) -> None:
    write(repository, ".gitignore", "scratch/project/a.py")
    (repository / ".gitignore").write_text("scratch/\n")
    assert listed(repository / "scratch/project") == ["a.py"]


def test_a_repository_that_git_refuses_is_an_error_in_gits_words(repository: Path) -> None:
    (repository / ".git/config").write_text("[core\n")
    with pytest.raises(CellError, match="bad config"):
        listed(repository)


@pytest.mark.parametrize("environ", [ENVIRON, NO_GIT], ids=["no repository", "no git"])
def test_without_git_all_but_known_names_count(root: Path, environ: dict[str, str]) -> None:
    kept = ["a.py", "pkg/build/b.py", "tests/.hidden", "pkg/dist/c"]
    dropped = [
        ".runner/envs/x",
        "build/lib/a.py",
        "dist/a.whl",
        "a.pyc",
        "pkg/__pycache__/b.py",
        "x.egg-info/PKG-INFO",
        ".mypy_cache/x",
        ".coverage",
        ".coverage.tests-py311",
        "node_modules/x",
        "myenv/pyvenv.cfg",
        "myenv/bin/python",
        "cached/CACHEDIR.TAG",
        "cached/x",
        ".git/HEAD",
    ]
    write(root, *kept, *dropped)
    assert listed(root, environ) == sorted(kept)


def test_build_and_dist_are_ignored_at_the_package_root_wherever_that_is(root: Path) -> None:
    write(root, "build/x", "py/build/x", "py/dist/x", "py/a.py")
    assert listed(root, package_root=root / "py") == ["build/x", "py/a.py"]


def test_a_copy_keeps_content_mode_and_time_and_leaves_the_original_alone(root: Path) -> None:
    write(root, "run.sh", "pkg/a.py")
    (root / "run.sh").chmod(0o755)
    os.utime(root / "pkg/a.py", (1_000_000_000, 1_000_000_000))
    copy = copied(root)
    assert (copy / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (copy / "pkg/a.py").stat().st_mtime == 1_000_000_000
    (copy / "pkg/a.py").write_text("changed")
    assert (root / "pkg/a.py").read_text() == "pkg/a.py"


def test_links_that_stay_inside_lead_into_the_copy_and_others_to_the_same_place(
    root: Path, tmp_path: Path
) -> None:
    write(root, "data/x", "pkg/a.py")
    write(tmp_path, "outside/x")
    links = {
        "pkg/relative": "../data/x",
        "pkg/absolute": str(root / "data"),
        "pkg/out": "../../outside",
        "pkg/dangling": "nowhere",
    }
    for link, target in links.items():
        (root / link).symlink_to(target)
    copy = copied(root)
    assert {link: str((copy / link).readlink()) for link in links} == {
        "pkg/relative": "../data/x",
        "pkg/absolute": "../data",
        "pkg/out": str(tmp_path / "outside"),
        "pkg/dangling": "nowhere",
    }


def test_a_tracked_folder_that_became_a_link_is_copied_as_that_link(repository: Path, tmp_path: Path) -> None:
    write(repository, "data/file")
    commit(repository)
    (repository / "data").rename(tmp_path / "data")
    (repository / "data").symlink_to(tmp_path / "data")
    copy = copied(repository)
    assert (copy / "data").readlink() == tmp_path / "data"
    assert (tmp_path / "data" / "file").read_bytes() == b"data/file"


def test_sockets_and_pipes_are_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a.py")
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert listed(root) == ["a.py"]
        assert in_folder(copied(root)) == ["a.py"]


def test_sockets_that_git_would_list_are_not_copied(repository: Path) -> None:
    write(repository, "a.py")
    commit(repository)
    (repository / "a.py").unlink()
    os.mkfifo(repository / "a.py")
    assert in_folder(copied(repository)) == []


@pytest.mark.parametrize("act", [listed, copied], ids=["listed", "copied"])
def test_an_unreadable_folder_is_named(root: Path, act: Callable[[Path], object]) -> None:
    write(root, "locked/x")
    lock(root / "locked")
    try:
        with pytest.raises(CellError, match="locked cannot be read"):
            act(root)
    finally:
        (root / "locked").chmod(0o755)


def test_tracked_files_that_cannot_be_looked_at_are_an_error(repository: Path) -> None:
    write(repository, "locked/x")
    commit(repository)
    lock(repository / "locked")
    try:
        with pytest.raises(CellError, match="locked/x cannot be read"):
            listed(repository)
    finally:
        (repository / "locked").chmod(0o755)


def test_a_copy_that_cannot_be_written_is_an_error_that_names_it(root: Path) -> None:
    write(root, "a.py")
    write(root, ".runner")
    with pytest.raises(CellError, match=r"\.runner/copy cannot be made"):
        copied(root)


def test_a_stop_cancels_the_copy(root: Path) -> None:
    write(root, "a.py")
    stop = StopSwitch()
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        copy_source(
            root=root,
            work_dir=root / ".runner",
            folder=root / ".runner/copy",
            processes=SystemProcesses(),
            environ=ENVIRON,
            stop=stop,
        )


def test_git_sees_a_work_dir_unless_something_ignores_it(repository: Path) -> None:
    work_dir = repository / ".runner"
    work_dir.mkdir()

    def seen() -> bool:
        return git_sees(work_dir, SystemProcesses(), ENVIRON, StopSwitch())

    assert seen()
    (work_dir / ".gitignore").write_text("*\n")
    assert not seen()
    (work_dir / ".gitignore").unlink()
    (repository / ".gitignore").write_text("/.runner/\n")
    assert not seen()


def test_a_git_that_hangs_is_one_clear_error(repository: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\nexec sleep 600\n")
    hook.chmod(0o755)
    write(repository, "a.py")
    commit(repository)
    git(repository, "config", "core.fsmonitor", str(hook))
    found = find_git(SystemProcesses(), ENVIRON, StopSwitch())
    assert found is not None
    hanging = replace(found, patience=0.3)
    with pytest.raises(CellError, match=r"did not answer within 0\.3s: `git ls-files` in .*; try it"):
        tuple(seen_by_git(hanging, repository))


@pytest.mark.parametrize("ask", [describe, tags])
def test_no_answer_is_not_taken_for_an_empty_one(
    root: Path, tmp_path: Path, ask: Callable[[Git, Path], str]
) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    found = find_git(SystemProcesses(), {"PATH": f"{tmp_path}:{os.environ['PATH']}"}, StopSwitch())
    assert found is not None
    with pytest.raises(CellError, match="git did not answer within"):
        ask(replace(found, patience=0.3), root)


def test_git_is_told_that_nobody_answers_its_prompts_and_gets_a_limited_time(root: Path) -> None:
    found = find_git(SystemProcesses(), ENVIRON, StopSwitch())
    assert found is not None
    assert found.environ["GIT_TERMINAL_PROMPT"] == "0"
    assert found.patience == 30.0


def test_where_there_is_no_repository_git_sees_nothing(root: Path) -> None:
    assert not git_sees(root / ".runner", SystemProcesses(), ENVIRON, StopSwitch())
