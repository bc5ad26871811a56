"""What a wheel is built from: a tree is the same as long as no file of the project is different."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from runner.env.package.tree import File, Tree, TreeReader, changed
from runner.model.config import Package
from runner.model.errors import Cancelled, CellError
from runner.model.plan import PackageSpec
from runner.process import StopSwitch, SystemProcesses
from runner.testing.fakes import FakeClock

GIT = shutil.which("git") or "git is missing"
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
LATER = 3600.0
"""Seconds after which a file that was written now is settled."""


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always")
    subprocess.run([GIT, *options, *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(os.fsencode(path))


class Project:
    """A folder, read as each run reads it: by a new reader."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.memory = folder / "cache/tree.json"
        self.environ = ENVIRON
        self.inputs: tuple[str, ...] = ()

    def read(self, *, after: float = 0.0, remember: bool = True) -> Tree:
        """Read the tree `after` seconds from now."""
        reader = TreeReader(
            package=PackageSpec(
                root=str(self.root), config=Package(inputs=self.inputs), environ=self.environ
            ),
            work_dir=self.root / ".runner",
            memory=self.memory,
            processes=SystemProcesses(),
            clock=FakeClock(time.time() + after),
        )
        return reader.read(StopSwitch(), remember=remember)

    def claim(self, path: str, sha256: str) -> None:
        """Let the memory say that the content of a file has this hash."""
        memory = msgspec.json.decode(self.memory.read_bytes(), type=dict[str, object])
        known = msgspec.convert(memory["known"], dict[str, list[object]])
        known[path][-1] = sha256
        self.memory.write_bytes(msgspec.json.encode({**memory, "known": known}))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def repository(project: Project) -> Project:
    git(project.root, "init", "-q")
    write(project.root, ".gitignore", "src/x.py", "src/y.py", "tool")
    (project.root / ".gitignore").write_text("*.log\n")
    commit(project.root)
    return project


def write_more(root: Path) -> None:
    (root / "src/x.py").write_text("more")


def touch(root: Path) -> None:
    os.utime(root / "src/x.py", (1_000_000_000, 1_000_000_000))


Act = Callable[[Path], object]
CHANGES: dict[str, tuple[Act, tuple[str, ...]]] = {
    "content": (write_more, ("src/x.py changed",)),
    "mode": (lambda root: (root / "tool").chmod(0o755), ("tool became a program",)),
    "new": (lambda root: write(root, "src/new.py"), ("src/new.py added",)),
    "deleted": (lambda root: (root / "src/y.py").unlink(), ("src/y.py removed",)),
    "untracked": (lambda root: git(root, "rm", "-q", "--cached", "tool"), ("tool taken out of git",)),
    "ignored": (lambda root: write(root, "x.log"), ()),
    "our own": (lambda root: write(root, ".runner/envs/x"), ()),
    "touched": (touch, ()),
    "write bit": (lambda root: (root / "tool").chmod(0o600), ()),
}


@pytest.mark.parametrize(("act", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_tree_changes_with_what_git_sees_and_nothing_else(
    repository: Project, act: Act, expected: tuple[str, ...]
) -> None:
    before = repository.read()
    act(repository.root)
    after = repository.read()
    assert changed(before, after) == expected
    assert (before.digest() == after.digest()) == (expected == ())


def test_a_file_that_becomes_a_link_to_the_same_content_is_a_change(project: Project) -> None:
    write(project.root, "a", "b")
    (project.root / "a").write_text("b")
    before = project.read()
    (project.root / "a").unlink()
    (project.root / "a").symlink_to("b")
    assert changed(before, project.read()) == ("a became a link",)


def test_links_are_where_they_lead_and_what_is_there_outside_of_the_project(
    project: Project, tmp_path: Path
) -> None:
    write(project.root, "inside", "other")
    write(tmp_path, "README")
    for link, target in {"near": "inside", "far": "../README", "nowhere": "gone"}.items():
        (project.root / link).symlink_to(target)
    before = project.read()
    assert {name for name, file in before.files.items() if file.kind == "link"} == {"near", "far", "nowhere"}
    (tmp_path / "README").write_text("a new one")
    (project.root / "inside").write_text("changed")
    (project.root / "nowhere").unlink()
    (project.root / "nowhere").symlink_to("still gone")
    assert changed(before, project.read()) == ("far changed", "inside changed", "nowhere changed")


def test_a_folder_outside_that_a_link_leads_to_counts(repository: Project, tmp_path: Path) -> None:
    write(tmp_path, "shared/pkg/a.py", "shared/pkg/__pycache__/a.pyc", "shared/.venv/x.py")
    write(tmp_path, "shared/env/pyvenv.cfg", "shared/env/x.py")
    (repository.root / "src/shared").symlink_to("../../shared")
    before = repository.read()
    write(tmp_path, "shared/pkg/__pycache__/b.pyc", "shared/.venv/y.py", "shared/env/y.py")
    assert changed(before, repository.read()) == ()
    write(tmp_path, "shared/pkg/b.py")
    assert changed(before, repository.read()) == ("src/shared changed",)


def test_a_link_to_a_folder_above_leads_to_nothing(repository: Project, tmp_path: Path) -> None:
    (repository.root / "up").symlink_to("../..")
    (repository.root / "here").symlink_to(".")
    before = repository.read()
    write(tmp_path, "elsewhere/x.py")
    write(repository.root, ".runner/x")
    assert changed(before, repository.read()) == ()


def test_a_new_file_counts_again_when_git_is_told_of_it(repository: Project) -> None:
    write(repository.root, "src/new.py")
    before = repository.read()
    git(repository.root, "add", "src/new.py")
    assert changed(before, repository.read()) == ("src/new.py added to git",)


def test_a_commit_and_a_tag_have_names(repository: Project) -> None:
    first = repository.read()
    assert first.describe
    git(repository.root, "tag", "v1")
    tagged = repository.read()
    assert tagged.describe == f"v1-0-g{first.describe}"
    assert changed(first, tagged) == (f"the tag changed ({first.describe} -> {tagged.describe})",)
    assert tagged.digest() == first.digest()
    git(repository.root, "commit", "-q", "--allow-empty", "-m", "x")
    moved = repository.read()
    assert moved.describe.startswith("v1-1-g")
    assert changed(tagged, moved) == (f"the commit changed ({tagged.describe} -> {moved.describe})",)
    git(repository.root, "tag", "-d", "v1")
    git(repository.root, "tag", "v1.0-rc")
    assert repository.read().describe.startswith("v1.0-rc-0-g")


@pytest.mark.parametrize("program", [True, False], ids=["no repository", "no git"])
def test_without_git_all_but_known_names_count(project: Project, program: bool) -> None:
    project.environ = ENVIRON if program else {"PATH": ""}
    write(project.root, "a.py", "build/x", "pkg/__pycache__/b.pyc", ".runner/x")
    tree = project.read()
    assert (list(tree.files), tree.describe) == (["a.py"], "")


def test_a_repository_without_a_commit_has_no_name_for_it(project: Project) -> None:
    git(project.root, "init", "-q")
    write(project.root, "a.py")
    tree = project.read()
    assert (list(tree.files), tree.describe) == (["a.py"], "")


def test_submodules_are_part_of_the_tree(repository: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, "lib.c")
    git(other, "init", "-q")
    commit(other)
    git(repository.root, "submodule", "add", "-q", str(other), "vendor")
    before = repository.read()
    write(repository.root, "vendor/new.c")
    assert changed(before, repository.read()) == ("vendor/new.c added",)


def test_names_with_any_bytes_stay_different_and_can_be_shown(repository: Project) -> None:
    names = ["new\nline", os.fsdecode(b"\xff"), "\\udcff", "ünï code", 'quote"d']
    write(repository.root, *names)
    before = repository.read()
    shown = ["\\udcff", "\\\\udcff", "new\\nline", "ünï code", 'quote"d']
    assert set(shown) <= set(before.files)
    for name in names:
        (repository.root / name).unlink()
    assert len(repository.read().files) == len(before.files) - len(names)
    assert before.digest()


def test_inputs_count_though_git_ignores_them(repository: Project) -> None:
    repository.inputs = ("*.log", "gen", "src/*.py")
    write(repository.root, "a.log", "gen/deep/x.log", "gen/.hidden.log", ".runner/b.log")
    before = repository.read()
    assert set(before.files) == {
        *(".gitignore", "src/x.py", "src/y.py", "tool", "a.log", "gen/deep/x.log", "gen/.hidden.log")
    }
    assert before.files["src/x.py"].tracked
    (repository.root / "gen/deep/x.log").write_text("changed")
    assert changed(before, repository.read()) == ("gen/deep/x.log changed",)


def test_inputs_never_reach_into_the_work_dir(project: Project) -> None:
    project.inputs = ("**/*", ".runner/*")
    write(project.root, "a.py", ".runner/envs/x")
    assert list(project.read().files) == ["a.py"]


@pytest.mark.parametrize("pattern", ["/etc/*", ""])
def test_inputs_that_are_no_globs_are_told(project: Project, pattern: str) -> None:
    project.inputs = (pattern,)
    with pytest.raises(CellError, match=r"package\.inputs: '.*' is no glob below the package root"):
        project.read()


def test_contents_of_untouched_files_are_not_read_again(project: Project) -> None:
    write(project.root, "a.py", "b.py")
    project.read(after=LATER)
    project.claim("a.py", "remembered")
    project.claim("b.py", "remembered")
    (project.root / "b.py").write_text("longer than before")
    tree = project.read(after=LATER)
    assert tree.files["a.py"].content == "remembered"
    assert tree.files["b.py"].content not in ("", "remembered")


def test_a_file_that_kept_its_times_and_its_size_is_known_by_what_cannot_be_set(project: Project) -> None:
    write(project.root, "a.py")
    touch_to = (1_000_000_000, 1_000_000_000)
    os.utime(project.root / "a.py", touch_to)
    before = project.read(after=LATER)
    time.sleep(0.02)  # longer than the tick of a file system's clock
    (project.root / "a.py").write_text("b.py")
    os.utime(project.root / "a.py", touch_to)
    assert changed(before, project.read(after=LATER)) == ("a.py changed",)


def test_a_file_written_just_before_it_was_read_is_read_again(project: Project) -> None:
    write(project.root, "a.py")
    project.read(after=1.0)
    project.claim("a.py", "remembered")
    assert project.read(after=LATER).files["a.py"].content != "remembered"
    project.claim("a.py", "remembered")
    assert project.read(after=LATER).files["a.py"].content == "remembered"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"taken": "x"}', b"\xff"])
def test_a_broken_memory_is_no_memory(project: Project, content: bytes) -> None:
    write(project.root, "a.py")
    first = project.read(after=LATER)
    project.memory.write_bytes(content)
    assert project.read(after=LATER) == first


def test_a_memory_that_cannot_be_written_does_not_matter(project: Project) -> None:
    project.memory.parent.touch()
    write(project.root, "a.py")
    assert list(project.read().files) == ["a.py"]


def test_who_only_looks_writes_nothing(project: Project) -> None:
    write(project.root, "a.py")
    looked = project.read(remember=False)
    assert not project.memory.parent.exists()
    assert project.read() == looked


def test_pipes_are_no_part_of_it(repository: Project) -> None:
    (repository.root / "tool").unlink()
    os.mkfifo(repository.root / "tool")
    assert "tool" not in repository.read().files


def test_what_cannot_be_read_counts_as_empty(project: Project) -> None:
    write(project.root, "a.py", "locked/x")
    (project.root / "a.py").chmod(0)
    (project.root / "locked").chmod(0)
    try:
        if os.access(project.root / "locked", os.R_OK):
            pytest.skip("this user may read everything")
        before = project.read()
        assert before.files == {"a.py": File("file", "", tracked=False)}
    finally:
        (project.root / "locked").chmod(0o755)
    assert changed(before, project.read()) == ("locked/x added",)


def test_a_repository_that_git_refuses_is_an_error_in_gits_words(repository: Project) -> None:
    (repository.root / ".git/config").write_text("[core\n")
    with pytest.raises(CellError, match="bad config"):
        repository.read()


@pytest.mark.parametrize("kind", ["with git", "without"])
def test_a_stop_cancels_it(project: Project, kind: str) -> None:
    project.environ = ENVIRON if kind == "with git" else {"PATH": ""}
    write(project.root, "a.py")
    stop = StopSwitch()
    stop.rise(1, "INT")
    reader = TreeReader(
        package=PackageSpec(root=str(project.root), config=Package(), environ=project.environ),
        work_dir=project.root / ".runner",
        memory=project.memory,
        processes=SystemProcesses(),
        clock=FakeClock(),
    )
    with pytest.raises(Cancelled):
        reader.read(stop)


def test_a_stop_does_not_wait_for_the_end_of_a_big_file(project: Project) -> None:
    with (project.root / "big").open("wb") as file:
        file.truncate(1 << 38)  # minutes to read
    stop = StopSwitch()
    reader = TreeReader(
        package=PackageSpec(root=str(project.root), config=Package(), environ={"PATH": ""}),
        work_dir=project.root / ".runner",
        memory=project.memory,
        processes=SystemProcesses(),
        clock=FakeClock(),
    )
    rising = threading.Timer(0.2, stop.rise, (1, "INT"))
    rising.start()
    with pytest.raises(Cancelled):
        reader.read(stop)
    rising.join()


def test_of_many_changes_a_few_are_named() -> None:
    file = File("file", "1", tracked=True)
    before = Tree({f"{letter}.py": file for letter in "abc"}, "abc", "")
    after = Tree({f"{letter}.py": file for letter in "defgh"}, "abc", "")
    assert changed(before, after) == ("a.py removed", "b.py removed", "c.py removed", "and 5 more")
    assert changed(Tree({}, "", ""), Tree({}, "abc", "")) == ("the commit changed (none -> abc)",)
